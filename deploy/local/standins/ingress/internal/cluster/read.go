package cluster

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"slices"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/ingress/internal/translate"
	"seaworthy/deploy/local/standins/internal/endpoints"
	"seaworthy/deploy/local/standins/internal/watch"
)

// Cluster is what the store holds at one moment.
type Cluster struct {
	store     *watch.Store
	endpoints endpoints.Slices
}

// Snapshot looks at the store.
func Snapshot(store *watch.Store) *Cluster {
	return &Cluster{store: store, endpoints: endpoints.Read(store)}
}

// Input is everything that the model is made of.
func (c *Cluster) Input(namespace string) model.Input {
	return model.Input{
		Namespace:         namespace,
		Listeners:         watch.List[*emissary.Listener](c.store, listeners),
		Hosts:             watch.List[*emissary.Host](c.store, hosts),
		Mappings:          c.Mappings(),
		Modules:           watch.List[*emissary.Module](c.store, modules),
		EndpointResolvers: names(watch.List[*emissary.KubernetesEndpointResolver](c.store, endpointResolvers)),
		ServiceResolvers:  names(watch.List[*emissary.KubernetesServiceResolver](c.store, serviceResolvers)),
		Certificate:       c.certificate,
		HasPort:           c.hasPort,
		Unreadable:        c.unreadable(),
	}
}

// Mappings are all Mappings that could be read.
func (c *Cluster) Mappings() []*emissary.Mapping {
	return watch.List[*emissary.Mapping](c.store, Mappings)
}

func names[T metav1.Object](objects []T) map[string]bool {
	found := map[string]bool{}
	for _, object := range objects {
		found[object.GetName()] = true
	}
	return found
}

func (c *Cluster) unreadable() []model.Unreadable {
	var found []model.Unreadable
	for _, kind := range Kinds() {
		for _, object := range watch.List[*watch.Undecodable](c.store, kind.Resource) {
			found = append(found, model.Unreadable{Name: nameOf(object), Reason: "it has no effect, because it cannot be read: " + object.Err.Error()})
		}
	}
	for kind, resource := range unobeyed {
		for _, object := range watch.List[*metav1.PartialObjectMetadata](c.store, resource) {
			found = append(found, model.Unreadable{Name: nameOf(object), Reason: "this stand-in does not know the kind " + kind + ", so the object has no effect"})
		}
	}
	slices.SortFunc(found, func(a, b model.Unreadable) int {
		return cmp.Or(cmp.Compare(a.Name.String(), b.Name.String()), cmp.Compare(a.Reason, b.Reason))
	})
	return found
}

func nameOf(object metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
}

// certificate reads a TLS secret. What Envoy would not take is refused here, because a listener waits for its certificates.
func (c *Cluster) certificate(namespace, name string) (model.Certificate, error) {
	secret, found := watch.Get[*corev1.Secret](c.store, secrets, namespace, name)
	if !found {
		return model.Certificate{}, fmt.Errorf("there is no secret of type %s of this name", corev1.SecretTypeTLS)
	}
	read := model.Certificate{Chain: secret.Data[corev1.TLSCertKey], Key: secret.Data[corev1.TLSPrivateKeyKey]}
	pair, err := tls.X509KeyPair(read.Chain, read.Key)
	if err != nil {
		return model.Certificate{}, err
	}
	switch key := pair.Leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return model.Certificate{}, fmt.Errorf("an RSA key needs 2048 bits or more")
		}
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P224() {
			return model.Certificate{}, fmt.Errorf("an ECDSA key needs the curve P-256, P-384 or P-521")
		}
	default:
		return model.Certificate{}, fmt.Errorf("Envoy takes keys of RSA and ECDSA alone")
	}
	return read, nil
}

func (c *Cluster) port(namespace, name string, port int) (string, bool) {
	service, found := watch.Get[*corev1.Service](c.store, services, namespace, name)
	if !found {
		return "", false
	}
	for _, entry := range service.Spec.Ports {
		if int(entry.Port) == port && entry.Protocol != corev1.ProtocolUDP {
			return entry.Name, true
		}
	}
	return "", false
}

func (c *Cluster) hasPort(namespace, name string, port int) bool {
	_, found := c.port(namespace, name, port)
	return found
}

// Addresses finds the ready pods behind a Service's port, and the port that they listen on.
func (c *Cluster) Addresses(namespace, name string, port int) []translate.Address {
	portName, found := c.port(namespace, name, port)
	if !found {
		return nil
	}
	var addresses []translate.Address
	for _, ready := range c.endpoints.Ready(namespace, name, portName) {
		addresses = append(addresses, translate.Address{IP: ready.Addr().String(), Port: uint32(ready.Port())})
	}
	return addresses
}
