package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
)

// Group is the Mappings that match the same requests and share them by weight; or one redirect.
type Group struct {
	Mappings []*Mapping
	Redirect *Mapping
	// Labels are those of all its Mappings.
	Labels map[string]string

	// These the Mappings have in common: the last one that states a value wins.
	AddRequestHeaders     map[string]emissary.AddedHeader
	AddResponseHeaders    map[string]emissary.AddedHeader
	RemoveRequestHeaders  []string
	RemoveResponseHeaders []string
	RegexRewrite          *emissary.RegexMap
	CORS                  *emissary.CORS
	RetryPolicy           *emissary.RetryPolicy
	AllowUpgrade          []string
	Priority              string

	members []*Mapping
	facts   map[string]string
	order   []any
}

// First is the Mapping that the group was made for.
func (g *Group) First() *Mapping { return g.members[0] }

func asJSON(value any) string {
	content, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(content)
}

// redirectsOf names the fields that say where a redirect leads, the one that counts first.
func redirectsOf(spec *emissary.MappingSpec) []string {
	var given []string
	if spec.PathRedirect != "" {
		given = append(given, "path_redirect")
	}
	if spec.PrefixRedirect != "" {
		given = append(given, "prefix_redirect")
	}
	if spec.RegexRedirect != nil {
		given = append(given, "regex_redirect")
	}
	return given
}

// groupKey is what two Mappings must have in common to share requests. The namespace is not part of it.
func (b *builder) groupKey(mapping *Mapping) string {
	method := mapping.Spec.Method
	if method == "" {
		method = "GET"
	}
	key := []string{method, mapping.Spec.Prefix, asJSON(mapping.Headers), asJSON(mapping.Query), asJSON(precedence(mapping))}
	if mapping.Hostname != "" && !mapping.HostRegex {
		return strings.Join(key, "\n")
	}
	for _, host := range b.hosts {
		if len(host.selector) > 0 && labelsMatch(host.selector, mapping.Labels) {
			key = append(key, asJSON(host.selector))
		}
	}
	return strings.Join(key, "\n")
}

func precedence(mapping *Mapping) int {
	if mapping.Spec.Precedence == nil {
		return 0
	}
	return *mapping.Spec.Precedence
}

// facts are the fields that the Mappings of a group may not differ in, as far as a Mapping states them.
func facts(mapping *Mapping) map[string]string {
	spec := mapping.Spec
	stated := map[string]string{"circuit_breakers": asJSON(spec.CircuitBreakers)}
	for field, value := range map[string]any{
		"prefix_exact": spec.PrefixExact, "prefix_regex": spec.PrefixRegex, "load_balancer": spec.LoadBalancer,
		"connect_timeout_ms": spec.ConnectTimeout, "cluster_idle_timeout_ms": spec.ClusterIdleTimeout,
		"cluster_max_connection_lifetime_ms": spec.ClusterMaxConnectionLifetime, "keepalive": spec.KeepAlive,
		"bypass_auth": spec.BypassAuth, "bypass_error_response_overrides": spec.BypassErrorResponseOverrides,
	} {
		if text := asJSON(value); text != "null" {
			stated[field] = text
		}
	}
	if spec.Labels != nil {
		stated["labels"] = asJSON(spec.Labels)
	}
	return stated
}

// addTo puts a Mapping into its group, unless it contradicts what is there.
func (b *builder) addTo(group *Group, mapping *Mapping) {
	var mismatches []string
	stated := facts(mapping)
	for _, field := range slices.Sorted(maps.Keys(stated)) {
		shared, known := group.facts[field]
		if !known {
			shared = "-unset-"
		}
		if shared != stated[field] {
			mismatches = append(mismatches, fmt.Sprintf("%s: %s != %s", field, stated[field], shared))
		}
	}
	if len(mismatches) > 0 {
		b.refuse(group, mapping, fmt.Sprintf("cannot accept new mapping %s with mismatched %s."+
			"Please verify field is set with the same value in all related mappings."+
			"Example: When canary is configured, related mappings should have same fields and values",
			mapping.Name.Name, strings.Join(mismatches, ", ")))
		return
	}
	redirects := Is(mapping.Spec.HostRedirect)
	switch {
	case redirects && group.Redirect != nil:
		b.refuse(group, mapping, fmt.Sprintf("cannot accept %s as second host_redirect after %s", mapping.Name.Name, group.Redirect.Name.Name))
	case redirects && len(group.Mappings) > 0:
		b.refuse(group, mapping, fmt.Sprintf("cannot accept %s with host_redirect after mappings without host_redirect (eg %s)",
			mapping.Name.Name, group.Mappings[0].Name.Name))
	case !redirects && group.Redirect != nil:
		b.refuse(group, mapping, fmt.Sprintf("cannot accept %s without host_redirect after %s with host_redirect",
			mapping.Name.Name, group.Redirect.Name.Name))
	case redirects:
		group.Redirect = mapping
		group.members = append(group.members, mapping)
	default:
		group.Mappings = append(group.Mappings, mapping)
		group.members = append(group.members, mapping)
	}
}

// refuse reports under the group's first Mapping, as Emissary does, and says it of the one that is left out as well.
func (b *builder) refuse(group *Group, mapping *Mapping, text string) {
	b.report.fail(group.First().Name, "%s", text)
	b.report.remark(mapping.Name, text)
	b.report.drop(mapping.Name)
}

// finish works out what the Mappings share and how the requests are split.
func (b *builder) finish(group *Group) {
	group.AddRequestHeaders, group.AddResponseHeaders = map[string]emissary.AddedHeader{}, map[string]emissary.AddedHeader{}
	group.Labels = map[string]string{}
	for _, mapping := range group.members {
		spec := mapping.Spec
		maps.Copy(group.Labels, mapping.Labels)
		copyHeaders(group.AddRequestHeaders, spec.AddRequestHeaders)
		copyHeaders(group.AddResponseHeaders, spec.AddResponseHeaders)
		if mapping.AddsLinkerdHeader(b.module) {
			group.AddRequestHeaders["l5d-dst-override"] = emissary.AddedHeader{Value: mapping.Service.HostPort()}
		}
		// Emissary writes an empty rewrite for a Mapping without one, and so forgets the one before.
		group.RegexRewrite = spec.RegexRewrite
		takeLast(&group.RemoveRequestHeaders, spec.RemoveRequestHeaders)
		takeLast(&group.RemoveResponseHeaders, spec.RemoveResponseHeaders)
		if spec.CORS != nil {
			group.CORS = spec.CORS
		}
		if spec.RetryPolicy != nil {
			group.RetryPolicy = spec.RetryPolicy
		}
		if spec.AllowUpgrade != nil || Is(spec.DeprecatedUseWebsocket) {
			group.AllowUpgrade = upgrades(spec)
		}
		if spec.Priority != "" {
			group.Priority = spec.Priority
		}
	}
	b.normalize(group)
	group.order = order(group.First())
}

func takeLast(shared *[]string, stated *[]string) {
	if stated != nil {
		*shared = *stated
	}
}

func copyHeaders(into map[string]emissary.AddedHeader, from *map[string]emissary.AddedHeader) {
	if from != nil {
		maps.Copy(into, *from)
	}
}

func upgrades(spec *emissary.MappingSpec) []string {
	allowed := slices.Clone(spec.AllowUpgrade)
	if Is(spec.DeprecatedUseWebsocket) && !slices.Contains(allowed, "websocket") {
		allowed = append(allowed, "websocket")
	}
	return allowed
}

// normalize turns weights into the bounds that Envoy compares one random number with, the way Emissary does it: nothing is
// scaled, and those without a weight share what is left.
func (b *builder) normalize(group *Group) {
	if len(group.Mappings) == 1 {
		group.Mappings[0].Below = 100
		return
	}
	var weighted, weightless []*Mapping
	sum, valid := 0, true
	for _, mapping := range group.Mappings {
		if mapping.Spec.Weight == nil {
			weightless = append(weightless, mapping)
			continue
		}
		if *mapping.Spec.Weight > 100 {
			b.report.fail(group.First().Name, "Mapping %s has invalid weight %d", mapping.Name.Name, *mapping.Spec.Weight)
			b.report.remark(mapping.Name, fmt.Sprintf("invalid weight %d", *mapping.Spec.Weight))
			valid = false
			break
		}
		sum += *mapping.Spec.Weight
		mapping.Below = sum
		weighted = append(weighted, mapping)
	}
	if valid && sum > 100 {
		b.report.fail(group.First().Name, "Total weight of mappings exceeds 100, please reconfigure for correct behavior...")
		valid = false
	}
	if !valid {
		b.report.fail(group.First().Name, "Could not normalize mapping weights, ignoring...")
		return
	}
	share := 0
	if len(weightless) > 0 {
		share = int(math.RoundToEven(float64(100-sum) / float64(len(weightless))))
	}
	for at, mapping := range weightless {
		sum += share
		if at == len(weightless)-1 {
			sum = 100
		}
		mapping.Below = sum
	}
	group.Mappings = append(weighted, weightless...)
}

// order is what decides which group is asked first, compared from the left, the greater first.
func order(mapping *Mapping) []any {
	method := mapping.Spec.Method
	if method == "" {
		method = "GET"
	}
	key := []any{
		precedence(mapping), utf8.RuneCountInString(mapping.Spec.Prefix), lengths(mapping.Headers), lengths(mapping.Query),
		mapping.Spec.Prefix, method,
	}
	for _, matcher := range append(slices.Clone(mapping.Headers), mapping.Query...) {
		key = append(key, matcher.Name+"-"+matcher.value())
	}
	return key
}

func (m Matcher) value() string {
	if m.Value == "" {
		return "*"
	}
	return m.Value
}

func lengths(matchers []Matcher) int {
	sum := 0
	for _, matcher := range matchers {
		sum += utf8.RuneCountInString(matcher.Name) + utf8.RuneCountInString(matcher.value())
		if matcher.Regex {
			sum++
		}
	}
	return sum
}

// before tells whether the first group is asked before the second.
func before(a, b *Group) int {
	for at := range min(len(a.order), len(b.order)) {
		compared := 0
		switch value := a.order[at].(type) {
		case int:
			compared = b.order[at].(int) - value
		case string:
			compared = strings.Compare(b.order[at].(string), value)
		}
		if compared != 0 {
			return compared
		}
	}
	return len(b.order) - len(a.order)
}
