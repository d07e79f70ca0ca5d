package translate

import (
	"maps"
	"slices"
	"strings"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	matcherv3 "github.com/envoyproxy/go-control-plane/envoy/type/matcher/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

// forwardedProto is the header in which Envoy says whether a request came by TLS.
const forwardedProto = "x-forwarded-proto"

// acmePrefix is always routed, so that certificates can be had before there is TLS.
const acmePrefix = "/.well-known/acme-challenge/"

// routes makes a group's routes on a Host, once or, where secure requests fare otherwise than insecure ones, twice.
func (t *translator) routes(listener *model.Listener, host *model.Host, group *model.Group) []*routev3.Route {
	mappings := group.Mappings
	if group.Redirect != nil {
		mappings = []*model.Mapping{group.Redirect}
	}
	var made []*routev3.Route
	for _, mapping := range mappings {
		route, known := t.routesOf[mapping]
		if !known {
			route = t.route(group, mapping)
			if err := route.ValidateAll(); err != nil {
				t.refused[mapping.UID] = err.Error()
			}
			t.routesOf[mapping] = route
		}
		made = append(made, variants(route, insecureAction(listener, host, group), listener.Security == "XFP")...)
	}
	return made
}

// insecureAction is what becomes of a request that is not secure by the Listener's model.
func insecureAction(listener *model.Listener, host *model.Host, group *model.Group) string {
	if listener.Security == "SECURE" || strings.HasPrefix(group.First().Spec.Prefix, acmePrefix) {
		return model.Route
	}
	return host.Insecure
}

func variants(route *routev3.Route, insecure string, byHeader bool) []*routev3.Route {
	var made []*routev3.Route
	if byHeader && insecure != model.Route {
		secure := proto.CloneOf(route)
		secure.Match.Headers = append(secure.Match.Headers, header(model.Matcher{Name: forwardedProto, Value: "https"}))
		made = append(made, secure)
	}
	switch insecure {
	case model.Route:
		made = append(made, route)
	case model.Redirect:
		redirect := proto.CloneOf(route)
		redirect.Action = &routev3.Route_Redirect{Redirect: &routev3.RedirectAction{
			SchemeRewriteSpecifier: &routev3.RedirectAction_HttpsRedirect{HttpsRedirect: true},
		}}
		made = append(made, redirect)
	}
	return made
}

func (t *translator) route(group *model.Group, mapping *model.Mapping) *routev3.Route {
	made := &routev3.Route{
		Name:                    mapping.Name.String(),
		Match:                   match(group, mapping),
		RequestHeadersToAdd:     addedHeaders(group.AddRequestHeaders),
		RequestHeadersToRemove:  group.RemoveRequestHeaders,
		ResponseHeadersToAdd:    addedHeaders(group.AddResponseHeaders),
		ResponseHeadersToRemove: group.RemoveResponseHeaders,
		TypedPerFilterConfig:    filters(group, mapping),
	}
	if group.Redirect != nil {
		made.Action = &routev3.Route_Redirect{Redirect: redirect(mapping)}
	} else {
		made.Action = &routev3.Route_Route{Route: t.action(group, mapping)}
	}
	return made
}

// match is the condition on a request. The group's first Mapping decides how the path is compared.
func match(group *model.Group, mapping *model.Mapping) *routev3.RouteMatch {
	spec, first := mapping.Spec, group.First().Spec
	made := &routev3.RouteMatch{}
	switch {
	case model.Is(first.PrefixRegex):
		made.PathSpecifier = &routev3.RouteMatch_SafeRegex{SafeRegex: regex(spec.Prefix)}
	case model.Is(first.PrefixExact):
		made.PathSpecifier = &routev3.RouteMatch_Path{Path: spec.Prefix}
	default:
		made.PathSpecifier = &routev3.RouteMatch_Prefix{Prefix: spec.Prefix}
	}
	if spec.CaseSensitive != nil {
		made.CaseSensitive = wrapperspb.Bool(*spec.CaseSensitive)
	}
	for _, matcher := range group.First().Headers {
		if matcher.Name != ":authority" || matcher.Value != "*" || matcher.Regex {
			made.Headers = append(made.Headers, header(matcher))
		}
	}
	for _, matcher := range group.First().Query {
		made.QueryParameters = append(made.QueryParameters, &routev3.QueryParameterMatcher{
			Name:                         matcher.Name,
			QueryParameterMatchSpecifier: &routev3.QueryParameterMatcher_StringMatch{StringMatch: stringMatch(matcher)},
		})
	}
	if group.Redirect == nil && (mapping.Below != 100 || len(group.Mappings) > 1) {
		made.RuntimeFraction = &corev3.RuntimeFractionalPercent{
			DefaultValue: &typev3.FractionalPercent{Numerator: uint32(max(0, mapping.Below)), Denominator: typev3.FractionalPercent_HUNDRED},
		}
	}
	return made
}

func regex(expression string) *matcherv3.RegexMatcher {
	return &matcherv3.RegexMatcher{Regex: expression}
}

func stringMatch(matcher model.Matcher) *matcherv3.StringMatcher {
	if matcher.Regex {
		return &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_SafeRegex{SafeRegex: regex(matcher.Value)}}
	}
	return &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Exact{Exact: matcher.Value}}
}

// header compares a header; the value for :authority is a glob.
func header(matcher model.Matcher) *routev3.HeaderMatcher {
	condition := stringMatch(matcher)
	if matcher.Name == ":authority" && !matcher.Regex {
		if suffix, found := strings.CutPrefix(matcher.Value, "*"); found {
			condition = &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Suffix{Suffix: suffix}}
		} else if prefix, found := strings.CutSuffix(matcher.Value, "*"); found {
			condition = &matcherv3.StringMatcher{MatchPattern: &matcherv3.StringMatcher_Prefix{Prefix: prefix}}
		}
	}
	return &routev3.HeaderMatcher{
		Name:                 matcher.Name,
		HeaderMatchSpecifier: &routev3.HeaderMatcher_StringMatch{StringMatch: condition},
	}
}

func addedHeaders(headers map[string]emissary.AddedHeader) []*corev3.HeaderValueOption {
	var made []*corev3.HeaderValueOption
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		action := corev3.HeaderValueOption_APPEND_IF_EXISTS_OR_ADD
		if headers[name].Append != nil && !*headers[name].Append {
			action = corev3.HeaderValueOption_OVERWRITE_IF_EXISTS_OR_ADD
		}
		made = append(made, &corev3.HeaderValueOption{
			Header: &corev3.HeaderValue{Key: name, Value: headers[name].Value}, AppendAction: action,
		})
	}
	return made
}

func redirect(mapping *model.Mapping) *routev3.RedirectAction {
	spec := mapping.Spec
	made := &routev3.RedirectAction{HostRedirect: mapping.Service.Text}
	switch {
	case spec.PathRedirect != "":
		made.PathRewriteSpecifier = &routev3.RedirectAction_PathRedirect{PathRedirect: spec.PathRedirect}
	case spec.PrefixRedirect != "":
		made.PathRewriteSpecifier = &routev3.RedirectAction_PrefixRewrite{PrefixRewrite: spec.PrefixRedirect}
	case spec.RegexRedirect != nil:
		made.PathRewriteSpecifier = &routev3.RedirectAction_RegexRewrite{RegexRewrite: rewriting(spec.RegexRedirect)}
	}
	if spec.RedirectResponseCode != nil {
		made.ResponseCode = map[int]routev3.RedirectAction_RedirectResponseCode{
			302: routev3.RedirectAction_FOUND, 303: routev3.RedirectAction_SEE_OTHER,
			307: routev3.RedirectAction_TEMPORARY_REDIRECT, 308: routev3.RedirectAction_PERMANENT_REDIRECT,
		}[*spec.RedirectResponseCode]
	}
	return made
}

func rewriting(rule *emissary.RegexMap) *matcherv3.RegexMatchAndSubstitute {
	return &matcherv3.RegexMatchAndSubstitute{Pattern: regex(rule.Pattern), Substitution: rule.Substitution}
}

// action says where a request goes and how long, how often and how it is rewritten.
func (t *translator) action(group *model.Group, mapping *model.Mapping) *routev3.RouteAction {
	spec := mapping.Spec
	made := &routev3.RouteAction{
		ClusterSpecifier: &routev3.RouteAction_Cluster{Cluster: t.cluster(mapping)},
		Timeout:          durationpb.New(timeout(spec)),
		RetryPolicy:      retries(group.RetryPolicy),
		HashPolicy:       hashing(t.clusters.balancer(mapping)),
	}
	if spec.IdleTimeout != nil {
		made.IdleTimeout = durationpb.New(spec.IdleTimeout.Duration)
	}
	switch {
	case group.RegexRewrite != nil && group.RegexRewrite.Pattern != "":
		made.RegexRewrite = rewriting(group.RegexRewrite)
	case spec.RegexRewrite != nil:
	case spec.Rewrite == nil:
		made.PrefixRewrite = "/"
	default:
		made.PrefixRewrite = *spec.Rewrite
	}
	if spec.HostRewrite != "" {
		made.HostRewriteSpecifier = &routev3.RouteAction_HostRewriteLiteral{HostRewriteLiteral: spec.HostRewrite}
	} else if model.Is(spec.AutoHostRewrite) {
		made.HostRewriteSpecifier = &routev3.RouteAction_AutoHostRewrite{AutoHostRewrite: wrapperspb.Bool(true)}
	}
	if strings.EqualFold(group.Priority, "high") {
		made.Priority = corev3.RoutingPriority_HIGH
	}
	for _, protocol := range group.AllowUpgrade {
		made.UpgradeConfigs = append(made.UpgradeConfigs, &routev3.RouteAction_UpgradeConfig{UpgradeType: protocol})
	}
	return made
}

func (t *translator) cluster(mapping *model.Mapping) string {
	name, err := t.clusters.of(mapping)
	if err != nil {
		t.refused[mapping.UID] = err.Error()
	}
	return name
}

func timeout(spec *emissary.MappingSpec) time.Duration {
	if spec.Timeout != nil {
		return spec.Timeout.Duration
	}
	return 3 * time.Second
}

func retries(policy *emissary.RetryPolicy) *routev3.RetryPolicy {
	if policy == nil {
		return nil
	}
	made := &routev3.RetryPolicy{RetryOn: policy.RetryOn}
	if policy.NumRetries != nil {
		made.NumRetries = wrapperspb.UInt32(uint32(max(0, *policy.NumRetries)))
	}
	if timeout, err := time.ParseDuration(policy.PerTryTimeout); err == nil {
		made.PerTryTimeout = durationpb.New(timeout)
	}
	return made
}

// hashing keeps a client with one pod.
func hashing(balancer *emissary.LoadBalancer) []*routev3.RouteAction_HashPolicy {
	if balancer == nil || (balancer.Policy != "ring_hash" && balancer.Policy != "maglev") {
		return nil
	}
	policy := &routev3.RouteAction_HashPolicy{}
	switch {
	case balancer.Cookie != nil:
		cookie := &routev3.RouteAction_HashPolicy_Cookie{Name: balancer.Cookie.Name, Path: balancer.Cookie.Path}
		if ttl, err := time.ParseDuration(balancer.Cookie.Ttl); err == nil {
			cookie.Ttl = durationpb.New(ttl)
		}
		policy.PolicySpecifier = &routev3.RouteAction_HashPolicy_Cookie_{Cookie: cookie}
	case balancer.Header != "":
		policy.PolicySpecifier = &routev3.RouteAction_HashPolicy_Header_{
			Header: &routev3.RouteAction_HashPolicy_Header{HeaderName: balancer.Header},
		}
	default:
		policy.PolicySpecifier = &routev3.RouteAction_HashPolicy_ConnectionProperties_{
			ConnectionProperties: &routev3.RouteAction_HashPolicy_ConnectionProperties{SourceIp: model.Is(balancer.SourceIp)},
		}
	}
	return []*routev3.RouteAction_HashPolicy{policy}
}
