package cluster

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"seaworthy/deploy/local/standins/internal/endpoints"
	"seaworthy/deploy/local/standins/internal/watch"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// SessionLabel marks the namespaces of learners' lab sessions, which network policies keep apart.
const SessionLabel = "seaworthy.dev/session"

// View is the cluster at one moment. Nothing in it may be changed.
type View struct {
	Namespaces map[string]*corev1.Namespace
	Pods       map[string]*corev1.Pod
	Services   []*corev1.Service
	Servers    []*Server
	Policies   []*AuthorizationPolicy
	MeshTLS    map[string]*MeshTLSAuthentication
	Endpoints  endpoints.Slices
	podsByIP   map[string]*corev1.Pod
}

// Read takes the view that the watches have now.
func Read(store *watch.Store) *View {
	view := &View{
		Namespaces: byKey(watch.List[*corev1.Namespace](store, namespaces)),
		Pods:       byKey(watch.List[*corev1.Pod](store, pods)),
		Services:   watch.List[*corev1.Service](store, services),
		Servers:    watch.List[*Server](store, servers),
		Policies:   watch.List[*AuthorizationPolicy](store, authorizations),
		MeshTLS:    byKey(watch.List[*MeshTLSAuthentication](store, meshTLS)),
		Endpoints:  endpoints.Read(store),
		podsByIP:   map[string]*corev1.Pod{},
	}
	// Sorted, so that the same cluster gives the same configuration.
	sortByKey(view.Services)
	sortByKey(view.Servers)
	sortByKey(view.Policies)
	for _, pod := range view.Pods {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended {
			view.podsByIP[pod.Status.PodIP] = pod
		}
	}
	return view
}

func key(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

func byKey[T metav1.Object](objects []T) map[string]T {
	found := make(map[string]T, len(objects))
	for _, object := range objects {
		found[key(object)] = object
	}
	return found
}

func sortByKey[T metav1.Object](objects []T) {
	slices.SortFunc(objects, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// IsMeshed tells whether a pod has a proxy of this control plane.
func IsMeshed(pod *corev1.Pod) bool {
	return pod.Labels[names.ControlPlaneLabel] == names.ControlPlaneNamespace
}

// IsSession tells whether a namespace is a learner's.
func (v *View) IsSession(namespace string) bool {
	found, ok := v.Namespaces[namespace]
	if !ok {
		return false
	}
	_, labelled := found.Labels[SessionLabel]
	return labelled
}

// PodAt is the pod that has an address, or nil.
func (v *View) PodAt(ip string) *corev1.Pod { return v.podsByIP[ip] }

// ContainerPort is the number of a port that may be given by the name that one of the pod's containers has for it; 0 where
// none has.
func ContainerPort(pod *corev1.Pod, port intstr.IntOrString) int {
	if port.Type == intstr.Int {
		return port.IntValue()
	}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, named := range container.Ports {
			if named.Name == port.StrVal {
				return int(named.ContainerPort)
			}
		}
	}
	return port.IntValue()
}
