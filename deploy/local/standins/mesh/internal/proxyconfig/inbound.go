package proxyconfig

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/policy"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// portHeader carries the port that a request is for to the routes; it is removed there.
const portHeader = "l5d-stand-in-port"

// New joins the outbound half with the inbound half of one pod.
func New(view *cluster.View, out *Outbound, pod *corev1.Pod) (proxyapi.Config, error) {
	rules := policy.For(view, pod)
	in := inbound{labels: map[string]map[string]string{}}
	for _, port := range inboundPorts(view, pod, rules) {
		in.addPort(port, rules.Port(port))
	}
	in.addRest(rules.Port(0))
	resources := maps.Clone(out.resources)
	resources[proxyapi.Clusters] = slices.Concat(out.clusters, in.clusters)
	resources[proxyapi.InboundRoutes] = []object{typed("envoy.config.route.v3.RouteConfiguration", object{
		"name": "inbound", "vhost_header": portHeader, "virtual_hosts": in.hosts,
		"request_headers_to_remove": []string{portHeader, "l5d-client-id"},
		"request_headers_to_add": []object{{
			"header": object{"key": "l5d-client-id", "value": "%DOWNSTREAM_PEER_DNS_SAN%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
		}},
	})}
	server := listener("inbound", "0.0.0.0", names.InboundPort, in.chains, []object{originalDestination, tlsInspector, httpInspector})
	server["access_log"] = accessLog(proxyapi.InboundClosed, object{"connection": "%CONNECTION_ID%"})
	resources[proxyapi.Listeners] = []object{out.listener, server}
	return seal(resources, proxyapi.Labels{Inbound: in.labels, Outbound: out.labels})
}

// inbound is collected port by port.
type inbound struct {
	chains   []object
	clusters []object
	hosts    []object
	labels   map[string]map[string]string
}

// addPort takes a port's plain traffic, and what other proxies of the mesh send to 4143 for it.
func (i *inbound) addPort(port int, access policy.Access) {
	name, number := fmt.Sprintf("app_%d", port), strconv.Itoa(port)
	i.labels[number] = access.Labels
	i.clusters = append(i.clusters, appCluster(name, object{"upstream_port_override": port}))
	i.hosts = append(i.hosts, inboundHost(number, name, access))
	tcp, http := inboundTCP(name, number, access), []object{inboundManager(number)}
	i.chains = append(i.chains,
		object{"filter_chain_match": object{"destination_port": port}, "filters": tcp},
		object{"filter_chain_match": object{"destination_port": port, "application_protocols": httpProtocols}, "filters": http},
		meshChain("tcp", port, tcp), meshChain("http", port, http))
}

// addRest takes the ports that neither a container, nor a Service, nor a Server names.
func (i *inbound) addRest(access policy.Access) {
	i.labels[""] = access.Labels
	i.clusters = append(i.clusters, appCluster("app", object{}))
	i.hosts = append(i.hosts, inboundHost("*", "app", access))
	i.chains = append(i.chains,
		object{"filter_chain_match": object{"application_protocols": httpProtocols}, "filters": []object{inboundManager("")}},
		object{"filters": inboundTCP("app", "", access)},
		// What comes to 4143 without the mesh's TLS matches this chain alone, in which nobody is allowed.
		object{
			"filter_chain_match": object{"destination_port": names.InboundPort},
			"filters":            inboundTCP("app", strconv.Itoa(names.InboundPort), policy.Nobody),
		})
}

func appCluster(name string, settings object) object {
	return typed("envoy.config.cluster.v3.Cluster", object{
		"name": name, "type": "ORIGINAL_DST", "connect_timeout": "1s", "lb_policy": "CLUSTER_PROVIDED",
		"original_dst_lb_config": settings, "typed_extension_protocol_options": sameProtocol,
		"circuit_breakers": object{"thresholds": []object{{"max_connections": 10000, "max_pending_requests": 10000, "max_requests": 10000}}},
	})
}

func meshChain(protocol string, port int, filters []object) object {
	return object{
		"filter_chain_match": object{
			"destination_port": names.InboundPort, "transport_protocol": "tls", "application_protocols": []string{alpn(protocol, port)},
		},
		"transport_socket": serverSocket(), "filters": filters,
	}
}

// inboundManager serves one port, or whichever the connection was made to.
func inboundManager(port string) object {
	value := port
	if port == "" {
		value = "%DOWNSTREAM_LOCAL_PORT%"
	}
	authorization := extension("envoy.filters.http.rbac", "envoy.extensions.filters.http.rbac.v3.RBAC", object{})
	return connectionManager("inbound", portHeader, []string{value}, []object{authorization, router(nil)},
		accessLog(proxyapi.InboundHTTP, exchangeFields(clientFields(object{
			"port": port, "policy": "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%",
		}))), inboundErrors)
}

func clientFields(more object) object {
	fields := object{"connection": "%CONNECTION_ID%", "peer": "%DOWNSTREAM_PEER_DNS_SAN%", "local_port": "%DOWNSTREAM_LOCAL_PORT%"}
	maps.Copy(fields, more)
	return fields
}

func inboundHost(domain, target string, access policy.Access) object {
	host := object{"name": "port " + domain, "domains": []string{domain}, "routes": []object{
		{"match": object{"prefix": "/"}, "route": object{"cluster": target, "timeout": "0s"}},
	}}
	if access.HTTP != nil {
		host["typed_per_filter_config"] = object{"envoy.filters.http.rbac": typed(
			"envoy.extensions.filters.http.rbac.v3.RBACPerRoute", object{"rbac": object{"rules": access.HTTP}})}
	}
	return host
}

func inboundTCP(target, port string, access policy.Access) []object {
	filters := []object{tcpProxy("inbound_tcp", target, accessLog(proxyapi.InboundTCP, clientFields(object{
		"port": port, "type": "%ACCESS_LOG_TYPE%", "closing": "%CONNECTION_TERMINATION_DETAILS%", "sni": "%REQUESTED_SERVER_NAME%",
	})))}
	if access.TCP == nil {
		return filters
	}
	authorization := extension("envoy.filters.network.rbac", "envoy.extensions.filters.network.rbac.v3.RBAC",
		object{"stat_prefix": "inbound", "rules": access.TCP})
	return append([]object{authorization}, filters...)
}

// inboundPorts are the ports that containers declare, Services lead to, or Servers select.
func inboundPorts(view *cluster.View, pod *corev1.Pod, rules policy.Rules) []int {
	found := rules.ServerPorts()
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Protocol == corev1.ProtocolTCP || port.Protocol == "" {
				found = append(found, int(port.ContainerPort))
			}
		}
	}
	for _, service := range view.Services {
		if service.Namespace != pod.Namespace || len(service.Spec.Selector) == 0 ||
			!labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels)) {
			continue
		}
		for _, port := range service.Spec.Ports {
			found = append(found, cluster.ContainerPort(pod, port.TargetPort))
		}
	}
	own := []int{0, names.InboundPort, names.OutboundPort, names.ControlPort, names.AdminPort}
	found = slices.DeleteFunc(found, func(port int) bool { return slices.Contains(own, port) })
	slices.Sort(found)
	return slices.Compact(found)
}
