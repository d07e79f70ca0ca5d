// Package xds hands configuration to Envoys over one aggregated stream each (ADS), in the order in which no request is lost.
package xds

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	serverv3 "github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// Server answers the Envoys that connect to it.
type Server struct {
	cache  cachev3.SnapshotCache
	logger *slog.Logger

	mutex sync.Mutex
	nodes map[string]*Node
}

// NewServer makes a server that knows no Envoy yet.
func NewServer(logger *slog.Logger) *Server {
	return &Server{
		cache:  cachev3.NewSnapshotCache(true, cachev3.IDHash{}, nil),
		logger: logger,
		nodes:  map[string]*Node{},
	}
}

// Node is the Envoy that calls itself by this name.
func (s *Server) Node(id string) *Node {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	node, known := s.nodes[id]
	if !known {
		node = &Node{id: id, cache: s.cache, changed: make(chan struct{}), answers: map[string]answer{}, sent: map[string]sent{}}
		s.nodes[id] = node
	}
	return node
}

// Serve answers until the context ends.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := grpc.NewServer(grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second}))
	discoveryv3.RegisterAggregatedDiscoveryServiceServer(server, serverv3.NewServer(ctx, s.cache, s.callbacks()))
	stopped := context.AfterFunc(ctx, server.Stop)
	defer stopped()
	return server.Serve(listener)
}

func (s *Server) callbacks() serverv3.Callbacks {
	return serverv3.CallbackFuncs{
		StreamRequestFunc: func(_ int64, request *discoveryv3.DiscoveryRequest) error {
			if request.GetResponseNonce() != "" {
				s.Node(request.GetNode().GetId()).record(request)
			}
			return nil
		},
		StreamResponseFunc: func(_ context.Context, _ int64, request *discoveryv3.DiscoveryRequest, response *discoveryv3.DiscoveryResponse) {
			s.Node(request.GetNode().GetId()).remember(response)
		},
		StreamClosedFunc: func(_ int64, node *corev3.Node) {
			s.logger.Info("envoy disconnected", "node", node.GetId())
			s.Node(node.GetId()).forget()
		},
	}
}
