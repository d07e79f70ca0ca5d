package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

// objects reads an input from YAML: a list of objects with their kinds, all of the namespace default unless they say otherwise.
func objects(t *testing.T, manifest string) Input {
	t.Helper()
	input := Input{
		Namespace:         "emissary",
		EndpointResolvers: map[string]bool{"pods": true},
		HasPort:           func(_, name string, port int) bool { return name == "foo" && port == 80 },
		Certificate: func(_, name string) (Certificate, error) {
			if name != "certificate" {
				return Certificate{}, fmt.Errorf("there is none")
			}
			return Certificate{Chain: []byte("chain"), Key: []byte("key")}, nil
		},
	}
	for _, document := range strings.Split(manifest, "\n---") {
		var kind metav1.TypeMeta
		read(t, document, &kind)
		switch kind.Kind {
		case "Mapping":
			input.Mappings = append(input.Mappings, named(read(t, document, &emissary.Mapping{})))
		case "Host":
			input.Hosts = append(input.Hosts, named(read(t, document, &emissary.Host{})))
		case "Listener":
			input.Listeners = append(input.Listeners, named(read(t, document, &emissary.Listener{})))
		case "Module":
			input.Modules = append(input.Modules, read(t, document, &emissary.Module{}))
		}
	}
	return input
}

func named[T metav1.Object](object T) T {
	if object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	object.SetUID(types.UID(object.GetNamespace() + "/" + object.GetName()))
	return object
}

func read[T any](t *testing.T, document string, into T) T {
	t.Helper()
	if err := yaml.Unmarshal([]byte(document), into); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return into
}

// mappings makes Mappings a, b, c.. of specs.
func mappings(t *testing.T, specs ...string) *Model {
	t.Helper()
	var manifest []string
	for at, spec := range specs {
		manifest = append(manifest, fmt.Sprintf("{kind: Mapping, metadata: {name: %c}, spec: {%s}}", 'a'+at, spec))
	}
	return Build(objects(t, strings.Join(manifest, "\n---")))
}

func errorsOf(model *Model) string {
	var lines []string
	for _, entry := range model.Report.Errors {
		lines = append(lines, entry.Key+": "+entry.Text)
	}
	return strings.Join(lines, "\n")
}

func TestWeightsBecomeCumulativeBounds(t *testing.T) {
	for _, row := range []struct {
		weights []string
		want    string
		mistake string
	}{
		{[]string{"weight: 0"}, "a100", ""},
		{[]string{"weight: 150"}, "a100", ""},
		{[]string{"", "weight: 10"}, "b10 a100", ""},
		{[]string{"", "weight: 20", "weight: 30"}, "b20 c50 a100", ""},
		{[]string{"", "", "weight: 10"}, "c10 a55 b100", ""},
		{[]string{"", "", ""}, "a33 b66 c100", ""},
		{[]string{"", "weight: 100"}, "b100 a100", ""},
		{[]string{"weight: 30", "weight: 30"}, "a30 b60", ""},
		{[]string{"weight: 60", "weight: 60"}, "a60 b120", "Total weight of mappings exceeds 100"},
		{[]string{"weight: 60", "", "weight: 60"}, "a60 b0 c120", "Could not normalize mapping weights, ignoring"},
		{[]string{"weight: 20", "weight: 150", "weight: 5"}, "a20 b0 c0", "Mapping b has invalid weight 150"},
		{[]string{"", "weight: 0"}, "b0 a100", ""},
	} {
		var specs []string
		for _, weight := range row.weights {
			spec := `hostname: "*", prefix: /, service: foo`
			if weight != "" {
				spec += ", " + weight
			}
			specs = append(specs, spec)
		}
		model := mappings(t, specs...)
		var got []string
		for _, mapping := range model.Groups[0].Mappings {
			got = append(got, fmt.Sprintf("%s%d", mapping.Name.Name, mapping.Below))
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%v: %v, not %s", row.weights, got, row.want)
		}
		if errors := errorsOf(model); !strings.Contains(errors, row.mistake) || (row.mistake == "") != (errors == "") {
			t.Errorf("%v: errors %q", row.weights, errors)
		}
	}
}

func TestGroupsAreAskedFromTheMostConstrained(t *testing.T) {
	model := mappings(t,
		`hostname: "*", prefix: /api/, service: foo`,
		`hostname: "*", prefix: /api/, service: foo, headers: {x-beta: "1"}`,
		`hostname: "*", prefix: /api/v1/, service: foo`,
		`hostname: "*", prefix: /, service: foo, precedence: 10`,
		`prefix: /api/, service: foo`,
		`hostname: "*", prefix: /, service: foo, precedence: -1`,
		`hostname: "*", prefix: "/(a|b)/.*", prefix_regex: true, service: foo`,
		`hostname: "*", prefix: /api/, service: foo, query_parameters: {q: "1"}`,
	)
	var order []string
	for _, group := range model.Groups {
		order = append(order, group.First().Name.Name)
	}
	if got := strings.Join(order, ""); got != "dgcbhaef" {
		t.Errorf("the order is %s", got)
	}
}

func TestMappingsShareAGroupWhateverTheirNamespace(t *testing.T) {
	model := Build(objects(t, `{kind: Mapping, metadata: {name: a}, spec: {hostname: x, prefix: /, service: foo}}
---
{kind: Mapping, metadata: {name: a, namespace: other}, spec: {hostname: x, prefix: /, service: foo}}
---
{kind: Mapping, metadata: {name: b}, spec: {hostname: y, prefix: /, service: foo}}
---
{kind: Mapping, metadata: {name: c}, spec: {hostname: x, prefix: /, service: foo, method: GET}}`))
	if len(model.Groups) != 3 {
		t.Fatalf("%d groups", len(model.Groups))
	}
	for _, group := range model.Groups {
		if group.First().Hostname == "x" && group.First().Spec.Method == "" && len(group.Mappings) != 2 {
			t.Errorf("%d Mappings share", len(group.Mappings))
		}
	}
}

func TestAGroupRefusesWhatContradictsIt(t *testing.T) {
	for _, row := range [][3]string{
		{"", "circuit_breakers: [{max_connections: 1}]", "mismatched circuit_breakers"},
		{"circuit_breakers: [{max_connections: 1}]", "", "mismatched circuit_breakers"},
		{"prefix_exact: true", "", ""},
		{"", "prefix_exact: true", "mismatched prefix_exact"},
		{"", "connect_timeout_ms: 5", "mismatched connect_timeout_ms"},
		{"", "timeout_ms: 5", ""},
		{"", "retry_policy: {retry_on: 5xx}", ""},
		{"host_redirect: true", "host_redirect: true", "as second host_redirect after a"},
		{"host_redirect: true", "", "without host_redirect after a with host_redirect"},
		{"", "host_redirect: true", "with host_redirect after mappings without host_redirect (eg a)"},
	} {
		specs := []string{`hostname: "*", prefix: /, service: foo`, `hostname: "*", prefix: /, service: foo`}
		for at := range specs {
			if row[at] != "" {
				specs[at] += ", " + row[at]
			}
		}
		model := mappings(t, specs...)
		if got := errorsOf(model); !strings.Contains(got, row[2]) || (row[2] == "") != (got == "") {
			t.Errorf("%v: %q", row, got)
		}
		dropped := model.Report.Mappings[types.NamespacedName{Namespace: "default", Name: "b"}].Dropped
		if dropped != (row[2] != "") {
			t.Errorf("%v: the second Mapping is dropped: %v", row, dropped)
		}
	}
}

func TestAGroupSharesWhatItsLastMappingStates(t *testing.T) {
	model := mappings(t,
		`hostname: "*", prefix: /, service: foo, retry_policy: {retry_on: 5xx}, add_request_headers: {x: {value: a}, z: {value: a}}, regex_rewrite: {pattern: a}`,
		`hostname: "*", prefix: /, service: foo, add_request_headers: {x: {value: b}}, use_websocket: true, add_linkerd_headers: true`,
	)
	group := model.Groups[0]
	if group.RetryPolicy == nil || group.RegexRewrite != nil || !slices.Equal(group.AllowUpgrade, []string{"websocket"}) {
		t.Errorf("%+v", group)
	}
	headers := group.AddRequestHeaders
	if headers["x"].Value != "b" || headers["z"].Value != "a" || headers["l5d-dst-override"].Value != "foo.default:80" {
		t.Errorf("%v", headers)
	}
}

func TestAMistakeLeavesTheMappingOut(t *testing.T) {
	for fields, mistake := range map[string]string{
		"resolver: nope":                                                                       "resolver nope is unknown!",
		"load_balancer: {policy: round_robin}":                                                 "No load_balancer setting is allowed with the KubernetesServiceResolver",
		"resolver: endpoint, load_balancer: {policy: ring_hash}":                               "Invalid load_balancer specified",
		"resolver: endpoint, load_balancer: {policy: round_robin, header: x}":                  "Invalid load_balancer specified",
		"resolver: endpoint, load_balancer: {policy: maglev, header: x, source_ip: true}":      "Invalid load_balancer specified",
		"resolver: pods, load_balancer: {policy: maglev, source_ip: true}":                     "",
		"resolver: kubernetes-endpoint, load_balancer: {policy: ring_hash, cookie: {name: c}}": "",
		"retry_policy: {retry_on: '5xx,reset'}":                                                "Invalid retry policy specified",
		"retry_policy: {retry_on: 5xx, per_try_timeout: '5'}":                                  "is not written in seconds",
		"retry_policy: {retry_on: 5xx, per_try_timeout: 0.5s}":                                 "",
		"host: '*.x'":                  "host exact-match *.x contains *",
		"headers: {':authority': '*'}": ":authority exact-match '*' contains *",
		"regex_headers: {x: '('}":      "missing closing",
		"host: '(', host_regex: true":  "missing closing",
		"outlier_detection: x":         "outlier_detection is not supported",
		"shadow: true":                 "does not mirror",
		"error_response_overrides: [{on_status_code: 500, body: {text_format_source: {filename: x}}}]": "text_format_source",
		"error_response_overrides: [{on_status_code: 500, body: {content_type: x}}]":                   "could not find a valid format",
		"host_rewrite: x, auto_host_rewrite: false":                                                    "auto_host_rewrite and host_rewrite",
	} {
		model := mappings(t, "prefix: /, service: foo, "+fields)
		if got := errorsOf(model); mistake == "" && got != "" || !strings.Contains(got, mistake) {
			t.Errorf("%s: %q", fields, got)
		}
		if left := len(model.Groups) == 0; left != (mistake != "") {
			t.Errorf("%s: left out: %v", fields, left)
		}
	}
}

func TestWhatHasNoEffectIsNamed(t *testing.T) {
	for fields, words := range map[string]string{
		"docs: {ignored: true}":                                    "docs has no effect",
		"keepalive: {idle_time: 5}":                                "keepalive.idle_time has no effect",
		"labels: {ambassador: [{a: [{generic_key: {value: x}}]}]}": "labels has no effect without a RateLimitService",
		"bypass_auth: true":                                        "bypass_auth has no effect",
		"path_redirect: /x":                                        "without host_redirect: true",
		"rewrite: /x, regex_rewrite: {pattern: a}":                 "Cannot specify both rewrite and regex_rewrite",
		"host: y, hostname: x":                                     "using hostname and ignoring host",
		"dns_type: lunar":                                          "dns_type lunar is not known",
		"health_checks: [{health_check: {http: {path: /}}}]":       "health_checks are not made",
	} {
		model := mappings(t, "prefix: /, service: foo, "+fields)
		state := model.Report.Mappings[types.NamespacedName{Namespace: "default", Name: "a"}]
		if state.Dropped || !strings.Contains(strings.Join(state.Reasons, "\n"), words) {
			t.Errorf("%s: %+v", fields, state)
		}
	}
	model := mappings(t, "prefix: /, service: foo, host_redirect: true, path_redirect: /x, prefix_redirect: /y")
	if got := errorsOf(model); !strings.Contains(got, "Using path_redirect and ignoring prefix_redirect") {
		t.Error(got)
	}
}

func TestAnotherIngresssObjectsAreIgnored(t *testing.T) {
	model := mappings(t, "prefix: /, service: foo, ambassador_id: [other]", "prefix: /, service: foo, ambassador_id: [other, default]")
	if len(model.Groups) != 1 || len(model.Report.Mappings) != 1 {
		t.Errorf("%d groups", len(model.Groups))
	}
}

func TestTheModuleSetsDefaults(t *testing.T) {
	model := Build(objects(t, `{kind: Module, metadata: {name: ambassador, namespace: emissary}, spec: {config: {resolver: endpoint, add_linkerd_headers: true, lua_scripts: x}}}
---
{kind: Module, metadata: {name: ambassador, namespace: other}, spec: {config: {resolver: nope}}}
---
{kind: Mapping, metadata: {name: a}, spec: {prefix: /, service: foo}}`))
	mapping := model.Groups[0].First()
	if !mapping.Endpoints || model.Groups[0].AddRequestHeaders["l5d-dst-override"].Value != "foo.default:80" {
		t.Errorf("%+v", mapping)
	}
	if got := errorsOf(model); !strings.Contains(got, "lua_scripts") || len(model.Report.Notices) < 1 {
		t.Error(got)
	}
}
