package model

import (
	"fmt"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// What happens to a request that did not come by TLS.
const (
	Route    = "Route"
	Redirect = "Redirect"
	Reject   = "Reject"
)

// Host is a Host that takes part.
type Host struct {
	Name     types.NamespacedName
	Hostname string
	// Insecure is what happens to requests that are not secure.
	Insecure string
	// Certificate is there if the Host ends TLS.
	Certificate *Certificate
	// Groups are those that the Host takes, in their order.
	Groups []*Group

	selector map[string]string
	labels   map[string]string
}

// readHosts makes one Host up if there is none, as Emissary does.
func (b *builder) readHosts() {
	for _, object := range b.input.Hosts {
		if object.Spec != nil && !obeyed(object.Spec.AmbassadorID) {
			continue
		}
		name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
		host, err := b.readHost(name, object)
		if err != nil {
			b.report.fail(name, "%v", err)
			continue
		}
		b.hosts = append(b.hosts, host)
	}
	if len(b.hosts) > 0 {
		return
	}
	b.report.Notices = append(b.report.Notices, Entry{Text: "No TLS termination and no fallback cert -- defaulting to cleartext-only."})
	b.hosts = []*Host{{
		Name:     types.NamespacedName{Namespace: b.input.Namespace, Name: "default-host"},
		Hostname: "*",
		Insecure: Route,
	}}
}

func (b *builder) readHost(name types.NamespacedName, object *emissary.Host) (*Host, error) {
	spec := object.Spec
	if spec == nil {
		spec = &emissary.HostSpec{}
	}
	if reason := b.input.Refused[object.UID]; reason != "" {
		return nil, fmt.Errorf("Envoy refuses this Host: %s", reason)
	}
	host := &Host{Name: name, Hostname: spec.Hostname, Insecure: Redirect, labels: object.Labels}
	if host.Hostname == "" {
		host.Hostname = "*"
	}
	if policy := spec.RequestPolicy; policy != nil {
		if policy.Insecure.Action != "" {
			host.Insecure = policy.Insecure.Action
		}
		if policy.Insecure.AdditionalPort != nil {
			b.report.notice(name, "additionalPort opens no port: neither in Emissary 3.9 nor here")
		}
	}
	selector := spec.MappingSelector
	if selector == nil {
		selector = spec.DeprecatedSelector
	}
	if selector != nil {
		host.selector = selector.MatchLabels
		if len(selector.MatchExpressions) > 0 {
			b.report.fail(name, "mappingSelector.matchExpressions are ignored: only matchLabels count")
		}
	}
	return host, b.readCertificate(host, spec)
}

func (b *builder) readCertificate(host *Host, spec *emissary.HostSpec) error {
	if spec.TLSContext != nil || spec.TLS != nil {
		return fmt.Errorf("this stand-in does not know the details of TLS (tls, tlsContext), so it leaves this Host out; tlsSecret alone works")
	}
	if acme := spec.AcmeProvider; acme != nil && acme.Authority != "" && acme.Authority != "none" {
		b.report.notice(host.Name, "acmeProvider gets no certificate here, nor in Emissary without Edge Stack")
	}
	if spec.TLSSecret == nil || spec.TLSSecret.Name == "" {
		return nil
	}
	namespace := spec.TLSSecret.Namespace
	if namespace == "" {
		namespace = host.Name.Namespace
	}
	certificate, err := b.input.Certificate(namespace, spec.TLSSecret.Name)
	if err != nil {
		return fmt.Errorf("invalid TLS secret %s.%s, marking inactive: %w", spec.TLSSecret.Name, namespace, err)
	}
	host.Certificate = &certificate
	return nil
}

// takes tells whether a Host serves a group: by the hostname, by the labels that the Host asks for, or by both if both are there.
func (h *Host) takes(group *Group) bool {
	first := group.First()
	byName := first.Hostname != "" && (first.HostRegex || Overlap(h.Hostname, first.Hostname))
	if len(h.selector) == 0 {
		return byName
	}
	return labelsMatch(h.selector, group.Labels) && (byName || first.Hostname == "")
}

func groupsOf(host *Host, groups []*Group) []*Group {
	var taken []*Group
	for _, group := range groups {
		if host.takes(group) {
			taken = append(taken, group)
		}
	}
	return taken
}
