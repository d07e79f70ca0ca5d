// Package translate turns the model of the ingress into Envoy's resources.
package translate

import (
	"fmt"
	"maps"
	"slices"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/internal/xds"
)

// Address is one ready pod behind a Service's port.
type Address struct {
	IP   string
	Port uint32
}

// Addresses finds the ready pods behind a Service's port.
type Addresses func(namespace, service string, port int) []Address

// Result is Envoy's configuration, and the objects that Envoy would not take, with the reason.
type Result struct {
	Configuration xds.Configuration
	Refused       map[types.UID]string
	// Users are the Mappings that a cluster is there for.
	Users map[string][]types.UID
}

type translator struct {
	clusters *clusters
	routesOf map[*model.Mapping]*routev3.Route
	refused  map[types.UID]string
}

// Translate makes the resources. An object whose resource breaks one of the API's own rules is refused, and the others go on.
func Translate(whole *model.Model, addresses Addresses) (Result, error) {
	t := &translator{
		clusters: newClusters(whole.Module, addresses),
		routesOf: map[*model.Mapping]*routev3.Route{},
		refused:  map[types.UID]string{},
	}
	var configuration xds.Configuration
	secrets := map[string]*tlsv3.Secret{}
	for _, listener := range whole.Listeners {
		made, routes, err := t.listener(listener, secrets)
		if err != nil {
			return Result{}, fmt.Errorf("the Listener %s: %w", listener.Name, err)
		}
		configuration.Listeners = append(configuration.Listeners, made)
		configuration.Routes = append(configuration.Routes, routes...)
	}
	configuration.Clusters, configuration.Endpoints = t.clusters.resources()
	for _, name := range slices.Sorted(maps.Keys(secrets)) {
		configuration.Secrets = append(configuration.Secrets, secrets[name])
	}
	return Result{Configuration: configuration, Refused: t.refused, Users: t.clusters.users}, nil
}

// packed wraps a message, with the same bytes for the same content, since other bytes would look like a change to Envoy. None of
// ours can fail to be encoded; if one did, its absence would show at once.
func packed(message proto.Message) *anypb.Any {
	wrapped := &anypb.Any{}
	if err := anypb.MarshalFrom(wrapped, message, proto.MarshalOptions{Deterministic: true}); err != nil {
		return nil
	}
	return wrapped
}
