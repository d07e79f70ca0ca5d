// Package cluster reads the objects that the ingress obeys.
package cluster

import (
	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"seaworthy/deploy/local/standins/internal/endpoints"
	"seaworthy/deploy/local/standins/internal/watch"
)

// Mappings is the kind whose status is written.
var Mappings = emissaryKind("mappings")

var (
	hosts             = emissaryKind("hosts")
	listeners         = emissaryKind("listeners")
	modules           = emissaryKind("modules")
	endpointResolvers = emissaryKind("kubernetesendpointresolvers")
	serviceResolvers  = emissaryKind("kubernetesserviceresolvers")
	secrets           = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
	services          = schema.GroupVersionResource{Version: "v1", Resource: "services"}
)

// unobeyed are the kinds of Emissary's that this ingress only names when it meets them.
var unobeyed = map[string]schema.GroupVersionResource{
	"AuthService":      emissaryKind("authservices"),
	"ConsulResolver":   emissaryKind("consulresolvers"),
	"DevPortal":        emissaryKind("devportals"),
	"LogService":       emissaryKind("logservices"),
	"RateLimitService": emissaryKind("ratelimitservices"),
	"TCPMapping":       emissaryKind("tcpmappings"),
	"TLSContext":       emissaryKind("tlscontexts"),
	"TracingService":   emissaryKind("tracingservices"),
}

func emissaryKind(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "getambassador.io", Version: "v3alpha1", Resource: resource}
}

// Kinds are the kinds of object that the ingress watches.
func Kinds() []watch.Kind {
	kinds := []watch.Kind{
		{Resource: Mappings, Decode: watch.Decode[emissary.Mapping]},
		{Resource: hosts, Decode: watch.Decode[emissary.Host]},
		{Resource: listeners, Decode: watch.Decode[emissary.Listener]},
		{Resource: modules, Decode: watch.Decode[emissary.Module]},
		{Resource: endpointResolvers, Decode: watch.Decode[emissary.KubernetesEndpointResolver]},
		{Resource: serviceResolvers, Decode: watch.Decode[emissary.KubernetesServiceResolver]},
		{Resource: secrets, FieldSelector: "type=" + string(corev1.SecretTypeTLS), Decode: watch.Decode[corev1.Secret]},
		{Resource: services, Decode: watch.Decode[corev1.Service]},
		endpoints.Kind,
	}
	for _, resource := range unobeyed {
		kinds = append(kinds, watch.Kind{Resource: resource, Decode: decodeNames})
	}
	return kinds
}

// decodeNames keeps who an object is, and nothing of its content.
func decodeNames(object *unstructured.Unstructured) (metav1.Object, error) {
	return &metav1.PartialObjectMetadata{
		ObjectMeta: metav1.ObjectMeta{Name: object.GetName(), Namespace: object.GetNamespace(), UID: object.GetUID()},
	}, nil
}
