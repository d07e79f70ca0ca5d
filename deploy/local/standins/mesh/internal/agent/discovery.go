package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// holding is how long a question of Envoy's waits for something new.
const holding = 40 * time.Second

// discovery answers Envoy's questions for resources, in JSON over a socket in the pod. Files would need one of the kernel's
// watches for each cluster, of which a user has 128 by default.
type discovery struct {
	mutex     sync.Mutex
	resources map[string]resource
	changed   chan struct{}
}

type resource struct {
	version string
	content json.RawMessage
	// isRefused tells that Envoy was sent this version and still has another.
	isSent, isRefused bool
}

func newDiscovery() *discovery {
	return &discovery{resources: map[string]resource{}, changed: make(chan struct{})}
}

func (d *discovery) set(key string, content json.RawMessage) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.put(key, content)
	d.signal()
}

// replace takes a whole configuration; the pod's own secret stays.
func (d *discovery) replace(contents map[string]json.RawMessage) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	maps.DeleteFunc(d.resources, func(key string, _ resource) bool {
		_, ok := contents[key]
		return !ok && key != proxyapi.IdentitySecret
	})
	for key, content := range contents {
		d.put(key, content)
	}
	d.signal()
}

func (d *discovery) put(key string, content json.RawMessage) {
	sum := sha256.Sum256(content)
	if version := hex.EncodeToString(sum[:8]); d.resources[key].version != version {
		d.resources[key] = resource{version: version, content: content}
	}
}

func (d *discovery) signal() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// serve answers until the context ends.
func (d *discovery) serve(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", discoverySocket)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, Protocols: &http.Protocols{}}
	server.Protocols.SetUnencryptedHTTP2(true)
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP answers one question, which names the version that Envoy has.
func (d *discovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	question := struct {
		Version string   `json:"version_info"`
		Names   []string `json:"resource_names"`
	}{}
	kind, ok := strings.CutPrefix(r.URL.Path, "/v3/discovery:")
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil || !ok {
		http.Error(w, "this is no question for resources", http.StatusBadRequest)
		return
	}
	key := strings.Join(append([]string{kind}, question.Names...), "/")
	limit := time.NewTimer(holding)
	defer limit.Stop()
	for {
		found, changed := d.newer(key, question.Version)
		if found.content != nil {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(map[string]any{"version_info": found.version, "resources": found.content}); err != nil {
				slog.Debug("answer not sent", "error", err)
			}
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-limit.C:
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
}

// newer gives a resource in another version than Envoy has, once: what Envoy refuses it is not asked to take again.
func (d *discovery) newer(key, version string) (resource, <-chan struct{}) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	found, ok := d.resources[key]
	if !ok || found.version == version {
		return resource{}, d.changed
	}
	if found.isSent && version != "" {
		if !found.isRefused {
			slog.Error("configuration refused by envoy", "resource", key, "version", found.version)
			found.isRefused = true
			d.resources[key] = found
		}
		return resource{}, d.changed
	}
	answer := found
	found.isSent = true
	d.resources[key] = found
	return answer, d.changed
}
