package model

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// Module is what the Module named ambassador may say here; the names of all else in it are reported.
type Module struct {
	Resolver          string                 `json:"resolver,omitempty"`
	LoadBalancer      *emissary.LoadBalancer `json:"load_balancer,omitempty"`
	AddLinkerdHeaders bool                   `json:"add_linkerd_headers,omitempty"`
}

var moduleKeys = []string{"resolver", "load_balancer", "add_linkerd_headers"}

// readModule finds the one Module that counts: named ambassador, in the ingress's own namespace.
func (b *builder) readModule() Module {
	var module Module
	for _, object := range b.input.Modules {
		name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
		if object.Name != "ambassador" || object.Namespace != b.input.Namespace {
			b.report.notice(name, "this Module has no effect: only the one named ambassador in the namespace %s has", b.input.Namespace)
			continue
		}
		config := object.Spec.Config.Values
		content, err := json.Marshal(config)
		if err == nil {
			err = json.Unmarshal(content, &module)
		}
		if err != nil {
			b.report.fail(name, "the Module cannot be read and has no effect: %v", err)
			return Module{}
		}
		var unknown []string
		for _, key := range slices.Sorted(maps.Keys(config)) {
			if !slices.Contains(moduleKeys, key) {
				unknown = append(unknown, key)
			}
		}
		if len(unknown) > 0 {
			b.report.fail(name, "this stand-in does not know these settings of Emissary's Module, and ignores them: %s", strings.Join(unknown, ", "))
		}
	}
	return module
}
