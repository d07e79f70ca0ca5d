// Package inject adds the proxy to pods, as Linkerd's proxy injector does.
package inject

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// Decision says whether a pod gets a proxy; the reasons against it are those that Linkerd's event names.
type Decision struct {
	Inject  bool
	Ingress bool
	// IsAsked tells that the pod or its namespace says something about injection.
	IsAsked bool
	Reasons []string
}

// Decide follows the annotation of the pod, then that of its namespace.
func Decide(pod *corev1.Pod, namespace *corev1.Namespace) Decision {
	own, isOwn := pod.Annotations[names.Inject]
	above := namespace.Annotations[names.Inject]
	value := above
	if isOwn {
		value = own
	}
	decision := Decision{IsAsked: value != "", Ingress: value == "ingress"}
	if pod.Spec.HostNetwork {
		decision.Reasons = append(decision.Reasons, "hostNetwork is enabled")
	}
	if hasSidecar(pod) {
		decision.Reasons = append(decision.Reasons, "pod has a sidecar injected already")
	}
	switch value {
	case "enabled", "ingress":
	case "", "disabled":
		where := "namespace"
		if isOwn {
			where = "pod"
		}
		decision.Reasons = append(decision.Reasons, fmt.Sprintf("%s has the annotation %q set to %q", where, names.Inject, "disabled"))
		if value == "" {
			decision.Reasons[len(decision.Reasons)-1] = fmt.Sprintf("neither the namespace nor the pod have the annotation %q set to %q", names.Inject, "enabled")
		}
	default:
		decision.Reasons = append(decision.Reasons, fmt.Sprintf("invalid value %q for the annotation %q", value, names.Inject))
	}
	decision.Inject = len(decision.Reasons) == 0
	return decision
}

func hasSidecar(pod *corev1.Pod) bool {
	known := []string{names.ProxyContainer, names.InitContainer, names.ValidatorContainer, "istio-proxy", "istio-init"}
	return slices.ContainsFunc(slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers), func(c corev1.Container) bool {
		return slices.Contains(known, c.Name)
	})
}

// supported are the settings that this stand-in obeys. Those that are empty are read by the control plane or the CNI plugin.
var supported = []string{
	"proxy-cpu-request", "proxy-cpu-limit", "proxy-memory-request", "proxy-memory-limit", "proxy-log-level", "proxy-await",
	"skip-inbound-ports", "skip-outbound-ports", "skip-subnets", "opaque-ports", "default-inbound-policy",
}

// Inherited gives the settings of the namespace that a pod does not set itself.
func Inherited(pod, namespace map[string]string) map[string]string {
	inherited := map[string]string{}
	for _, name := range supported {
		key := names.ConfigPrefix + name
		if value, ok := namespace[key]; ok && pod[key] == "" {
			inherited[key] = value
		}
	}
	return inherited
}

// Warnings names the settings that have no effect here.
func Warnings(annotations ...map[string]string) []string {
	var warnings []string
	for _, set := range annotations {
		for key := range set {
			name, ok := strings.CutPrefix(key, names.ConfigPrefix)
			if ok && name != "admission-webhooks" && !slices.Contains(supported, name) {
				warnings = append(warnings, key+" has no effect: this stand-in for Linkerd does not know it")
			}
		}
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}
