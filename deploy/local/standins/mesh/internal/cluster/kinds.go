// Package cluster is what the control plane knows of the cluster: its pods, Services and policies at one moment.
package cluster

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seaworthy/deploy/local/standins/internal/endpoints"
	"seaworthy/deploy/local/standins/internal/watch"
)

var (
	namespaces     = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	pods           = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	services       = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	servers        = policyResource("v1beta3", "servers")
	authorizations = policyResource("v1alpha1", "authorizationpolicies")
	meshTLS        = policyResource("v1alpha1", "meshtlsauthentications")
)

func policyResource(version, name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "policy.linkerd.io", Version: version, Resource: name}
}

// Kinds are those that the control plane watches.
func Kinds() []watch.Kind {
	return []watch.Kind{
		{Resource: namespaces, Decode: watch.Decode[corev1.Namespace]},
		{Resource: pods, Decode: decodePod},
		{Resource: services, Decode: watch.Decode[corev1.Service]},
		endpoints.Kind,
		{Resource: servers, Decode: watch.Decode[Server]},
		{Resource: authorizations, Decode: watch.Decode[AuthorizationPolicy]},
		{Resource: meshTLS, Decode: watch.Decode[MeshTLSAuthentication]},
	}
}

// decodePod drops what takes most of a pod's memory and is never read.
func decodePod(raw *unstructured.Unstructured) (metav1.Object, error) {
	decoded, err := watch.Decode[corev1.Pod](raw)
	if err != nil {
		return nil, err
	}
	pod := decoded.(*corev1.Pod)
	pod.Spec.Volumes, pod.Spec.Tolerations = nil, nil
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			list[i].Env, list[i].VolumeMounts, list[i].Args, list[i].Command = nil, nil, nil, nil
		}
	}
	return pod, nil
}

// Server selects one port of some pods; such a port refuses whoever no policy allows.
type Server struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		PodSelector  *metav1.LabelSelector `json:"podSelector"`
		Port         intstr.IntOrString    `json:"port"`
		AccessPolicy string                `json:"accessPolicy"`
	} `json:"spec"`
}

// AuthorizationPolicy allows whom its authentications describe to reach its target.
type AuthorizationPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		TargetRef                  Reference   `json:"targetRef"`
		RequiredAuthenticationRefs []Reference `json:"requiredAuthenticationRefs"`
	} `json:"spec"`
}

// Reference names another object.
type Reference struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// MeshTLSAuthentication describes meshed clients.
type MeshTLSAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Identities   []string    `json:"identities"`
		IdentityRefs []Reference `json:"identityRefs"`
	} `json:"spec"`
}
