package clustertest

import (
	"strings"
	"testing"
)

// Emissary's documentation, intro-mappings and rewrites: the prefix is plain text, and is replaced by the rewrite.
func TestAPrefixIsReplacedByItsRewrite(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("plain", "prefix: /qotm/, service: qotm")
	lab.mapping("kept", `prefix: /kept/, rewrite: "", service: qotm`)
	lab.mapping("whole", `prefix: "/(v1|v2)/qotm/.*", prefix_regex: true, rewrite: "", service: qotm`)
	lab.mapping("exact", `prefix: /exact, prefix_exact: true, rewrite: "", service: qotm`)
	lab.mapping("parts", `prefix: /rr/, service: qotm, regex_rewrite: {pattern: "/rr/([0-9]+)/list", substitution: '/bar/\1'}`)
	for path, seen := range map[string]string{
		"/qotm/today":      "/today",
		"/kept/today":      "/kept/today",
		"/v1/qotm/a":       "/v1/qotm/a",
		"/exact?q=1":       "/exact?q=1",
		"/rr/12/list/more": "/bar/12/more",
	} {
		if got := lab.awaitStatus(200, path); got.body != "GET "+lab.host+seen {
			t.Errorf("for %s the service sees %q", path, got.body)
		}
	}
	for _, path := range []string{"/qotm", "/v3/qotm/a", "/x/v1/qotm/a", "/exact/", "/EXACT", "//qotm/"} {
		if got := lab.request(path); got.status != 404 || got.body != "" {
			t.Errorf("%s answers %d %q", path, got.status, got.body)
		}
	}
}

// Emissary orders routes by precedence, then by the prefix's length, then by the other conditions' lengths.
func TestTheMostConstrainedMappingWins(t *testing.T) {
	lab := newLab(t)
	for _, name := range []string{"plain", "beta", "get", "longer", "query"} {
		lab.serve(name, &echo{name: name})
	}
	lab.mapping("plain", "prefix: /api/, service: plain")
	lab.mapping("beta", "prefix: /api/, headers: {x-beta: yes-please}, service: beta")
	lab.mapping("get", "prefix: /api/, method: POST, service: get")
	lab.mapping("longer", "prefix: /api/v1/, service: longer")
	lab.mapping("query", `prefix: /api/, regex_query_parameters: {version: "2.*"}, service: query`)
	for _, probe := range []struct {
		path, served string
		edits        []edit
	}{
		{"/api/", "plain", nil},
		{"/api/", "beta", []edit{header("x-beta", "yes-please")}},
		{"/api/", "get", []edit{method("POST")}},
		{"/api/v1/", "longer", []edit{header("x-beta", "yes-please")}},
		{"/api/?version=2.1", "query", nil},
		{"/api/?version=1", "plain", nil},
	} {
		lab.awaitServer(probe.served, probe.path, probe.edits...)
	}
	lab.mapping("first", "prefix: /, precedence: 10, service: plain")
	lab.awaitServer("plain", "/api/v1/")
}

// The documentation of headers: appended beside the client's unless append is false; removed ones do not arrive.
func TestHeadersAreAddedAndRemoved(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("headers", `prefix: /, service: qotm, add_linkerd_headers: true, remove_request_headers: [x-secret],
		add_request_headers: {x-added: {value: ours}}, remove_response_headers: [x-served-by],
		add_response_headers: {x-answer: {value: "%PROTOCOL%", append: false}}`)
	got := lab.awaitStatus(200, "/", header("X-Added", "theirs"), header("X-Secret", "s"), header("L5d-Dst-Override", "forged"))
	for _, line := range []string{"X-Added: theirs|ours", "L5d-Dst-Override: forged|qotm." + lab.namespace + ":80"} {
		if !strings.Contains(got.body, line) {
			t.Errorf("the service does not see %q: %q", line, got.body)
		}
	}
	if strings.Contains(got.body, "X-Secret") || got.header.Get("X-Served-By") != "" || got.header.Get("X-Answer") != "HTTP/1.1" {
		t.Errorf("headers %v, body %q", got.header, got.body)
	}
}

// The documentation of redirects: the host is the service, the query stays, 301 unless said otherwise.
func TestARedirectNamesHostAndPath(t *testing.T) {
	lab := newLab(t)
	lab.mapping("path", "prefix: /old/, host_redirect: true, service: example.com, path_redirect: /new, redirect_response_code: 302")
	lab.mapping("host", "prefix: /host/, host_redirect: true, service: example.com")
	lab.mapping("prefix", "prefix: /red3/path/, host_redirect: true, service: example.com, prefix_redirect: /ip")
	lab.mapping("regex", `prefix: /rx/, host_redirect: true, service: example.com, regex_redirect: {pattern: "/rx/(.*)", substitution: '/y/\1'}`)
	for _, probe := range []struct {
		path, location string
		status         int
	}{
		{"/old/a?q=1", "http://example.com/new?q=1", 302},
		{"/host/a?q=1", "http://example.com/host/a?q=1", 301},
		{"/red3/path/foo", "http://example.com/ipfoo", 301},
		{"/rx/z", "http://example.com/y/z", 301},
	} {
		if got := lab.awaitStatus(probe.status, probe.path); got.header.Get("Location") != probe.location {
			t.Errorf("%s leads to %q", probe.path, got.header.Get("Location"))
		}
	}
}

// The documentation of CORS: Envoy answers the preflight of an allowed origin; other origins are passed on without headers.
func TestCORSAnswersForAllowedOriginsAlone(t *testing.T) {
	lab := newLab(t)
	service := &echo{name: "qotm"}
	lab.serve("qotm", service)
	lab.mapping("cors", `prefix: /, service: qotm, cors: {origins: ["https://app.example"], methods: [GET, PUT], headers: [x-token], max_age: "60"}`)
	lab.awaitStatus(200, "/")
	before := service.count.Load()
	preflight := []edit{method("OPTIONS"), header("Access-Control-Request-Method", "PUT")}
	got := lab.request("/", append(preflight, header("Origin", "https://app.example"))...)
	if got.status != 200 || got.header.Get("Access-Control-Allow-Methods") != "GET, PUT" || got.header.Get("Access-Control-Max-Age") != "60" {
		t.Errorf("the preflight gets %d %v", got.status, got.header)
	}
	if service.count.Load() != before {
		t.Error("the preflight reached the service")
	}
	got = lab.request("/", append(preflight, header("Origin", "https://other.example"))...)
	if got.header.Get("Access-Control-Allow-Origin") != "" || service.count.Load() != before+1 {
		t.Errorf("a foreign origin gets %v", got.header)
	}
}

// The documentation of custom error responses: they replace the bodies of Envoy's own answers and of the service's.
func TestErrorResponsesAreReplaced(t *testing.T) {
	lab := newLab(t)
	service := &echo{name: "qotm"}
	service.status.Store(500)
	lab.serve("qotm", service)
	overrides := `error_response_overrides: [{on_status_code: 500, body: {text_format: "sorry, %RESPONSE_CODE%"}},
		{on_status_code: 503, body: {json_format: {error: "no service", code: "%RESPONSE_CODE%"}}}]`
	lab.mapping("own", "prefix: /own/, service: qotm, "+overrides)
	lab.mapping("missing", "prefix: /missing/, service: nobody, "+overrides)
	if got := lab.awaitStatus(500, "/own/"); got.body != "sorry, 500" {
		t.Errorf("the service's error is %q", got.body)
	}
	got := lab.awaitStatus(503, "/missing/")
	if !strings.Contains(got.body, `"no service"`) || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("Envoy's error is %q, %s", got.body, got.header.Get("Content-Type"))
	}
}

// awaitServer asks until this service answers.
func (l *lab) awaitServer(name, path string, edits ...edit) {
	l.Helper()
	l.await(path+" is served by "+name, func() error {
		got, err := l.try(path, edits...)
		if err == nil && got.header.Get("X-Served-By") != name {
			err = errorf("%d from %q", got.status, got.header.Get("X-Served-By"))
		}
		return err
	})
}
