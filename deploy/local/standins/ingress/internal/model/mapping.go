package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// Matcher is a condition on a header or a query parameter.
type Matcher struct {
	Name  string
	Value string
	Regex bool
}

// Mapping is a Mapping that takes part, with what follows from its fields.
type Mapping struct {
	Name   types.NamespacedName
	UID    types.UID
	Spec   *emissary.MappingSpec
	Labels map[string]string
	// Hostname is a glob, or a regular expression, or empty for a Mapping that names none.
	Hostname  string
	HostRegex bool
	// Headers include the hostname as :authority and the method as :method.
	Headers []Matcher
	Query   []Matcher
	Service Service
	// Endpoints says that requests go to the Service's pods, and not to the Service.
	Endpoints bool
	// Below is the share in per cent of the requests that this Mapping and those before it in its group take.
	Below int
}

// Is tells whether an optional flag is set.
func Is(flag *bool) bool { return flag != nil && *flag }

// readMapping gives the Mapping unless a mistake makes Emissary leave it out.
func (b *builder) readMapping(object *emissary.Mapping) *Mapping {
	mapping := &Mapping{
		Name:   types.NamespacedName{Namespace: object.Namespace, Name: object.Name},
		UID:    object.UID,
		Spec:   &object.Spec,
		Labels: object.Labels,
	}
	if reason := b.input.Refused[object.UID]; reason != "" {
		b.report.fail(mapping.Name, "Envoy refuses this Mapping: %s%s", reason, wouldStop)
		return nil
	}
	b.remarkFields(mapping)
	for _, check := range []func(*Mapping) error{
		readHostname, checkUnsupported, b.readResolver, checkLoadBalancer, checkRetries, checkOverrides, checkRegexes,
	} {
		if err := check(mapping); err != nil {
			b.report.fail(mapping.Name, "%v", err)
			return nil
		}
	}
	readConditions(mapping)
	b.readService(mapping)
	return mapping
}

// readHostname takes hostname before host, and host before an :authority among the headers.
func readHostname(mapping *Mapping) error {
	spec := mapping.Spec
	var exact string
	for name, value := range spec.Headers {
		if strings.EqualFold(name, ":authority") {
			if strings.Contains(value, "*") {
				return fmt.Errorf(":authority exact-match '%s' contains *, which cannot match anything.", value)
			}
			exact = value
		}
	}
	if spec.DeprecatedHost != "" {
		exact = spec.DeprecatedHost
		mapping.HostRegex = Is(spec.DeprecatedHostRegex)
		if !mapping.HostRegex && strings.Contains(exact, "*") {
			return fmt.Errorf("host exact-match %s contains *, which cannot match anything.", exact)
		}
	}
	mapping.Hostname = exact
	if spec.Hostname != "" {
		mapping.Hostname, mapping.HostRegex = spec.Hostname, false
	}
	return nil
}

// readConditions lists what a request must have, in the order in which Emissary writes and compares it.
func readConditions(mapping *Mapping) {
	spec := mapping.Spec
	for _, name := range slices.Sorted(maps.Keys(spec.Headers)) {
		if !strings.EqualFold(name, ":authority") {
			mapping.Headers = append(mapping.Headers, Matcher{Name: name, Value: spec.Headers[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(spec.RegexHeaders)) {
		mapping.Headers = append(mapping.Headers, Matcher{Name: name, Value: spec.RegexHeaders[name], Regex: true})
	}
	if mapping.Hostname != "" {
		mapping.Headers = append(mapping.Headers, Matcher{Name: ":authority", Value: mapping.Hostname, Regex: mapping.HostRegex})
	}
	if spec.Method != "" {
		mapping.Headers = append(mapping.Headers, Matcher{Name: ":method", Value: spec.Method, Regex: Is(spec.MethodRegex)})
	}
	for _, name := range slices.Sorted(maps.Keys(spec.QueryParameters)) {
		mapping.Query = append(mapping.Query, Matcher{Name: name, Value: spec.QueryParameters[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(spec.RegexQueryParameters)) {
		mapping.Query = append(mapping.Query, Matcher{Name: name, Value: spec.RegexQueryParameters[name], Regex: true})
	}
}

func (b *builder) readResolver(mapping *Mapping) error {
	name := mapping.Spec.Resolver
	if name == "" {
		name = b.module.Resolver
	}
	switch {
	case name == "" || name == "kubernetes-service" || b.input.ServiceResolvers[name]:
		if mapping.Spec.LoadBalancer != nil {
			return fmt.Errorf("No load_balancer setting is allowed with the KubernetesServiceResolver")
		}
	case name == "endpoint" || name == "kubernetes-endpoint" || b.input.EndpointResolvers[name]:
		mapping.Endpoints = true
	default:
		return fmt.Errorf("resolver %s is unknown!", name)
	}
	return nil
}

func (b *builder) readService(mapping *Mapping) {
	qualify := mapping.Name.Namespace != b.input.Namespace
	service, malformed, wrong := parseService(mapping.Spec.Service, mapping.Name.Namespace, qualify)
	mapping.Service = service
	if malformed != "" {
		b.report.failGlobally("%s: %s", KeyOf(mapping.Name), malformed)
		b.report.remark(mapping.Name, malformed)
	}
	for _, text := range wrong {
		b.report.fail(mapping.Name, "%s", text)
	}
	if !mapping.Endpoints || Is(mapping.Spec.HostRedirect) {
		return
	}
	namespace, name := service.KubernetesName(mapping.Name.Namespace)
	if !b.input.HasPort(namespace, name, service.Port) {
		b.report.fail(mapping.Name, "Service %s: k8s-%s-%s:%d matches no endpoints from Kubernetes", name, name, namespace, service.Port)
	}
}

// AddsLinkerdHeader tells whether the request says in a header of Linkerd's where it goes.
func (m *Mapping) AddsLinkerdHeader(module Module) bool {
	if m.Spec.AddLinkerdHeaders != nil {
		return *m.Spec.AddLinkerdHeaders
	}
	return module.AddLinkerdHeaders
}
