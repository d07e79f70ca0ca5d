// Package inject adds the proxy to pods, as Linkerd's proxy injector does.
package inject

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// Decision says whether a pod gets a proxy.
type Decision struct {
	Inject  bool
	Ingress bool
	// Reason says why a pod is left out that, or whose namespace, says something about injection; Linkerd's event names it.
	Reason string
	// IsImitation tells that a pod of a learner's brings a proxy of its own, whose metrics would be whatever the learner likes.
	IsImitation bool
}

// session marks the namespaces of learners' lab sessions.
const session = "seaworthy.dev/session"

// Decide follows the annotation of the pod, then that of its namespace.
func Decide(pod *corev1.Pod, namespace *corev1.Namespace) Decision {
	value, isOwn := pod.Annotations[names.Inject]
	where := "pod"
	if !isOwn {
		value, where = namespace.Annotations[names.Inject], "namespace"
	}
	_, isSession := namespace.Labels[session]
	decision := Decision{Ingress: value == "ingress", IsImitation: isSession && hasContainer(pod, names.ProxyContainer)}
	switch {
	case value == "":
		return decision
	case value == "disabled":
		decision.Reason = fmt.Sprintf("%s has the annotation %q set to %q", where, names.Inject, value)
	case value != "enabled" && value != "ingress":
		decision.Reason = fmt.Sprintf("invalid value %q for the annotation %q", value, names.Inject)
	case pod.Spec.HostNetwork:
		decision.Reason = "hostNetwork is enabled"
	case hasSidecar(pod):
		decision.Reason = "pod has a sidecar injected already"
	default:
		decision.Inject = true
	}
	return decision
}

func hasSidecar(pod *corev1.Pod) bool {
	return hasContainer(pod, names.ProxyContainer, names.InitContainer, "istio-proxy", "istio-init")
}

func hasContainer(pod *corev1.Pod, named ...string) bool {
	return slices.ContainsFunc(slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers), func(c corev1.Container) bool {
		return slices.Contains(named, c.Name)
	})
}

// supported are the settings that this stand-in obeys, in the order in which a pod's replace its namespace's.
var supported = []string{"proxy-cpu-request", "proxy-cpu-limit", "proxy-memory-request", "proxy-memory-limit", "default-inbound-policy"}

// settings are the annotations of a pod and, where it has none, those of its namespace.
func settings(pod *corev1.Pod, namespace *corev1.Namespace) map[string]string {
	found := map[string]string{}
	for _, name := range supported {
		key := names.ConfigPrefix + name
		for _, annotations := range []map[string]string{pod.Annotations, namespace.Annotations} {
			if value, ok := annotations[key]; ok && found[key] == "" {
				found[key] = value
			}
		}
	}
	return found
}

// Warnings names the settings that have no effect here.
func Warnings(pod *corev1.Pod, namespace *corev1.Namespace) []string {
	var warnings []string
	for _, annotations := range []map[string]string{pod.Annotations, namespace.Annotations} {
		for key := range annotations {
			if name, ok := strings.CutPrefix(key, names.ConfigPrefix); ok && !slices.Contains(supported, name) {
				warnings = append(warnings, key+" has no effect: this stand-in for Linkerd does not know it")
			}
		}
	}
	for key, value := range settings(pod, namespace) {
		if err := validate(key, value); err != nil {
			warnings = append(warnings, fmt.Sprintf("%s has no effect: %s", key, err))
		}
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}
