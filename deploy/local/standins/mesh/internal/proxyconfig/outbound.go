package proxyconfig

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
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
}

// Scope says which Services a proxy knows.
type Scope struct {
	// Session is the learner's namespace that the pod is in; empty for other pods, which know all Services.
	Session string
	Ingress bool
}

// NewOutbound writes the outbound half for all pods of a scope. Network policies keep learners' namespaces apart, so a
// learner's proxy is not told of the Services of others.
func NewOutbound(view *cluster.View, scope Scope, serviceRange *net.IPNet) *Outbound {
	out := &Outbound{resources: map[string][]object{}, labels: map[string]proxyapi.Destination{}}
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
	ready := view.Endpoints.Ready(service.Namespace, service.Name, port.Name)
	domains := []string{address}
	if scope.Ingress {
		domains = append(domains, overrides(service, port)...)
	}
	o.hosts = append(o.hosts, object{"name": authority, "domains": domains, "routes": []object{
		{"match": object{"prefix": "/"}, "route": serviceRoute("http_"+address, service)},
	}, "request_body_buffer_limit": maxRetriedBody})
	for _, protocol := range []string{"tcp", "http"} {
		name := protocol + "_" + address
		o.labels[name] = proxyapi.Destination{
			Authority: authority, Service: service.Name, Namespace: service.Namespace, Port: int(port.Port),
			Endpoints: map[string]proxyapi.Endpoint{},
		}
		o.addCluster(view, name, protocol, service, ready)
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
func (o *Outbound) addCluster(view *cluster.View, name, protocol string, service *corev1.Service, ready []netip.AddrPort) {
	var hosts, sockets []object
	seen := map[string]bool{}
	for _, endpoint := range ready {
		ip, port := endpoint.Addr().String(), int(endpoint.Port())
		known := proxyapi.Endpoint{TargetIP: ip, TargetPort: port, Labels: map[string]string{}}
		host := object{}
		pod := view.PodAt(ip)
		if pod != nil {
			known.Labels = cluster.DestinationLabels(pod)
			known.Labels["dst_service"] = service.Name
		}
		if pod != nil && cluster.IsMeshed(pod) {
			known.Identity = names.Identity(pod.Spec.ServiceAccountName, pod.Namespace)
			match := fmt.Sprintf("%s:%d", known.Identity, port)
			if !seen[match] {
				seen[match] = true
				sockets = append(sockets, object{
					"name": match, "match": object{"l5d": match}, "transport_socket": clientSocket(known.Identity, protocol, port),
				})
			}
			port = names.InboundPort
			host["metadata"] = object{"filter_metadata": object{"envoy.transport_socket_match": object{"l5d": match}}}
		}
		host["endpoint"] = object{"address": socketAddress(ip, port)}
		hosts = append(hosts, host)
		o.labels[name].Endpoints[net.JoinHostPort(ip, strconv.Itoa(port))] = known
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
		[]object{router(accessLog(proxyapi.OutboundHTTP, exchangeFields(object{"cluster": "%UPSTREAM_CLUSTER_RAW%", "host": "%UPSTREAM_HOST%"})))},
		nil, outboundErrors)
	ones, _ := serviceRange.Mask.Size()
	inRange := []object{{"address_prefix": serviceRange.IP.String(), "prefix_len": ones}}
	o.listener = listener("outbound", "127.0.0.1", names.OutboundPort, []object{
		{"filter_chain_match": object{"application_protocols": httpProtocols}, "filters": []object{manager}},
		{"filter_chain_match": object{"application_protocols": httpProtocols, "prefix_ranges": inRange}, "filters": []object{manager}},
		// The cluster of a connection to a Service is the one that has its original destination in its name.
		{"filter_chain_match": object{"prefix_ranges": inRange}, "filters": []object{
			extension("cluster", "envoy.extensions.filters.network.set_filter_state.v3.Config", object{
				"on_new_connection": []object{{
					"object_key":    "envoy.tcp_proxy.cluster",
					"format_string": object{"text_format_source": object{"inline_string": "tcp_%DOWNSTREAM_LOCAL_ADDRESS%"}},
				}},
			}),
			tcpProxy("outbound_tcp", "original_destination", nil),
		}},
		{"filters": []object{tcpProxy("outbound_tcp", "original_destination", nil)}},
	}, []object{originalDestination, httpInspector})
}
