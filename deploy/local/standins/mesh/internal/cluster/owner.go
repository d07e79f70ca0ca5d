package cluster

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// Owner gives the kind, in small letters, and the name of the workload that a pod belongs to. A ReplicaSet that a Deployment
// made has the pod's template hash at the end of its name.
func Owner(pod *corev1.Pod) (kind, name string) {
	for _, reference := range pod.OwnerReferences {
		if reference.Controller == nil || !*reference.Controller {
			continue
		}
		hash := pod.Labels["pod-template-hash"]
		if deployment, ok := strings.CutSuffix(reference.Name, "-"+hash); ok && hash != "" && reference.Kind == "ReplicaSet" {
			return "deployment", deployment
		}
		return strings.ToLower(reference.Kind), reference.Name
	}
	return "", ""
}

// DestinationLabels are those by which a client's metrics name the pod behind an endpoint.
func DestinationLabels(pod *corev1.Pod) map[string]string {
	labels := map[string]string{
		"dst_namespace":      pod.Namespace,
		"dst_pod":            pod.Name,
		"dst_serviceaccount": pod.Spec.ServiceAccountName,
	}
	if hash := pod.Labels["pod-template-hash"]; hash != "" {
		labels["dst_pod_template_hash"] = hash
	}
	if IsMeshed(pod) {
		labels["dst_control_plane_ns"] = names.ControlPlaneNamespace
	}
	if kind, name := Owner(pod); kind == "job" {
		labels["dst_k8s_job"] = name
	} else if kind != "" {
		labels["dst_"+kind] = name
	}
	return labels
}
