package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/metrics"
	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// Run is the proxy's life. Envoy starts once it has a certificate and a configuration; should it end, so does the proxy, and
// the kubelet starts it again.
func Run(ctx context.Context, settings Settings) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A proxy that was killed leaves its files; they are of another certificate.
	if err := os.RemoveAll(proxyapi.Folder); err != nil {
		return err
	}
	envoy := newDiscovery()
	identity, err := newIdentity(settings, envoy)
	if err != nil {
		return err
	}
	if err := writeFiles(settings); err != nil {
		return err
	}
	traffic := metrics.NewTraffic(settings.IP)
	port := &adminPort{identity: identity, traffic: traffic}
	server := &http.Server{Addr: ":" + strconv.Itoa(names.AdminPort), Handler: port.handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- server.ListenAndServe() }()
	go func() { failed <- envoy.serve(ctx) }()
	defer server.Close()

	certified, configured := make(chan struct{}), make(chan struct{})
	go identity.Keep(ctx, certified)
	if err := await(ctx, certified, failed); err != nil {
		return err
	}
	follow := &follower{settings: settings, client: identity.client, traffic: traffic, envoy: envoy}
	go follow.run(ctx, configured)
	if err := await(ctx, configured, failed); err != nil {
		return err
	}
	port.isStarted.Store(true)
	return runEnvoy(ctx, traffic)
}

func await(ctx context.Context, event <-chan struct{}, failed <-chan error) error {
	select {
	case <-event:
		return nil
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// adminPort answers the kubelet and Prometheus.
type adminPort struct {
	identity  *Identity
	traffic   *metrics.Traffic
	isStarted atomic.Bool
}

func (a *adminPort) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) {
		err := errors.New("waiting for the control plane")
		if a.isStarted.Load() {
			err = envoyIsReady()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("GET /metrics", a.metrics)
	return mux
}

func (a *adminPort) metrics(w http.ResponseWriter, _ *http.Request) {
	samples := []metrics.Sample{
		{Name: "proxy_build_info", Labels: metrics.Labels{"version": names.Version, "vendor": "seaworthy stand-in"}, Value: 1},
		{Name: "control_identity_cert_refreshes_total", Value: float64(a.identity.refreshes.Load())},
	}
	if a.isStarted.Load() {
		found, err := hosts()
		if err != nil {
			slog.Warn("connections not read", "error", err)
		}
		samples = append(samples, a.traffic.Connections(found)...)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	if err := a.traffic.Write(w, samples); err != nil {
		slog.Debug("metrics not sent", "error", err)
	}
}
