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
	Resolver              string                        `json:"resolver,omitempty"`
	LoadBalancer          *emissary.LoadBalancer        `json:"load_balancer,omitempty"`
	AddLinkerdHeaders     bool                          `json:"add_linkerd_headers,omitempty"`
	Timeout               *emissary.MillisecondDuration `json:"cluster_request_timeout_ms,omitempty"`
	StripMatchingHostPort bool                          `json:"strip_matching_host_port,omitempty"`
	OwnNamespace          bool                          `json:"use_ambassador_namespace_for_service_resolution,omitempty"`
	CORS                  *emissary.CORS                `json:"cors,omitempty"`
	RetryPolicy           *emissary.RetryPolicy         `json:"retry_policy,omitempty"`
	CircuitBreakers       []*emissary.CircuitBreaker    `json:"circuit_breakers,omitempty"`
	Diagnostics           struct {
		Enabled *bool `json:"enabled,omitempty"`
	} `json:"diagnostics,omitempty"`
}

var moduleKeys = []string{"resolver", "load_balancer", "add_linkerd_headers", "cluster_request_timeout_ms", "strip_matching_host_port",
	"use_ambassador_namespace_for_service_resolution", "cors", "retry_policy", "circuit_breakers", "diagnostics"}

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
		if module.Diagnostics.Enabled != nil && *module.Diagnostics.Enabled {
			b.report.notice(name, "this stand-in serves its diagnostics on port 8877 alone, and not through Hosts")
		}
	}
	return module
}
