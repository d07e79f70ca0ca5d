package control

import (
	"context"
	"fmt"
	"strings"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/ingress/internal/translate"
	"seaworthy/deploy/local/standins/internal/envoy"
	"seaworthy/deploy/local/standins/internal/xds"
)

// culprits are the objects without which Envoy would have taken the configuration.
func (l *Loop) culprits(ctx context.Context, refused *xds.Refusal, input model.Input, current *model.Model, result translate.Result) map[types.UID]string {
	found := map[types.UID]string{}
	switch refused.Type {
	case resourcev3.ListenerType:
		for _, listener := range current.Listeners {
			if strings.Contains(refused.Detail, fmt.Sprintf("listener-%d:", listener.Port)) {
				found[listener.UID] = refused.Detail
			}
		}
	case resourcev3.ClusterType:
		for name, users := range result.Users {
			if strings.Contains(refused.Detail, name) {
				for _, user := range users {
					found[user] = refused.Detail
				}
			}
		}
	default:
		var candidates []*emissary.Mapping
		for _, mapping := range input.Mappings {
			if l.accepted[mapping.UID] != mapping.Generation && input.Refused[mapping.UID] == "" {
				candidates = append(candidates, mapping)
			}
		}
		l.search(ctx, input, candidates, refused.Detail, found)
	}
	return found
}

// search halves the candidates until the ones are left that Envoy refuses by themselves.
func (l *Loop) search(ctx context.Context, input model.Input, candidates []*emissary.Mapping, detail string, found map[types.UID]string) {
	if len(candidates) == 0 || ctx.Err() != nil {
		return
	}
	if err := l.validate(ctx, input, candidates); err == nil {
		return
	}
	if len(candidates) == 1 {
		found[candidates[0].UID] = detail
		return
	}
	before := len(found)
	half := len(candidates) / 2
	l.search(ctx, input, candidates[:half], detail, found)
	l.search(ctx, input, candidates[half:], detail, found)
	if len(found) > before {
		return
	}
	// Each half alone is taken, so it is only together that they are not.
	for _, mapping := range candidates {
		found[mapping.UID] = detail
	}
}

// validate asks a second Envoy, which does not start, about some of the Mappings alone.
func (l *Loop) validate(ctx context.Context, input model.Input, mappings []*emissary.Mapping) error {
	input.Mappings = append([]*emissary.Mapping(nil), mappings...)
	result, err := translate.Translate(model.Build(input), func(string, string, int) []translate.Address { return nil })
	if err != nil {
		return err
	}
	bootstrap, err := Bootstrap()
	if err != nil {
		return err
	}
	for at, routes := range result.Configuration.Routes {
		listener, err := routesOnly(uint32(20000+at), routes)
		if err != nil {
			return err
		}
		bootstrap.StaticResources.Listeners = append(bootstrap.StaticResources.Listeners, listener)
	}
	for _, made := range result.Configuration.Clusters {
		if made.EdsClusterConfig != nil {
			made.EdsClusterConfig = nil
			made.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STATIC}
		}
		bootstrap.StaticResources.Clusters = append(bootstrap.StaticResources.Clusters, made)
	}
	return envoy.Validate(ctx, l.Envoy, bootstrap)
}

func routesOnly(port uint32, routes *routev3.RouteConfiguration) (*listenerv3.Listener, error) {
	router, err := anypb.New(&routerv3.Router{})
	if err != nil {
		return nil, err
	}
	manager, err := anypb.New(&managerv3.HttpConnectionManager{
		StatPrefix:     "validate",
		RouteSpecifier: &managerv3.HttpConnectionManager_RouteConfig{RouteConfig: routes},
		HttpFilters: []*managerv3.HttpFilter{{
			Name: "envoy.filters.http.router", ConfigType: &managerv3.HttpFilter_TypedConfig{TypedConfig: router},
		}},
	})
	if err != nil {
		return nil, err
	}
	return &listenerv3.Listener{
		Name: routes.Name, Address: loopback(port),
		FilterChains: []*listenerv3.FilterChain{{Filters: []*listenerv3.Filter{{
			Name:       "envoy.filters.network.http_connection_manager",
			ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: manager},
		}}}},
	}, nil
}
