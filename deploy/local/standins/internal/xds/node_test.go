package xds

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// client asks as Envoy does, takes what it gets, and writes down what that was.
type client struct {
	mutex  sync.Mutex
	seen   []string
	refuse string
	// silence, while there is one, is waited for before each answer.
	silence chan struct{}
}

func (c *client) run(t *testing.T, address string) {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	stream, err := discoveryv3.NewAggregatedDiscoveryServiceClient(connection).StreamAggregatedResources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	node := &corev3.Node{Id: "one"}
	for _, kind := range []string{resourcev3.ClusterType, resourcev3.ListenerType} {
		if err := stream.Send(&discoveryv3.DiscoveryRequest{Node: node, TypeUrl: kind}); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		accepted, asked := map[string]string{}, false
		for {
			response, err := stream.Recv()
			if err != nil {
				return
			}
			request := &discoveryv3.DiscoveryRequest{Node: node, TypeUrl: response.TypeUrl, ResponseNonce: response.Nonce}
			if response.TypeUrl == resourcev3.RouteType {
				request.ResourceNames = []string{"routes"}
			}
			if refused := c.write(response); refused {
				request.VersionInfo = accepted[response.TypeUrl]
				request.ErrorDetail = &status.Status{Message: "no"}
			} else {
				accepted[response.TypeUrl] = response.VersionInfo
				request.VersionInfo = response.VersionInfo
			}
			c.mutex.Lock()
			silence := c.silence
			c.mutex.Unlock()
			if silence != nil {
				<-silence
			}
			if stream.Send(request) != nil {
				return
			}
			if response.TypeUrl == resourcev3.ListenerType && len(response.Resources) > 0 && !asked {
				asked = true
				if stream.Send(&discoveryv3.DiscoveryRequest{Node: node, TypeUrl: resourcev3.RouteType, ResourceNames: []string{"routes"}}) != nil {
					return
				}
			}
		}
	}()
}

// write notes a response as its kind and the names or domains in it.
func (c *client) write(response *discoveryv3.DiscoveryResponse) (refused bool) {
	var names []string
	for _, resource := range response.Resources {
		message, err := resource.UnmarshalNew()
		if err != nil {
			return true
		}
		switch made := message.(type) {
		case *clusterv3.Cluster:
			names = append(names, made.Name)
		case *listenerv3.Listener:
			names = append(names, made.Name)
		case *routev3.RouteConfiguration:
			names = append(names, made.VirtualHosts[0].Name)
		}
	}
	slices.Sort(names)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	kind := response.TypeUrl[strings.LastIndex(response.TypeUrl, ".")+1:]
	c.seen = append(c.seen, kind+" "+strings.Join(names, ","))
	return c.refuse != "" && slices.Contains(names, c.refuse)
}

func (c *client) take() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	seen := strings.Join(c.seen, "; ")
	c.seen = nil
	return seen
}

func configuration(cluster string) Configuration {
	return Configuration{
		Clusters:  []*clusterv3.Cluster{{Name: cluster}},
		Listeners: []*listenerv3.Listener{{Name: "listener"}},
		Routes:    []*routev3.RouteConfiguration{{Name: "routes", VirtualHosts: []*routev3.VirtualHost{{Name: "to-" + cluster, Domains: []string{"*"}}}}},
	}
}

func started(t *testing.T) (*Node, *client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(slog.New(slog.DiscardHandler))
	go server.Serve(t.Context(), listener)
	envoy := &client{}
	envoy.run(t, listener.Addr().String())
	return server.Node("one"), envoy
}

func publish(t *testing.T, node *Node, next Configuration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := node.Publish(ctx, next, func(context.Context) {})
	if ctx.Err() != nil {
		t.Fatal("Envoy's answers were not seen")
	}
	return err
}

func TestClustersComeBeforeRoutesAndGoAfterThem(t *testing.T) {
	node, envoy := started(t)
	if err := publish(t, node, configuration("old")); err != nil {
		t.Fatal(err)
	}
	envoy.take()
	if err := publish(t, node, configuration("new")); err != nil {
		t.Fatal(err)
	}
	if got := envoy.take(); got != "Cluster new,old; RouteConfiguration to-new; Cluster new" {
		t.Errorf("Envoy saw: %s", got)
	}
	if err := publish(t, node, configuration("new")); err != nil || envoy.take() != "" {
		t.Errorf("the same again: %v, %s", err, envoy.take())
	}
}

func TestWhatEnvoyRefusesIsTakenBack(t *testing.T) {
	node, envoy := started(t)
	if err := publish(t, node, configuration("good")); err != nil {
		t.Fatal(err)
	}
	envoy.refuse = "to-bad"
	var refusal *Refusal
	if err := publish(t, node, configuration("bad")); !errors.As(err, &refusal) || refusal.Type != resourcev3.RouteType || refusal.Detail != "no" {
		t.Fatalf("the refusal is %v", err)
	}
	if good, err := configuration("good").parts(); err != nil || !node.current.same(good) {
		t.Errorf("in force is %v, %v", node.current, err)
	}
	if err := publish(t, node, configuration("better")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsRefusedLateIsTakenBackAtTheNextPublish(t *testing.T) {
	node, envoy := started(t)
	if err := publish(t, node, configuration("good")); err != nil || node.IsUnanswered() {
		t.Fatal(err, node.IsUnanswered())
	}
	envoy.mutex.Lock()
	envoy.refuse, envoy.silence = "to-bad", make(chan struct{})
	envoy.mutex.Unlock()
	ended, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := node.Publish(ended, configuration("bad"), func(context.Context) {}); !node.IsUnanswered() {
		t.Fatalf("without an answer: %v", err)
	}
	close(envoy.silence)
	var refused *Refusal
	if err := publish(t, node, configuration("bad")); !errors.As(err, &refused) || refused.Type != resourcev3.RouteType {
		t.Errorf("the late answer is %v", err)
	}
	if good, err := configuration("good").parts(); err != nil || !node.current.same(good) || node.IsUnanswered() {
		t.Errorf("in force is %v, %v", node.current, err)
	}
	if err := publish(t, node, configuration("better")); err != nil {
		t.Error(err)
	}
}
