package cluster

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	Networks   map[string]*NetworkAuthentication
	podsByIP   map[string]*corev1.Pod
	endpoints  map[string][]*discoveryv1.EndpointSlice
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
		Networks:   byKey(watch.List[*NetworkAuthentication](store, networks)),
	}
	view.index(watch.List[*discoveryv1.EndpointSlice](store, endpointSlices))
	return view
}

// index sorts everything, so that the same cluster gives the same configuration.
func (v *View) index(all []*discoveryv1.EndpointSlice) {
	sortByKey(v.Services)
	sortByKey(v.Servers)
	sortByKey(v.Policies)
	sortByKey(all)
	v.podsByIP = map[string]*corev1.Pod{}
	for _, pod := range v.Pods {
		ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
		if pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended {
			v.podsByIP[pod.Status.PodIP] = pod
		}
	}
	v.endpoints = map[string][]*discoveryv1.EndpointSlice{}
	for _, slice := range all {
		service := slice.Namespace + "/" + slice.Labels[discoveryv1.LabelServiceName]
		v.endpoints[service] = append(v.endpoints[service], slice)
	}
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

// Endpoint is one address behind a port of a Service; the pod is nil where the address is no pod's.
type Endpoint struct {
	IP   string
	Port int
	Pod  *corev1.Pod
}

// Endpoints gives the ready endpoints of a Service's port.
func (v *View) Endpoints(service *corev1.Service, port string) []Endpoint {
	var found []Endpoint
	seen := map[Endpoint]bool{}
	for _, slice := range v.endpoints[key(service)] {
		number := 0
		for _, candidate := range slice.Ports {
			if candidate.Port != nil && candidate.Name != nil && *candidate.Name == port {
				number = int(*candidate.Port)
			}
		}
		if number == 0 || slice.AddressType != discoveryv1.AddressTypeIPv4 {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			if endpoint.Conditions.Ready != nil && !*endpoint.Conditions.Ready {
				continue
			}
			for _, ip := range endpoint.Addresses {
				entry := Endpoint{IP: ip, Port: number, Pod: v.podsByIP[ip]}
				if !seen[entry] {
					seen[entry] = true
					found = append(found, entry)
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b Endpoint) int { return cmp.Compare(a.IP, b.IP) })
	return found
}

// Annotation is a pod's own or, without one, its namespace's.
func (v *View) Annotation(pod *corev1.Pod, name string) string {
	if value, ok := pod.Annotations[name]; ok {
		return value
	}
	if namespace, ok := v.Namespaces[pod.Namespace]; ok {
		return namespace.Annotations[name]
	}
	return ""
}

// NamedPorts gives the ports that a pod's containers name.
func NamedPorts(pod *corev1.Pod) map[string]int {
	named := map[string]int{}
	for _, container := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for _, port := range container.Ports {
			if port.Name != "" {
				named[port.Name] = int(port.ContainerPort)
			}
		}
	}
	return named
}
