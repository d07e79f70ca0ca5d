package model

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
)

// wouldStop ends the words about a mistake that only Envoy notices: with the real one nobody's changes take effect any more.
const wouldStop = "; with Emissary itself no change of anybody would take effect until this is mended, here only this Mapping is left out"

// retryCauses are the values of retry_on that Emissary takes, one at a time.
var retryCauses = []string{"5xx", "gateway-error", "connect-failure", "retriable-4xx", "refused-stream", "retriable-status-codes"}

// seconds is how Envoy's JSON writes a duration.
var seconds = regexp.MustCompile(`^\d+(\.\d{1,9})?s$`)

// checkUnsupported refuses what would change where requests go, and is not done here.
func checkUnsupported(mapping *Mapping) error {
	spec := mapping.Spec
	switch {
	case spec.OutlierDetection != "":
		return errors.New("outlier_detection is not supported")
	case Is(spec.Shadow):
		return errors.New("this stand-in does not mirror requests, so it leaves out a Mapping with shadow")
	case spec.TLS != "":
		return errors.New("this stand-in does not know TLSContexts, so it leaves out a Mapping with tls; a service that begins with https:// works")
	case spec.AutoHostRewrite != nil && spec.HostRewrite != "":
		return errors.New("auto_host_rewrite and host_rewrite together are refused by Envoy" + wouldStop)
	}
	return nil
}

// remarkFields names the fields that the definition allows and nothing acts on.
func (b *builder) remarkFields(mapping *Mapping) {
	spec := mapping.Spec
	for field, set := range map[string]bool{
		"envoy_override":      spec.EnvoyOverride != nil,
		"modules":             spec.Modules != nil,
		"docs":                spec.Docs != nil,
		"keepalive.idle_time": spec.KeepAlive != nil && spec.KeepAlive.IdleTime != nil,
	} {
		if set {
			b.report.notice(mapping.Name, "%s has no effect in Emissary 3.9, and none here", field)
		}
	}
	for field, set := range map[string]bool{
		"labels":                  len(spec.Labels) > 0,
		"bypass_auth":             Is(spec.BypassAuth),
		"auth_context_extensions": len(spec.AuthContextExtensions) > 0,
	} {
		if set {
			b.report.notice(mapping.Name, "%s has no effect without a RateLimitService or AuthService, which this stand-in does not know", field)
		}
	}
	if len(spec.HealthChecks) > 0 {
		b.report.notice(mapping.Name, "health_checks are not made by this stand-in; Emissary makes them with an endpoint resolver alone")
	}
	if spec.EnableIPv4 != nil || spec.EnableIPv6 != nil {
		b.report.notice(mapping.Name, "enable_ipv4 and enable_ipv6 are ignored by this stand-in, which uses IPv4")
	}
	if kind := strings.ToLower(spec.DNSType); kind != "" && kind != "strict_dns" && kind != "logical_dns" {
		b.report.notice(mapping.Name, "dns_type %s is not known, strict_dns is used", spec.DNSType)
	}
	if spec.Hostname != "" && spec.DeprecatedHost != "" {
		b.report.notice(mapping.Name, "both host and hostname are set, using hostname and ignoring host")
	}
	b.remarkRewrites(mapping)
}

func (b *builder) remarkRewrites(mapping *Mapping) {
	spec := mapping.Spec
	if spec.RegexRewrite != nil && spec.Rewrite != nil && *spec.Rewrite != "" && *spec.Rewrite != "/" {
		b.report.notice(mapping.Name, "Cannot specify both rewrite and regex_rewrite: using regex_rewrite and ignoring rewrite")
	}
	redirects := redirectsOf(spec)
	if !Is(spec.HostRedirect) && (len(redirects) > 0 || spec.RedirectResponseCode != nil) {
		b.report.notice(mapping.Name, "without host_redirect: true the other fields of a redirect are ignored, and requests are passed on")
	}
	for _, ignored := range redirects[min(1, len(redirects)):] {
		b.report.fail(mapping.Name, "Cannot specify both %s and %s. Using %s and ignoring %s.", redirects[0], ignored, redirects[0], ignored)
	}
}

func checkLoadBalancer(mapping *Mapping) error {
	balancer := mapping.Spec.LoadBalancer
	if balancer == nil {
		return nil
	}
	keys := 0
	for _, given := range []bool{balancer.Cookie != nil, balancer.Header != "", balancer.SourceIp != nil} {
		if given {
			keys++
		}
	}
	sticky := balancer.Policy == "ring_hash" || balancer.Policy == "maglev"
	named := balancer.Cookie == nil || balancer.Cookie.Name != ""
	if sticky && (keys != 1 || !named) || !sticky && keys != 0 {
		return fmt.Errorf("Invalid load_balancer specified: %s, invalidating mapping", asJSON(balancer))
	}
	return nil
}

func checkRetries(mapping *Mapping) error {
	policy := mapping.Spec.RetryPolicy
	if policy == nil {
		return nil
	}
	if !slices.Contains(retryCauses, policy.RetryOn) {
		return fmt.Errorf("Invalid retry policy specified: %s", asJSON(policy))
	}
	if policy.PerTryTimeout != "" && !seconds.MatchString(policy.PerTryTimeout) {
		return fmt.Errorf("per_try_timeout %q is not written in seconds, as in 0.5s%s", policy.PerTryTimeout, wouldStop)
	}
	return nil
}

func checkOverrides(mapping *Mapping) error {
	for _, override := range mapping.Spec.ErrorResponseOverrides {
		if override.Body.ErrorResponseTextFormatSource != nil {
			return errors.New("error_response_overrides: this stand-in has no files for text_format_source; text_format and json_format work")
		}
		if override.Body.ErrorResponseTextFormat == nil && override.Body.ErrorResponseJsonFormat == nil {
			return errors.New("IRErrorResponse: could not find a valid format field in body")
		}
	}
	return nil
}

// checkRegexes tries each expression; what this misses, Envoy refuses.
func checkRegexes(mapping *Mapping) error {
	spec := mapping.Spec
	expressions := map[string]string{}
	if Is(spec.PrefixRegex) {
		expressions["prefix"] = spec.Prefix
	}
	if mapping.HostRegex {
		expressions["host"] = mapping.Hostname
	}
	if Is(spec.MethodRegex) {
		expressions["method"] = spec.Method
	}
	for field, value := range map[string]*emissary.RegexMap{"regex_rewrite": spec.RegexRewrite, "regex_redirect": spec.RegexRedirect} {
		if value != nil {
			expressions[field] = value.Pattern
		}
	}
	for name, value := range spec.RegexHeaders {
		expressions["regex_headers."+name] = value
	}
	for name, value := range spec.RegexQueryParameters {
		expressions["regex_query_parameters."+name] = value
	}
	for field, expression := range expressions {
		if _, err := regexp.Compile(expression); err != nil {
			return fmt.Errorf("%s: %v%s", field, err, wouldStop)
		}
	}
	return nil
}
