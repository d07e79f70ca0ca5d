package translate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

const (
	cleartext = "{port: 8080, protocol: HTTP, securityModel: %s, hostBinding: {namespace: {from: ALL}}}"
	plainHost = `{hostname: "*", requestPolicy: {insecure: {action: %s}}}`
)

// translated makes a Listener of the security model, a Host of the action, and Mappings a, b, c.. of the specs.
func translated(t *testing.T, security, action string, specs ...string) (*model.Model, Result) {
	t.Helper()
	input := model.Input{
		Namespace: "emissary",
		Listeners: []*emissary.Listener{{Spec: read(t, fmt.Sprintf(cleartext, security), &emissary.ListenerSpec{})}},
		Hosts:     []*emissary.Host{{Spec: read(t, fmt.Sprintf(plainHost, action), &emissary.HostSpec{})}},
		HasPort:   func(string, string, int) bool { return true },
	}
	for at, spec := range specs {
		mapping := &emissary.Mapping{Spec: *read(t, "{"+spec+"}", &emissary.MappingSpec{})}
		mapping.Name, mapping.Namespace = string(rune('a'+at)), "default"
		mapping.UID = types.UID(mapping.Name)
		input.Mappings = append(input.Mappings, mapping)
	}
	made := model.Build(input)
	result, err := Translate(made, func(namespace, service string, port int) []Address {
		return []Address{{IP: "10.1.2.3", Port: uint32(port) + 8000}}
	})
	if err != nil {
		t.Fatal(err)
	}
	return made, result
}

func read[T any](t *testing.T, document string, into T) T {
	t.Helper()
	if err := yaml.Unmarshal([]byte(document), into); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return into
}

func asText(t *testing.T, message proto.Message) string {
	t.Helper()
	content, err := protojson.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.ReplaceAll(string(content), " ", ""), `"`, "'")
}

func TestAMappingsFieldsBecomeARoute(t *testing.T) {
	for fields, parts := range map[string][]string{
		"prefix: /p/":                                             {"'prefix':'/p/'", "'timeout':'3s'", "'prefixRewrite':'/'"},
		"prefix: /p/, rewrite: ''":                                {"'prefix':'/p/'", "-prefixRewrite"},
		"prefix: /p/, rewrite: /q":                                {"'prefixRewrite':'/q'"},
		"prefix: /p, prefix_exact: true":                          {"'path':'/p'"},
		"prefix: '/(a|b)', prefix_regex: true":                    {"'safeRegex':{'regex':'/(a|b)'}"},
		"prefix: /, case_sensitive: false":                        {"'caseSensitive':false"},
		"prefix: /, method: PUT":                                  {"{'name':':method','stringMatch':{'exact':'PUT'}}"},
		"prefix: /, method: 'P.*', method_regex: true":            {"{'name':':method','stringMatch':{'safeRegex':{'regex':'P.*'}}}"},
		"prefix: /, headers: {x: v}":                              {"{'name':'x','stringMatch':{'exact':'v'}}"},
		"prefix: /, regex_headers: {x: '.*'}":                     {"{'name':'x','stringMatch':{'safeRegex':{'regex':'.*'}}}"},
		"prefix: /, query_parameters: {q: v}":                     {"'queryParameters':[{'name':'q','stringMatch':{'exact':'v'}}]"},
		"prefix: /, regex_query_parameters: {q: v}":               {"'stringMatch':{'safeRegex':{'regex':'v'}}"},
		"prefix: /, timeout_ms: 0":                                {"'timeout':'0s'"},
		"prefix: /, timeout_ms: 250, idle_timeout_ms: 5":          {"'timeout':'0.250s'", "'idleTimeout':'0.005s'"},
		"prefix: /, host_rewrite: h":                              {"'hostRewriteLiteral':'h'"},
		"prefix: /, auto_host_rewrite: true":                      {"'autoHostRewrite':true"},
		"prefix: /, regex_rewrite: {pattern: a, substitution: b}": {"'regexRewrite':{'pattern':{'regex':'a'},'substitution':'b'}", "-prefixRewrite"},
		"prefix: /, retry_policy: {retry_on: 5xx, num_retries: 4, per_try_timeout: 0.5s}":                     {"'retryPolicy':{'retryOn':'5xx','numRetries':4,'perTryTimeout':'0.500s'}"},
		"prefix: /, allow_upgrade: [websocket]":                                                               {"'upgradeConfigs':[{'upgradeType':'websocket'}]"},
		"prefix: /, priority: high":                                                                           {"'priority':'HIGH'"},
		"prefix: /, add_request_headers: {x: {value: v}}":                                                     {"'requestHeadersToAdd':[{'header':{'key':'x','value':'v'}}]"},
		"prefix: /, add_response_headers: {x: {value: v, append: false}}":                                     {"'appendAction':'OVERWRITE_IF_EXISTS_OR_ADD'"},
		"prefix: /, remove_request_headers: [x], remove_response_headers: [z]":                                {"'requestHeadersToRemove':['x']", "'responseHeadersToRemove':['z']"},
		"prefix: /, host_redirect: true":                                                                      {"'redirect':{'hostRedirect':'foo.default'}", "-'route'"},
		"prefix: /, host_redirect: true, path_redirect: /x, redirect_response_code: 307":                      {"'pathRedirect':'/x'", "'responseCode':'TEMPORARY_REDIRECT'"},
		"prefix: /, host_redirect: true, prefix_redirect: /x":                                                 {"'prefixRewrite':'/x'"},
		"prefix: /, resolver: endpoint, load_balancer: {policy: maglev, cookie: {name: c, ttl: 5s, path: /}}": {"'hashPolicy':[{'cookie':{'name':'c','ttl':'5s','path':'/'}}]"},
		"prefix: /, resolver: endpoint, load_balancer: {policy: ring_hash, source_ip: true}":                  {"'connectionProperties':{'sourceIp':true}"},
		"prefix: /, cors: {origins: [o], methods: [GET, PUT], credentials: true}":                             {"'allowMethods':'GET,PUT'", "'allowCredentials':true", "{'exact':'o'}"},
		"prefix: /, error_response_overrides: [{on_status_code: 503, body: {text_format: sorry}}]":            {"'503':{'action'", "'inlineString':'sorry'"},
	} {
		_, result := translated(t, "XFP", "Route", `hostname: "*", service: foo, `+fields)
		routes := result.Configuration.Routes[0].VirtualHosts[0].Routes
		if len(routes) != 1 {
			t.Fatalf("%s: %d routes", fields, len(routes))
		}
		got := asText(t, routes[0])
		for _, part := range parts {
			absent, unwanted := strings.CutPrefix(part, "-")
			if unwanted && strings.Contains(got, absent) || !unwanted && !strings.Contains(got, part) {
				t.Errorf("%s: %s, %s", fields, part, got)
			}
		}
	}
}

func TestAMappingsFieldsBecomeACluster(t *testing.T) {
	for fields, parts := range map[string][]string{
		"service: foo":                          {"'type':'STRICT_DNS'", "'connectTimeout':'3s'", "'address':'foo.default','portValue':80", "'altStatName':'foo_default'", "-transportSocket"},
		"service: https://foo":                  {"'portValue':443", "UpstreamTlsContext"},
		"service: foo, dns_type: logical_dns":   {"'type':'LOGICAL_DNS'"},
		"service: foo, resolver: endpoint":      {"'type':'EDS'", "'serviceName':'k8s/default/foo/80'"},
		"service: foo, stats_name: mine":        {"'altStatName':'mine'"},
		"service: foo, grpc: true":              {"'http2ProtocolOptions':{}"},
		"service: foo, connect_timeout_ms: 100": {"'connectTimeout':'0.100s'"},
		"service: foo, cluster_idle_timeout_ms: 100, cluster_max_connection_lifetime_ms: 200": {"'idleTimeout':'0.100s'", "'maxConnectionDuration':'0.200s'"},
		"service: foo, keepalive: {probes: 3, interval: 4}":                                   {"'tcpKeepalive':{'keepaliveProbes':3,'keepaliveInterval':4}"},
		"service: foo, circuit_breakers: [{priority: high, max_connections: 1, max_pending_requests: 2, max_requests: 3, max_retries: 4}]": {
			"'thresholds':[{'priority':'HIGH','maxConnections':1,'maxPendingRequests':2,'maxRequests':3,'maxRetries':4}]"},
		"service: foo, resolver: endpoint, load_balancer: {policy: least_request}": {"'lbPolicy':'LEAST_REQUEST'"},
	} {
		_, result := translated(t, "XFP", "Route", `hostname: "*", prefix: /, `+fields)
		made := result.Configuration.Clusters[0]
		got := asText(t, made)
		for _, part := range parts {
			absent, unwanted := strings.CutPrefix(part, "-")
			if unwanted && strings.Contains(got, absent) || !unwanted && !strings.Contains(got, part) {
				t.Errorf("%s: %s, %s", fields, part, got)
			}
		}
		if len(made.Name) > longestName {
			t.Errorf("%s has %d characters", made.Name, len(made.Name))
		}
	}
}

func TestEndpointsAreTheServicesReadyPods(t *testing.T) {
	_, result := translated(t, "XFP", "Route", `hostname: "*", prefix: /a, service: "foo:90", resolver: endpoint`, `hostname: "*", prefix: /b, service: "foo:90", resolver: endpoint`)
	if len(result.Configuration.Endpoints) != 1 || len(result.Configuration.Clusters) != 1 {
		t.Fatalf("%d assignments, %d clusters", len(result.Configuration.Endpoints), len(result.Configuration.Clusters))
	}
	if got := asText(t, result.Configuration.Endpoints[0]); !strings.Contains(got, "'address':'10.1.2.3','portValue':8090") {
		t.Error(got)
	}
}

// The security model and the Host's policy decide which routes a Mapping becomes, and in which order.
func TestSecurityDecidesTheVariants(t *testing.T) {
	for _, row := range [][3]string{
		{"XFP", "Route", "route"},
		{"XFP", "Redirect", "https:route redirect"},
		{"XFP", "Reject", "https:route"},
		{"SECURE", "Redirect", "route"},
		{"SECURE", "Reject", "route"},
		{"INSECURE", "Route", "route"},
		{"INSECURE", "Redirect", "redirect"},
		{"INSECURE", "Reject", ""},
	} {
		_, result := translated(t, row[0], row[1], `hostname: "*", prefix: /, service: foo`)
		if got := variantsOf(result); got != row[2] {
			t.Errorf("%s, %s: %q, not %q", row[0], row[1], got, row[2])
		}
	}
	_, result := translated(t, "XFP", "Redirect", `hostname: "*", prefix: /.well-known/acme-challenge/x, service: foo`)
	if got := variantsOf(result); got != "route" {
		t.Errorf("for certificates: %q", got)
	}
}

func variantsOf(result Result) string {
	var got []string
	if len(result.Configuration.Routes) == 0 {
		return ""
	}
	for _, route := range result.Configuration.Routes[0].VirtualHosts[0].Routes {
		kind := "route"
		if route.GetRedirect() != nil {
			kind = "redirect"
		}
		for _, header := range route.Match.Headers {
			if header.Name == forwardedProto {
				kind = header.GetStringMatch().GetExact() + ":" + kind
			}
		}
		got = append(got, kind)
	}
	return strings.Join(got, " ")
}

func TestWeightsBecomeFractions(t *testing.T) {
	_, result := translated(t, "XFP", "Route", `hostname: "*", prefix: /, service: a`, `hostname: "*", prefix: /, service: b, weight: 20`)
	var got []uint32
	for _, route := range result.Configuration.Routes[0].VirtualHosts[0].Routes {
		got = append(got, route.Match.RuntimeFraction.DefaultValue.Numerator)
	}
	if !slices.Equal(got, []uint32{20, 100}) {
		t.Errorf("%v", got)
	}
}

func TestARouteThatBreaksTheAPIsRulesIsRefusedAlone(t *testing.T) {
	_, result := translated(t, "XFP", "Route", `hostname: "*", prefix: /, service: foo`, `hostname: "*", prefix: /b, service: foo, add_request_headers: {"a\nb": {value: v}}`)
	if result.Refused["b"] == "" || result.Refused["a"] != "" {
		t.Errorf("%v", result.Refused)
	}
}

func TestTheSameObjectsMakeTheSameConfiguration(t *testing.T) {
	specs := []string{
		`hostname: "*", prefix: /, service: foo, headers: {a: b, c: d, e: f}, add_request_headers: {g: {value: h}, i: {value: j}}`,
		`hostname: "x", prefix: /, service: bar, resolver: endpoint, error_response_overrides: [{on_status_code: 500, body: {json_format: {k: l, m: n}}}]`,
	}
	var first *routev3.RouteConfiguration
	for range 20 {
		_, result := translated(t, "XFP", "Redirect", specs...)
		if first != nil && !proto.Equal(first, result.Configuration.Routes[0]) {
			t.Fatal("two translations differ")
		}
		first = result.Configuration.Routes[0]
	}
}
