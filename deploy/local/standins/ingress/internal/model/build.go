package model

import (
	"cmp"
	"slices"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Input is what the cluster says.
type Input struct {
	// Namespace is the ingress's own.
	Namespace         string
	Listeners         []*emissary.Listener
	Hosts             []*emissary.Host
	Mappings          []*emissary.Mapping
	Modules           []*emissary.Module
	EndpointResolvers map[string]bool
	ServiceResolvers  map[string]bool
	// Certificate finds a TLS secret.
	Certificate func(namespace, name string) (Certificate, error)
	// HasPort tells whether a Service has a port, so that its endpoints can be found.
	HasPort func(namespace, name string, port int) bool
	// Refused are the objects that Envoy did not take, with its words.
	Refused map[types.UID]string
	// Unreadable are the objects that do not fit their types, and the ones of kinds that nothing here obeys.
	Unreadable []Unreadable
}

// Unreadable is an object that has no effect, and why.
type Unreadable struct {
	Name   types.NamespacedName
	Reason string
}

// Certificate is a certificate chain and its key, as PEM.
type Certificate struct {
	Chain, Key []byte
}

// Model is what the ingress shall do.
type Model struct {
	Module    Module
	Listeners []*Listener
	// Groups are all groups, in the order in which requests are compared with them.
	Groups []*Group
	Report Report
}

type builder struct {
	input  Input
	module Module
	report *Report
	hosts  []*Host
}

// Build works the model out. It fails on nothing: what is wrong stands in the report.
func Build(input Input) *Model {
	model := &Model{Report: Report{Mappings: map[types.NamespacedName]*State{}}}
	b := &builder{input: input, report: &model.Report}
	sorted(b.input.Modules)
	sorted(b.input.Mappings)
	sorted(b.input.Hosts)
	sorted(b.input.Listeners)
	for _, unreadable := range input.Unreadable {
		b.report.fail(unreadable.Name, "%s", unreadable.Reason)
	}
	b.module = b.readModule()
	model.Module = b.module
	b.readHosts()
	model.Groups = b.readGroups()
	model.Listeners = b.readListeners()
	for _, listener := range model.Listeners {
		for _, host := range listener.Hosts {
			host.Groups = groupsOf(host, model.Groups)
		}
	}
	b.explainUnserved(model)
	return model
}

// sorted makes the result independent of the order in which the cluster lists its objects.
func sorted[T metav1.Object](objects []T) {
	slices.SortFunc(objects, func(a, b T) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
}

// obeyed tells whether an object is meant for this ingress.
func obeyed(id emissary.AmbassadorID) bool { return id.Matches("default") }

func (b *builder) readGroups() []*Group {
	byKey := map[string]*Group{}
	var groups []*Group
	for _, object := range b.input.Mappings {
		name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
		if !obeyed(object.Spec.AmbassadorID) {
			continue
		}
		b.report.Mappings[name] = &State{}
		mapping := b.readMapping(object)
		if mapping == nil {
			b.report.drop(name)
			continue
		}
		key := b.groupKey(mapping)
		group, known := byKey[key]
		if !known {
			group = &Group{facts: facts(mapping)}
			byKey[key] = group
			groups = append(groups, group)
		}
		b.addTo(group, mapping)
	}
	for _, group := range groups {
		b.finish(group)
	}
	slices.SortStableFunc(groups, before)
	return groups
}

// explainUnserved says of each Mapping that nothing leads to why that is so, which Emissary does not.
func (b *builder) explainUnserved(model *Model) {
	served := map[*Group]bool{}
	for _, listener := range model.Listeners {
		for _, host := range listener.Hosts {
			for _, group := range host.Groups {
				served[group] = true
			}
		}
	}
	for _, group := range model.Groups {
		if served[group] {
			continue
		}
		text := "no Host takes this Mapping, so no request reaches it: "
		switch {
		case slices.ContainsFunc(b.hosts, func(host *Host) bool { return host.takes(group) }):
			text = "the Hosts that take this Mapping are served by no Listener, so no request reaches it"
		case group.First().Hostname == "":
			text += "it names no hostname, and has not the labels of any Host's mappingSelector"
		default:
			text += "its hostname overlaps with no Host's, or it lacks the labels of that Host's mappingSelector"
		}
		for _, mapping := range group.members {
			b.report.notice(mapping.Name, "%s", text)
		}
	}
}
