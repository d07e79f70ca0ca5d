package xds

import (
	"context"
	"errors"
	"fmt"
	"sync"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// Configuration is everything that one Envoy is told.
type Configuration struct {
	Listeners []*listenerv3.Listener
	Routes    []*routev3.RouteConfiguration
	Clusters  []*clusterv3.Cluster
	Endpoints []*endpointv3.ClusterLoadAssignment
	Secrets   []*tlsv3.Secret
}

// Refusal is Envoy's word that it does not take a configuration.
type Refusal struct {
	Type   string
	Detail string
}

func (r *Refusal) Error() string { return fmt.Sprintf("envoy refused %s: %s", r.Type, r.Detail) }

// answer is what Envoy last said of one type of resource: the version that it was sent, and why it does not take it.
type answer struct {
	version string
	refused string
}

// sent is the last response of one type.
type sent struct{ nonce, version string }

// Node is one Envoy.
type Node struct {
	id    string
	cache cachev3.SnapshotCache

	mutex   sync.Mutex
	changed chan struct{}
	answers map[string]answer
	sent    map[string]sent
	current parts
	// taken is the last configuration that Envoy said it takes.
	taken        parts
	isUnanswered bool
}

// IsUnanswered is whether the context of the last Publish ended before Envoy's answers came. To publish the same again waits for them.
func (n *Node) IsUnanswered() bool { return n.isUnanswered }

// Publish makes Envoy serve the configuration. Routes change only when the clusters that they name are usable, which warmed
// waits for, and clusters go away only when no route names them. What Envoy refuses comes back as a Refusal, and is taken back.
func (n *Node) Publish(ctx context.Context, next Configuration, warmed func(context.Context)) error {
	before, wasUnanswered := n.current, n.isUnanswered
	wanted, err := next.parts()
	if err != nil || wanted.same(before) && !wasUnanswered {
		return err
	}
	n.isUnanswered = false
	widened := before.clone()
	for _, kind := range []string{resourcev3.ClusterType, resourcev3.EndpointType, resourcev3.SecretType} {
		widened[kind] = union(wanted[kind], before[kind])
	}
	if wasUnanswered || widened[resourcev3.ClusterType].Version != before[resourcev3.ClusterType].Version {
		if err := n.apply(ctx, widened, resourcev3.ClusterType); err != nil {
			return err
		}
		warmed(ctx)
	}
	widened[resourcev3.ListenerType], widened[resourcev3.RouteType] = wanted[resourcev3.ListenerType], wanted[resourcev3.RouteType]
	awaited := []string{resourcev3.ListenerType}
	if len(next.Routes) > 0 {
		awaited = append(awaited, resourcev3.RouteType)
	}
	if err := n.apply(ctx, widened, awaited...); err != nil {
		return err
	}
	if err := n.apply(ctx, wanted, resourcev3.ClusterType); err != nil {
		return err
	}
	if !n.isUnanswered {
		n.taken = wanted
	}
	return nil
}

// apply sends a configuration and waits until Envoy has answered to the types that matter; the end of the context ends the wait.
func (n *Node) apply(ctx context.Context, next parts, awaited ...string) error {
	if err := n.cache.SetSnapshot(ctx, n.id, next.snapshot()); err != nil {
		n.isUnanswered = true
		return err
	}
	n.current = next.clone()
	for _, kind := range awaited {
		refused, answered := n.await(ctx, kind, next[kind].Version)
		n.isUnanswered = n.isUnanswered || !answered
		if !answered || refused == "" {
			continue
		}
		n.current, n.isUnanswered = n.taken.clone(), false
		return errors.Join(&Refusal{Type: kind, Detail: refused}, n.cache.SetSnapshot(ctx, n.id, n.taken.snapshot()))
	}
	return nil
}

func (n *Node) await(ctx context.Context, kind, version string) (refused string, answered bool) {
	for {
		n.mutex.Lock()
		last, changed := n.answers[kind], n.changed
		n.mutex.Unlock()
		if last.version == version {
			return last.refused, true
		}
		select {
		case <-ctx.Done():
			return "", false
		case <-changed:
		}
	}
}

func (n *Node) remember(response *discoveryv3.DiscoveryResponse) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.sent[response.GetTypeUrl()] = sent{nonce: response.GetNonce(), version: response.GetVersionInfo()}
}

func (n *Node) record(request *discoveryv3.DiscoveryRequest) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	last := n.sent[request.GetTypeUrl()]
	if last.nonce != request.GetResponseNonce() {
		return
	}
	n.answers[request.GetTypeUrl()] = answer{version: last.version, refused: request.GetErrorDetail().GetMessage()}
	close(n.changed)
	n.changed = make(chan struct{})
}

// forget drops what an Envoy said that is gone: the next one starts from nothing.
func (n *Node) forget() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	clear(n.answers)
	clear(n.sent)
}
