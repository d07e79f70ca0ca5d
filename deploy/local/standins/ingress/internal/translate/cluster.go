package translate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	httpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

// longestName is how long Emissary lets the name of a cluster be.
const longestName = 60

var unusual = regexp.MustCompile(`[^0-9A-Za-z_]`)

// clusters are where requests go. Mappings with the same settings share one.
type clusters struct {
	module    model.Module
	addresses Addresses
	clusters  map[string]*clusterv3.Cluster
	endpoints map[string]*endpointv3.ClusterLoadAssignment
	users     map[string][]types.UID
}

func newClusters(module model.Module, addresses Addresses) *clusters {
	return &clusters{
		module: module, addresses: addresses,
		clusters: map[string]*clusterv3.Cluster{}, endpoints: map[string]*endpointv3.ClusterLoadAssignment{},
		users: map[string][]types.UID{},
	}
}

func (c *clusters) resources() ([]*clusterv3.Cluster, []*endpointv3.ClusterLoadAssignment) {
	var all []*clusterv3.Cluster
	for _, name := range slices.Sorted(maps.Keys(c.clusters)) {
		all = append(all, c.clusters[name])
	}
	var assignments []*endpointv3.ClusterLoadAssignment
	for _, name := range slices.Sorted(maps.Keys(c.endpoints)) {
		assignments = append(assignments, c.endpoints[name])
	}
	return all, assignments
}

// balancer is how requests are spread over pods.
func (c *clusters) balancer(mapping *model.Mapping) *emissary.LoadBalancer {
	return cmp.Or(mapping.Spec.LoadBalancer, c.module.LoadBalancer)
}

// of gives the name of the cluster that a Mapping's requests go to. The name ends in a digest of the settings: one with other
// settings is another cluster, which is ready before a route names it, and requests in flight end in the old one.
func (c *clusters) of(mapping *model.Mapping) (string, error) {
	made := c.build(mapping)
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(made)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(content, mapping.Service.Text...))
	fields := []string{"cluster", mapping.Service.Text}
	if mapping.Spec.ClusterTag != "" {
		fields = []string{"cluster", mapping.Spec.ClusterTag, mapping.Service.Text}
	}
	if mapping.Service.TLS {
		fields = append(fields, "otls")
	}
	name := unusual.ReplaceAllString(strings.Join(append(fields, mapping.Name.Namespace), "_"), "_")
	digest := hex.EncodeToString(sum[:4])
	made.Name = name[:min(len(name), longestName-1-len(digest))] + "_" + digest
	if made.LoadAssignment != nil {
		made.LoadAssignment.ClusterName = made.Name
	}
	c.clusters[made.Name] = made
	c.users[made.Name] = append(c.users[made.Name], mapping.UID)
	return made.Name, made.ValidateAll()
}

func (c *clusters) build(mapping *model.Mapping) *clusterv3.Cluster {
	spec := mapping.Spec
	made := &clusterv3.Cluster{
		AltStatName:                   mapping.Service.StatsName(),
		ConnectTimeout:                durationpb.New(3 * time.Second),
		DnsLookupFamily:               clusterv3.Cluster_V4_ONLY,
		RespectDnsTtl:                 model.Is(spec.RespectDNSTTL),
		TypedExtensionProtocolOptions: map[string]*anypb.Any{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": packed(protocol(spec))},
		CircuitBreakers:               breakers(spec.CircuitBreakers),
	}
	if spec.StatsName != "" {
		made.AltStatName = spec.StatsName
	}
	if spec.ConnectTimeout != nil {
		made.ConnectTimeout = durationpb.New(spec.ConnectTimeout.Duration)
	}
	if balancer := c.balancer(mapping); balancer != nil {
		made.LbPolicy = map[string]clusterv3.Cluster_LbPolicy{
			"least_request": clusterv3.Cluster_LEAST_REQUEST, "ring_hash": clusterv3.Cluster_RING_HASH, "maglev": clusterv3.Cluster_MAGLEV,
		}[balancer.Policy]
	}
	if mapping.Service.TLS {
		made.TransportSocket = &corev3.TransportSocket{
			Name:       "envoy.transport_sockets.tls",
			ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: packed(&tlsv3.UpstreamTlsContext{})},
		}
	}
	if alive := spec.KeepAlive; alive != nil {
		made.UpstreamConnectionOptions = &clusterv3.UpstreamConnectionOptions{TcpKeepalive: &corev3.TcpKeepalive{
			KeepaliveProbes: number(alive.Probes), KeepaliveInterval: number(alive.Interval),
		}}
	}
	c.locate(made, mapping)
	return made
}

// locate says how the addresses are found: by name, so that the Service balances, or as the Service's ready pods.
func (c *clusters) locate(made *clusterv3.Cluster, mapping *model.Mapping) {
	service := mapping.Service
	if !mapping.Endpoints {
		made.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_STRICT_DNS}
		if strings.EqualFold(mapping.Spec.DNSType, "logical_dns") {
			made.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_LOGICAL_DNS}
		}
		made.LoadAssignment = assignment("", []Address{{IP: service.Host, Port: uint32(service.Port)}})
		return
	}
	namespace, name := service.KubernetesName(mapping.Name.Namespace)
	path := fmt.Sprintf("k8s/%s/%s/%d", namespace, name, service.Port)
	made.ClusterDiscoveryType = &clusterv3.Cluster_Type{Type: clusterv3.Cluster_EDS}
	made.EdsClusterConfig = &clusterv3.Cluster_EdsClusterConfig{EdsConfig: adsSource, ServiceName: path}
	if c.endpoints[path] == nil {
		c.endpoints[path] = assignment(path, c.addresses(namespace, name, service.Port))
	}
}

func assignment(name string, addresses []Address) *endpointv3.ClusterLoadAssignment {
	locality := &endpointv3.LocalityLbEndpoints{}
	for _, address := range addresses {
		locality.LbEndpoints = append(locality.LbEndpoints, &endpointv3.LbEndpoint{
			HostIdentifier: &endpointv3.LbEndpoint_Endpoint{Endpoint: &endpointv3.Endpoint{
				Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
					Address: address.IP, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: address.Port},
				}}},
			}},
		})
	}
	return &endpointv3.ClusterLoadAssignment{ClusterName: name, Endpoints: []*endpointv3.LocalityLbEndpoints{locality}}
}

func protocol(spec *emissary.MappingSpec) *httpv3.HttpProtocolOptions {
	common := &corev3.HttpProtocolOptions{}
	if spec.ClusterIdleTimeout != nil {
		common.IdleTimeout = durationpb.New(spec.ClusterIdleTimeout.Duration)
	}
	if spec.ClusterMaxConnectionLifetime != nil {
		common.MaxConnectionDuration = durationpb.New(spec.ClusterMaxConnectionLifetime.Duration)
	}
	explicit := &httpv3.HttpProtocolOptions_ExplicitHttpConfig{
		ProtocolConfig: &httpv3.HttpProtocolOptions_ExplicitHttpConfig_HttpProtocolOptions{HttpProtocolOptions: &corev3.Http1ProtocolOptions{}},
	}
	if model.Is(spec.GRPC) {
		explicit.ProtocolConfig = &httpv3.HttpProtocolOptions_ExplicitHttpConfig_Http2ProtocolOptions{
			Http2ProtocolOptions: &corev3.Http2ProtocolOptions{},
		}
	}
	return &httpv3.HttpProtocolOptions{
		CommonHttpProtocolOptions: common,
		UpstreamProtocolOptions:   &httpv3.HttpProtocolOptions_ExplicitHttpConfig_{ExplicitHttpConfig: explicit},
	}
}

func breakers(limits []*emissary.CircuitBreaker) *clusterv3.CircuitBreakers {
	if limits == nil {
		return nil
	}
	made := &clusterv3.CircuitBreakers{}
	for _, limit := range limits {
		threshold := &clusterv3.CircuitBreakers_Thresholds{
			MaxConnections: number(limit.MaxConnections), MaxPendingRequests: number(limit.MaxPendingRequests),
			MaxRequests: number(limit.MaxRequests), MaxRetries: number(limit.MaxRetries),
		}
		if strings.EqualFold(limit.Priority, "high") {
			threshold.Priority = corev3.RoutingPriority_HIGH
		}
		made.Thresholds = append(made.Thresholds, threshold)
	}
	return made
}

func number(value *int) *wrapperspb.UInt32Value {
	if value == nil {
		return nil
	}
	return wrapperspb.UInt32(uint32(max(0, *value)))
}
