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
func New(view *cluster.View, out *Outbound, pod *corev1.Pod, clusterNetworks []string) (proxyapi.Config, error) {
	rules := policy.For(view, pod, clusterNetworks)
	in := inbound{rules: rules, labels: map[string]map[string]string{"": rules.Default().Labels}}
	opaque := opaquePorts(view, pod)
	var quiet []int
	for _, port := range inboundPorts(view, pod, rules) {
		access := rules.Port(port)
		in.labels[strconv.Itoa(port)] = access.Labels
		isOpaque := opaque.Contains(port) || access.IsOpaque
		if isOpaque {
			quiet = append(quiet, port)
		}
		in.addPort(port, access, isOpaque)
	}
	in.addRest()
	resources := maps.Clone(out.resources)
	resources[proxyapi.Clusters] = slices.Concat(out.clusters, in.clusters)
	resources[proxyapi.InboundRoutes] = []object{typed("envoy.config.route.v3.RouteConfiguration", object{
		"name": "inbound", "vhost_header": portHeader, "virtual_hosts": in.hosts,
		"request_headers_to_remove": []string{portHeader, "l5d-client-id"},
		"request_headers_to_add": []object{{
			"header": object{"key": "l5d-client-id", "value": "%DOWNSTREAM_PEER_DNS_SAN%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
		}},
	})}
	server := listener("inbound", "0.0.0.0", names.InboundPort, in.chains, []object{originalDestination, tlsInspector, httpInspector(quiet)})
	server["access_log"] = accessLog(proxyapi.InboundClosed, object{"connection": "%CONNECTION_ID%"})
	resources[proxyapi.Listeners] = []object{out.listener, server}
	return seal(resources, proxyapi.Labels{Inbound: in.labels, Outbound: out.labels})
}

// inbound is collected port by port.
type inbound struct {
	rules    policy.Rules
	chains   []object
	clusters []object
	hosts    []object
	labels   map[string]map[string]string
}

// addPort takes a port's plain traffic, and what other proxies of the mesh send to 4143 for it.
func (i *inbound) addPort(port int, access policy.Access, isOpaque bool) {
	name, number := fmt.Sprintf("app_%d", port), strconv.Itoa(port)
	i.clusters = append(i.clusters, appCluster(name, object{"upstream_port_override": port}))
	tcp := inboundTCP(name, number, access)
	i.chains = append(i.chains,
		object{"filter_chain_match": object{"destination_port": port}, "filters": tcp},
		meshChain("tcp", port, tcp))
	if isOpaque {
		return
	}
	i.hosts = append(i.hosts, inboundHost(number, name, access))
	i.chains = append(i.chains,
		object{
			"filter_chain_match": object{"destination_port": port, "application_protocols": httpProtocols},
			"filters":            []object{inboundManager(number)},
		},
		meshChain("http", port, []object{inboundManager(number)}))
}

// addRest takes the ports that neither a container, nor a Service, nor a Server names.
func (i *inbound) addRest() {
	access := i.rules.Default()
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
		accessLog(proxyapi.InboundHTTP, httpFields, inboundFields, object{
			"port": port, "policy": "%DYNAMIC_METADATA(envoy.filters.http.rbac:enforced_effective_policy_id)%",
		}), inboundErrors)
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
	filters := []object{tcpProxy("inbound_tcp", target, accessLog(proxyapi.InboundTCP, tcpFields, inboundFields, object{"port": port}))}
	if access.TCP == nil {
		return filters
	}
	authorization := extension("envoy.filters.network.rbac", "envoy.extensions.filters.network.rbac.v3.RBAC",
		object{"stat_prefix": "inbound", "rules": access.TCP})
	return append([]object{authorization}, filters...)
}

// opaquePorts are those of the pod's annotation, or its namespace's, or the default ones.
func opaquePorts(view *cluster.View, pod *corev1.Pod) names.Ports {
	list := view.Annotation(pod, names.OpaquePorts)
	if list == "" {
		list = names.DefaultOpaquePorts
	}
	ports, err := names.ParsePorts(list, cluster.NamedPorts(pod))
	if err != nil {
		ports, _ = names.ParsePorts(names.DefaultOpaquePorts, nil)
	}
	return ports
}

// inboundPorts are the ports that containers declare, Services lead to, or Servers select.
func inboundPorts(view *cluster.View, pod *corev1.Pod, rules policy.Rules) []int {
	found := map[int]bool{}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Protocol == corev1.ProtocolTCP || port.Protocol == "" {
				found[int(port.ContainerPort)] = true
			}
		}
	}
	named := cluster.NamedPorts(pod)
	for _, service := range view.Services {
		if service.Namespace != pod.Namespace || len(service.Spec.Selector) == 0 ||
			!labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(pod.Labels)) {
			continue
		}
		for _, port := range service.Spec.Ports {
			number := port.TargetPort.IntValue()
			if number == 0 {
				number = named[port.TargetPort.StrVal]
			}
			if number == 0 && port.TargetPort.StrVal == "" {
				number = int(port.Port)
			}
			found[number] = true
		}
	}
	for _, port := range rules.ServerPorts() {
		found[port] = true
	}
	for _, own := range []int{0, names.InboundPort, names.OutboundPort, names.ControlPort, names.AdminPort} {
		delete(found, own)
	}
	return slices.Sorted(maps.Keys(found))
}
