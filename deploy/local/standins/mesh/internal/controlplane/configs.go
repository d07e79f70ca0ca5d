package controlplane

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/internal/watch"
	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
	"seaworthy/deploy/local/standins/mesh/internal/proxyconfig"
)

const (
	// settling lets changes that belong together become one.
	settling = 50 * time.Millisecond
	// patience is how long a proxy's question waits for something new.
	patience = 25 * time.Second
)

// Configs tells each proxy its configuration, whenever it changes.
type Configs struct {
	ServiceRange *net.IPNet

	mutex    sync.Mutex
	view     *cluster.View
	outbound map[proxyconfig.Scope]*proxyconfig.Outbound
	changed  chan struct{}
	closed   chan struct{}
	closing  sync.Once
}

// NewConfigs begins with the view that the watches have.
func NewConfigs(view *cluster.View, serviceRange *net.IPNet) *Configs {
	return &Configs{
		ServiceRange: serviceRange, view: view,
		outbound: map[proxyconfig.Scope]*proxyconfig.Outbound{}, changed: make(chan struct{}), closed: make(chan struct{}),
	}
}

// Follow takes a new view after each change.
func (c *Configs) Follow(ctx context.Context, store *watch.Store) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-store.Changed():
		}
		time.Sleep(settling)
		view := cluster.Read(store)
		c.mutex.Lock()
		c.view, c.outbound = view, map[proxyconfig.Scope]*proxyconfig.Outbound{}
		close(c.changed)
		c.changed = make(chan struct{})
		c.mutex.Unlock()
	}
}

// Close answers all questions that wait.
func (c *Configs) Close() { c.closing.Do(func() { close(c.closed) }) }

// For gives the configuration of a pod whose identity was proved, once it differs from the version that the proxy has. No
// pod, or one of another identity, is none.
func (c *Configs) For(ctx context.Context, identity, pod, version string) (config proxyapi.Config, found bool, err error) {
	wait := time.NewTimer(patience)
	defer wait.Stop()
	for {
		c.mutex.Lock()
		view, changed := c.view, c.changed
		asked, known := view.Pods[pod]
		known = known && identity == names.Identity(asked.Spec.ServiceAccountName, asked.Namespace)
		if known {
			config, err = proxyconfig.New(view, c.outboundFor(view, asked), asked)
		}
		c.mutex.Unlock()
		if err != nil || (known && config.Version != version) {
			return config, known, err
		}
		select {
		case <-changed:
		case <-wait.C:
			return config, known, nil
		case <-c.closed:
			return config, known, nil
		case <-ctx.Done():
			return config, known, ctx.Err()
		}
	}
}

func (c *Configs) outboundFor(view *cluster.View, asked *corev1.Pod) *proxyconfig.Outbound {
	scope := proxyconfig.Scope{Ingress: asked.Annotations[names.Inject] == "ingress"}
	if view.IsSession(asked.Namespace) {
		scope.Session = asked.Namespace
	}
	out, ok := c.outbound[scope]
	if !ok {
		out = proxyconfig.NewOutbound(view, scope, c.ServiceRange)
		c.outbound[scope] = out
	}
	return out
}

// config answers a proxy, which proves by its certificate whose it is.
func (s *Server) config(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || len(r.TLS.PeerCertificates[0].DNSNames) == 0 {
		http.Error(w, "a certificate of the mesh is needed", http.StatusUnauthorized)
		return
	}
	identity, query := r.TLS.PeerCertificates[0].DNSNames[0], r.URL.Query()
	config, found, err := s.Configs.For(r.Context(), identity, query.Get("pod"), query.Get("version"))
	switch {
	case r.Context().Err() != nil:
	case err != nil:
		slog.Error("configuration not written", "pod", query.Get("pod"), "error", err)
		http.Error(w, "the configuration could not be written", http.StatusInternalServerError)
	case !found:
		http.Error(w, "there is no pod "+query.Get("pod")+" of the identity "+identity, http.StatusNotFound)
	case config.Version == query.Get("version"):
		w.WriteHeader(http.StatusNotModified)
	default:
		answer(w, config)
	}
}
