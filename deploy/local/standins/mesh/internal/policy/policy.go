// Package policy decides who may reach which port of a meshed pod, as Linkerd's authorization policy does.
package policy

import (
	"log/slog"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

type object = map[string]any

const group = "policy.linkerd.io"

// Access is who may reach a port: as Envoy's rules for HTTP and for connections, which are nil where everyone may.
type Access struct {
	HTTP     object
	TCP      object
	IsOpaque bool
	// Labels are those of the port's metrics.
	Labels map[string]string
}

// Nobody is the access to a port that is no application's.
var Nobody = Access{
	HTTP: object{"action": "ALLOW", "policies": object{}}, TCP: object{"action": "ALLOW", "policies": object{}},
	Labels: map[string]string{"srv_kind": "default", "srv_name": "deny", "srv_group": ""},
}

// Rules are those of one pod.
type Rules struct {
	view     *cluster.View
	pod      *corev1.Pod
	networks []string
	byPort   map[int]*cluster.Server
}

// For finds the Servers that select ports of a pod. The API refuses no second Server for a port here: the older one counts.
func For(view *cluster.View, pod *corev1.Pod, clusterNetworks []string) Rules {
	rules := Rules{view: view, pod: pod, networks: clusterNetworks, byPort: map[int]*cluster.Server{}}
	named := cluster.NamedPorts(pod)
	for _, server := range view.Servers {
		selector, err := metav1.LabelSelectorAsSelector(server.Spec.PodSelector)
		if server.Namespace != pod.Namespace || err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		port := server.Spec.Port.IntValue()
		if number, ok := named[server.Spec.Port.StrVal]; ok {
			port = number
		}
		if before, taken := rules.byPort[port]; taken && !server.CreationTimestamp.Before(&before.CreationTimestamp) {
			slog.Warn("server ignored", "server", server.Namespace+"/"+server.Name, "port", port, "selected_by", before.Name)
			continue
		}
		rules.byPort[port] = server
	}
	return rules
}

// ServerPorts are the ports that Servers select.
func (r Rules) ServerPorts() []int {
	var ports []int
	for port := range r.byPort {
		ports = append(ports, port)
	}
	return ports
}

// Default is the access to a port that no Server selects.
func (r Rules) Default() Access { return r.withoutServer(0) }

// Port is the access to one port.
func (r Rules) Port(port int) Access {
	server, ok := r.byPort[port]
	if !ok {
		return r.withoutServer(port)
	}
	policies := object{}
	mode := server.Spec.AccessPolicy
	if mode == "" {
		mode = "deny"
	}
	isOpen := r.addDefault(policies, mode)
	for _, authorization := range r.view.Policies {
		if r.isFor(authorization, server) {
			r.add(policies, authorization)
		}
	}
	found := Access{
		IsOpaque: slices.Contains([]string{"opaque", "TLS"}, server.Spec.ProxyProtocol),
		Labels:   map[string]string{"srv_group": group, "srv_kind": "server", "srv_name": server.Name},
	}
	return r.finish(found, policies, isOpen, port, mode)
}

func (r Rules) withoutServer(port int) Access {
	mode := r.view.Annotation(r.pod, names.DefaultInboundPolicy)
	policies := object{}
	isOpen := r.addDefault(policies, mode)
	if mode == "" {
		mode = "all-unauthenticated"
	}
	return r.finish(Access{Labels: map[string]string{"srv_group": "", "srv_kind": "default", "srv_name": mode}}, policies, isOpen, port, mode)
}

// finish adds the probes, which need no permission.
func (r Rules) finish(access Access, policies object, isOpen bool, port int, mode string) Access {
	if isOpen {
		access.Labels["default_authz"] = mode
		return access
	}
	access.TCP = object{"action": "ALLOW", "policies": policies}
	withProbes := object{}
	for name, rule := range policies {
		withProbes[name] = rule
	}
	for _, path := range probePaths(r.pod, port) {
		withProbes["default/probe "+path] = rule([]object{{"and_rules": object{"rules": []object{
			{"header": object{"name": ":method", "string_match": object{"exact": "GET"}}},
			{"url_path": object{"path": object{"exact": path}}},
		}}}}, object{"any": true})
	}
	access.HTTP = object{"action": "ALLOW", "policies": withProbes}
	return access
}

// addDefault adds what a default policy allows, and tells whether that is everything.
func (r Rules) addDefault(policies object, mode string) bool {
	var principal object
	switch mode {
	case "", "all-unauthenticated", "audit":
		return true
	case "all-authenticated":
		principal = anyIdentity
	case "cluster-authenticated":
		principal = all(anyIdentity, addresses(r.networks, nil))
	case "cluster-unauthenticated":
		principal = addresses(r.networks, nil)
	case "deny":
		return false
	default:
		slog.Warn("default policy ignored", "pod", r.pod.Namespace+"/"+r.pod.Name, "policy", mode)
		return true
	}
	policies["default/"+mode] = rule([]object{{"any": true}}, principal)
	return false
}

// probePaths are the paths of a port's HTTP probes.
func probePaths(pod *corev1.Pod, port int) []string {
	named := cluster.NamedPorts(pod)
	var paths []string
	for _, container := range pod.Spec.Containers {
		for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe, container.StartupProbe} {
			if probe == nil || probe.HTTPGet == nil {
				continue
			}
			number := probe.HTTPGet.Port.IntValue()
			if found, ok := named[probe.HTTPGet.Port.StrVal]; ok {
				number = found
			}
			if path := "/" + trimSlash(probe.HTTPGet.Path); number == port && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}
