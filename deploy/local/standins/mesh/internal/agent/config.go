package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/metrics"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// follower keeps what Envoy is told as the control plane has them. While that cannot be reached, Envoy goes on with what it has.
type follower struct {
	settings Settings
	client   *http.Client
	traffic  *metrics.Traffic
	envoy    *discovery
	version  string
}

func (f *follower) run(ctx context.Context, ready chan<- struct{}) {
	for failures := 0; ctx.Err() == nil; {
		config, isNew, err := f.ask(ctx)
		if err == nil && isNew {
			f.traffic.Name(config.Labels)
			f.envoy.replace(config.Resources)
			f.version = config.Version
		}
		if err != nil {
			if failures++; ctx.Err() == nil {
				slog.Warn("configuration not read", "control_plane", f.settings.ControlPlane, "error", err, "hint", hint(err))
			}
			select {
			case <-ctx.Done():
			case <-time.After(min(time.Duration(failures)*250*time.Millisecond, 5*time.Second)):
			}
			continue
		}
		if failures = 0; ready != nil && f.version != "" {
			close(ready)
			ready = nil
		}
	}
}

// ask waits at the control plane until it has something else than the version that is here.
func (f *follower) ask(ctx context.Context) (config proxyapi.Config, isNew bool, err error) {
	query := url.Values{"pod": {f.settings.Namespace + "/" + f.settings.Pod}, "version": {f.version}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+f.settings.ControlPlane+"/config?"+query.Encode(), nil)
	if err != nil {
		return config, false, err
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return config, false, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return config, true, json.NewDecoder(answer.Body).Decode(&config)
	case http.StatusNotModified:
		return config, false, nil
	default:
		message, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return config, false, fmt.Errorf("the control plane answered %s: %s", answer.Status, bytes.TrimSpace(message))
	}
}
