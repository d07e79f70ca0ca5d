package proxyconfig

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// destinationHeader carries a connection's original destination, or l5d-dst-override, to the routes; it is removed there.
const destinationHeader = "l5d-stand-in-dst"

// Outbound is what one proxy does with the traffic of its pod. It is the same for all pods of a namespace, and is not changed
// once it is made.
type Outbound struct {
	resources map[string][]object
	listener  object
	clusters  []object
	labels    map[string]proxyapi.Destination
	hosts     []object
	tcpChains []object
	ports     map[int]portUse
}

// portUse counts the Services that mark a port as opaque and those that do not.
type portUse struct{ opaque, detected int }

// Scope says which Services a proxy knows.
type Scope struct {
	// Session is the learner's namespace that the pod is in; empty for other pods, which know all Services.
	Session string
	Ingress bool
}

// NewOutbound writes the outbound half for all pods of a scope. Network policies keep learners' namespaces apart, so a
// learner's proxy is not told of the Services of others.
func NewOutbound(view *cluster.View, scope Scope, serviceRange *net.IPNet) *Outbound {
	out := &Outbound{resources: map[string][]object{}, labels: map[string]proxyapi.Destination{}, ports: map[int]portUse{}}
	for _, service := range view.Services {
		known := scope.Session == "" || service.Namespace == scope.Session || !view.IsSession(service.Namespace)
		if !known || service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone {
			continue
		}
		for _, port := range service.Spec.Ports {
			if port.Protocol == corev1.ProtocolTCP || port.Protocol == "" {
				out.addPort(view, service, port, scope)
			}
		}
	}
	out.finish(scope, serviceRange)
	return out
}

func (o *Outbound) addPort(view *cluster.View, service *corev1.Service, port corev1.ServicePort, scope Scope) {
	address := net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port)))
	authority := fmt.Sprintf("%s.%s.svc.cluster.local:%d", service.Name, service.Namespace, port.Port)
	endpoints := view.Endpoints(service, port.Name)
	protocols := []string{"tcp"}
	use := o.ports[int(port.Port)]
	if isOpaque(view, service, port) {
		use.opaque++
		o.tcpChains = append(o.tcpChains, object{
			"filter_chain_match": object{
				"destination_port": port.Port,
				"prefix_ranges":    []object{{"address_prefix": service.Spec.ClusterIP, "prefix_len": 32}},
			},
			"filters": outboundTCP("tcp_" + address),
		})
	} else {
		use.detected++
		protocols = append(protocols, "http")
		domains := []string{address}
		if scope.Ingress {
			domains = append(domains, overrides(service, port)...)
		}
		o.hosts = append(o.hosts, object{"name": authority, "domains": domains, "routes": []object{
			{"match": object{"prefix": "/"}, "route": serviceRoute("http_"+address, service)},
		}, "request_body_buffer_limit": maxRetriedBody})
	}
	o.ports[int(port.Port)] = use
	for _, protocol := range protocols {
		name := protocol + "_" + address
		o.labels[name] = proxyapi.Destination{
			Authority: authority, Service: service.Name, Namespace: service.Namespace, Port: int(port.Port),
			Endpoints: map[string]proxyapi.Endpoint{},
		}
		o.addCluster(view, name, protocol, service, endpoints)
	}
}

// overrides are the forms in which l5d-dst-override names a Service's port.
func overrides(service *corev1.Service, port corev1.ServicePort) []string {
	var forms []string
	for _, name := range []string{"%s.%s.svc.cluster.local", "%s.%s.svc", "%s.%s"} {
		host := fmt.Sprintf(name, service.Name, service.Namespace)
		forms = append(forms, fmt.Sprintf("%s:%d", host, port.Port))
		if port.Port == 80 {
			forms = append(forms, host)
		}
	}
	return forms
}

// addCluster writes one port of a Service with its endpoints. Each identity and port among them has a TLS setting of its own;
// an endpoint without one is spoken to in plain text.
func (o *Outbound) addCluster(view *cluster.View, name, protocol string, service *corev1.Service, endpoints []cluster.Endpoint) {
	var hosts, sockets []object
	seen := map[string]bool{}
	for _, endpoint := range endpoints {
		host, port := object{"endpoint": object{"address": socketAddress(endpoint.IP, endpoint.Port)}}, endpoint.Port
		known := proxyapi.Endpoint{TargetIP: endpoint.IP, TargetPort: endpoint.Port, Labels: map[string]string{}}
		if endpoint.Pod != nil {
			known.Labels = cluster.DestinationLabels(endpoint.Pod)
			known.Labels["dst_service"] = service.Name
		}
		if identity := meshIdentity(view, endpoint); identity != "" {
			known.Identity = identity
			match := fmt.Sprintf("%s:%d", identity, endpoint.Port)
			if !seen[match] {
				seen[match] = true
				sockets = append(sockets, object{
					"name": match, "match": object{"l5d": match}, "transport_socket": clientSocket(identity, protocol, endpoint.Port),
				})
			}
			port = names.InboundPort
			host["endpoint"] = object{"address": socketAddress(endpoint.IP, port)}
			host["metadata"] = object{"filter_metadata": object{"envoy.transport_socket_match": object{"l5d": match}}}
		}
		hosts = append(hosts, host)
		o.labels[name].Endpoints[net.JoinHostPort(endpoint.IP, strconv.Itoa(port))] = known
	}
	o.resources[proxyapi.Endpoints+name] = []object{typed("envoy.config.endpoint.v3.ClusterLoadAssignment",
		object{"cluster_name": name, "endpoints": []object{{"lb_endpoints": hosts}}})}
	o.clusters = append(o.clusters, serviceCluster(name, protocol, sockets, service))
}

func serviceCluster(name, protocol string, sockets []object, service *corev1.Service) object {
	written := typed("envoy.config.cluster.v3.Cluster", object{
		"name": name, "type": "EDS", "connect_timeout": "1s", "lb_policy": "LEAST_REQUEST",
		"eds_cluster_config":       object{"eds_config": proxyapi.Source()},
		"common_lb_config":         object{"healthy_panic_threshold": object{"value": 0}},
		"transport_socket_matches": sockets,
		"circuit_breakers": object{"thresholds": []object{{
			"max_connections": 10000, "max_pending_requests": 10000, "max_requests": 10000, "max_retries": 1000,
		}}},
	})
	if protocol == "http" {
		written["typed_extension_protocol_options"] = sameProtocol
	}
	if detection, err := outlierDetection(service.Annotations); err != nil {
		slog.Warn("annotation ignored", "service", service.Namespace+"/"+service.Name, "error", err)
	} else if detection != nil {
		written["outlier_detection"] = detection
	}
	return written
}

// sameProtocol speaks to an endpoint in the version of HTTP in which the client spoke.
var sameProtocol = object{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed(
	"envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
	object{"use_downstream_protocol_config": object{"http_protocol_options": object{}, "http2_protocol_options": object{}}})}

// meshIdentity is that of a meshed pod, for a port that its proxy takes.
func meshIdentity(view *cluster.View, endpoint cluster.Endpoint) string {
	if endpoint.Pod == nil || !cluster.IsMeshed(endpoint.Pod) {
		return ""
	}
	skipped, err := names.ParsePorts(view.Annotation(endpoint.Pod, names.SkipInboundPorts), nil)
	if err == nil && skipped.Contains(endpoint.Port) {
		return ""
	}
	return names.Identity(endpoint.Pod.Spec.ServiceAccountName, endpoint.Pod.Namespace)
}

// isOpaque follows appProtocol first, then the annotation of the Service or its namespace, then the default list.
func isOpaque(view *cluster.View, service *corev1.Service, port corev1.ServicePort) bool {
	if port.AppProtocol != nil {
		return !slices.Contains([]string{"http", "kubernetes.io/h2c"}, *port.AppProtocol)
	}
	list, ok := service.Annotations[names.OpaquePorts]
	if namespace := view.Namespaces[service.Namespace]; !ok && namespace != nil {
		list, ok = namespace.Annotations[names.OpaquePorts]
	}
	if !ok {
		list = names.DefaultOpaquePorts
	}
	ports, err := names.ParsePorts(list, map[string]int{port.Name: int(port.Port)})
	if err != nil {
		slog.Warn("annotation ignored", "service", service.Namespace+"/"+service.Name, "error", err)
	}
	return ports.Contains(int(port.Port))
}

// finish writes the listener and what does not belong to one Service.
func (o *Outbound) finish(scope Scope, serviceRange *net.IPNet) {
	passthrough := typed("envoy.config.cluster.v3.Cluster", object{
		"name": "original_destination", "type": "ORIGINAL_DST", "connect_timeout": "1s", "lb_policy": "CLUSTER_PROVIDED",
		"typed_extension_protocol_options": sameProtocol,
	})
	o.clusters = append(o.clusters, passthrough)
	o.hosts = append(o.hosts, object{"name": "*", "domains": []string{"*"}, "routes": []object{
		{"match": object{"prefix": "/"}, "route": object{"cluster": "original_destination", "timeout": "0s"}},
	}})
	removed := []string{destinationHeader}
	values := []string{"%DOWNSTREAM_LOCAL_ADDRESS%"}
	if scope.Ingress {
		removed = append(removed, "l5d-dst-override")
		values = append(values, "%REQ(l5d-dst-override)%")
	}
	o.resources[proxyapi.OutboundRoutes] = []object{typed("envoy.config.route.v3.RouteConfiguration", object{
		"name": "outbound", "vhost_header": destinationHeader, "virtual_hosts": o.hosts, "request_headers_to_remove": removed,
	})}
	manager := connectionManager("outbound", destinationHeader, values,
		[]object{router(accessLog(proxyapi.OutboundHTTP, httpFields, outboundFields))},
		accessLog(proxyapi.OutboundRoute, httpFields, outboundFields), outboundErrors)
	chains := append(slices.Clone(o.tcpChains), detectingChains(0, serviceRange, manager)...)
	var opaque []int
	for _, port := range slices.Sorted(maps.Keys(o.ports)) {
		if use := o.ports[port]; use.opaque > 0 {
			// Envoy looks at chains that name a port alone, once one does: the others are repeated for that port.
			chains = append(chains, detectingChains(port, serviceRange, manager)...)
			if use.detected == 0 {
				opaque = append(opaque, port)
			}
		}
	}
	o.listener = listener("outbound", "127.0.0.1", names.OutboundPort, chains, []object{originalDestination, httpInspector(opaque)})
}

// detectingChains take HTTP for what it is and pass anything else on as it comes.
func detectingChains(port int, serviceRange *net.IPNet, manager object) []object {
	ones, _ := serviceRange.Mask.Size()
	inRange := []object{{"address_prefix": serviceRange.IP.String(), "prefix_len": ones}}
	chain := func(match object, filters ...object) object {
		if port != 0 {
			match["destination_port"] = port
		}
		return object{"filter_chain_match": match, "filters": filters}
	}
	return []object{
		chain(object{"application_protocols": httpProtocols}, manager),
		chain(object{"application_protocols": httpProtocols, "prefix_ranges": inRange}, manager),
		chain(object{"prefix_ranges": inRange}, outboundTCP("tcp_%DOWNSTREAM_LOCAL_ADDRESS%")...),
		chain(object{}, tcpProxy("outbound_tcp", "original_destination", accessLog(proxyapi.OutboundTCP, tcpFields, outboundFields))),
	}
}

// outboundTCP passes a connection to the Service that its original destination names.
func outboundTCP(name string) []object {
	state := extension("cluster", "envoy.extensions.filters.network.set_filter_state.v3.Config", object{
		"on_new_connection": []object{{
			"object_key": "envoy.tcp_proxy.cluster", "format_string": object{"text_format_source": object{"inline_string": name}},
		}},
	})
	return []object{state, tcpProxy("outbound_tcp", "original_destination", accessLog(proxyapi.OutboundTCP, tcpFields, outboundFields))}
}
