// Package policy decides who may reach which port of a meshed pod, as Linkerd's authorization policy does.
package policy

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

type object = map[string]any

// Access is who may reach a port: as Envoy's rules for HTTP and for connections, which are nil where everyone may.
type Access struct {
	HTTP, TCP object
	// Labels are those of the port's metrics.
	Labels map[string]string
}

// Nobody is the access to a port that is no application's.
var Nobody = Access{HTTP: allow(nil), TCP: allow(nil)}

func allow(policies object) object {
	return object{"action": "ALLOW", "policies": policies}
}

// Rules are those of one pod.
type Rules struct {
	view   *cluster.View
	pod    *corev1.Pod
	byPort map[int]*cluster.Server
}

// For finds the Servers that select ports of a pod. The API refuses no second Server for a port here: the older one counts.
func For(view *cluster.View, pod *corev1.Pod) Rules {
	rules := Rules{view: view, pod: pod, byPort: map[int]*cluster.Server{}}
	for _, server := range view.Servers {
		selector, err := metav1.LabelSelectorAsSelector(server.Spec.PodSelector)
		if server.Namespace != pod.Namespace || err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		port := cluster.ContainerPort(pod, server.Spec.Port)
		if before, taken := rules.byPort[port]; taken && !server.CreationTimestamp.Before(&before.CreationTimestamp) {
			slog.Warn("server ignored", "server", server.Namespace+"/"+server.Name, "port", port, "selected_by", before.Name)
			continue
		}
		rules.byPort[port] = server
	}
	return rules
}

// ServerPorts are the ports that Servers select.
func (r Rules) ServerPorts() []int { return slices.Collect(maps.Keys(r.byPort)) }

// Port is the access to one port, or without a Server to any other.
func (r Rules) Port(port int) Access {
	server, ok := r.byPort[port]
	if !ok {
		// One that is not known is as none: pods are warned of it when they are made.
		mode := r.pod.Annotations[names.DefaultInboundPolicy]
		if mode != "deny" && mode != "all-authenticated" {
			mode = "all-unauthenticated"
		}
		return r.access(port, mode, object{}, map[string]string{"srv_group": "", "srv_kind": "default", "srv_name": mode})
	}
	policies := object{}
	for _, authorization := range r.view.Policies {
		if isFor(authorization, server) {
			r.add(policies, authorization)
		}
	}
	return r.access(port, server.Spec.AccessPolicy, policies,
		map[string]string{"srv_group": "policy.linkerd.io", "srv_kind": "server", "srv_name": server.Name})
}

// access adds to policies what a default policy allows, and the probes, which need no permission.
func (r Rules) access(port int, mode string, policies object, labels map[string]string) Access {
	switch mode {
	case "all-unauthenticated":
		labels["default_authz"] = mode
		return Access{Labels: labels}
	case "all-authenticated":
		policies["default/"+mode] = rule(object{"any": true}, identity("*"))
	}
	withProbes := maps.Clone(policies)
	for _, path := range probePaths(r.pod, port) {
		withProbes["default/probe "+path] = rule(object{"and_rules": object{"rules": []object{
			{"header": object{"name": ":method", "string_match": object{"exact": "GET"}}},
			{"url_path": object{"path": object{"exact": path}}},
		}}}, object{"any": true})
	}
	return Access{HTTP: allow(withProbes), TCP: allow(policies), Labels: labels}
}

// probePaths are the paths of a port's HTTP probes.
func probePaths(pod *corev1.Pod, port int) []string {
	var paths []string
	for _, container := range pod.Spec.Containers {
		for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe, container.StartupProbe} {
			if probe != nil && probe.HTTPGet != nil && cluster.ContainerPort(pod, probe.HTTPGet.Port) == port {
				paths = append(paths, "/"+strings.TrimPrefix(probe.HTTPGet.Path, "/"))
			}
		}
	}
	return paths
}
