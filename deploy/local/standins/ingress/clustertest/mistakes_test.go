package clustertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// A mistake in one object leaves out that object, and is named in the diagnostics and in its state.
func TestAMistakeIsNamed(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("fine", "prefix: /fine/, service: qotm")
	for name, mistake := range map[string]struct{ fields, state, text string }{
		"resolver":  {"service: qotm, resolver: nope", "Inactive", "resolver nope is unknown!"},
		"regex":     {`service: qotm, regex_headers: {x-a: "(["}`, "Inactive", "with Emissary itself no change of anybody would take effect"},
		"try":       {`service: qotm, retry_policy: {retry_on: 5xx, per_try_timeout: 500ms}`, "Inactive", "is not written in seconds"},
		"rewrites":  {"service: qotm, host_rewrite: a, auto_host_rewrite: true", "Inactive", "together are refused by Envoy"},
		"outliers":  {"service: qotm, outlier_detection: x", "Inactive", "outlier_detection is not supported"},
		"star":      {`service: qotm, host: "*.example.com"`, "", ""},
		"shadow":    {"service: qotm, shadow: true", "Inactive", "does not mirror requests"},
		"tls":       {"service: qotm, tls: context", "Inactive", "does not know TLSContexts"},
		"docs":      {"service: qotm, docs: {ignored: true}", "Running", "docs has no effect"},
		"scheme":    {`service: "ftp://qotm"`, "Running", "has unknown scheme ftp, assuming HTTP"},
		"port":      {`service: "http://x:80.invalid"`, "Running", "found invalid port for service x:80.invalid"},
		"redirects": {"service: qotm, path_redirect: /x", "Running", "without host_redirect: true"},
	} {
		lab.mapping(name, "prefix: /"+name+"/, "+mistake.fields)
		if mistake.state != "" {
			lab.awaitState(name, mistake.state, mistake.text)
		}
		if mistake.state == "Inactive" {
			lab.awaitDiagnostics("errors", name, mistake.text)
			lab.awaitStatus(404, "/"+name+"/")
		}
	}
	lab.awaitDiagnostics("errors", "", "port."+lab.namespace+".1: Malformed service")
	lab.awaitStatus(503, "/port/")
	lab.awaitStatus(200, "/scheme/")
	lab.awaitStatus(200, "/fine/")
	lab.awaitState("fine", "Running", "")
}

// Mappings of a group may not differ in what they must share; Emissary reports it under the first one.
func TestAMappingThatContradictsItsGroupIsLeftOut(t *testing.T) {
	lab := newLab(t)
	lab.serve("a", &echo{name: "a"})
	lab.mapping("a", "prefix: /, service: a")
	lab.mapping("b", "prefix: /, service: a, circuit_breakers: [{max_connections: 5}]")
	lab.awaitDiagnostics("errors", "a", "cannot accept new mapping b with mismatched circuit_breakers")
	lab.awaitState("b", "Inactive", "mismatched circuit_breakers")
	lab.mapping("c", "prefix: /, service: example.com, host_redirect: true")
	lab.awaitState("c", "Inactive", "")
}

// What the definitions refuse never gets here: the API server names the field.
func TestTheDefinitionsRefuseUnknownValues(t *testing.T) {
	lab := newLab(t)
	for _, fields := range []string{
		`prefix: /, service: qotm, redirect_response_code: 304`,
		`prefix: /, service: qotm, retry_policy: {retry_on: "5xx,reset"}`,
		`service: qotm`,
	} {
		err := lab.tryApply(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: wrong}, spec: {hostname: "HOST", ` + fields + `}}`)
		if err == nil {
			t.Errorf("%s is taken", fields)
		}
	}
}

// Kinds that this stand-in does not know are named, not passed over.
func TestUnknownKindsAreNamed(t *testing.T) {
	lab := newLab(t)
	lab.apply(`{apiVersion: getambassador.io/v3alpha1, kind: TCPMapping, metadata: {name: tcp}, spec: {port: 9000, service: qotm}}`)
	lab.awaitDiagnostics("errors", "tcp", "does not know the kind TCPMapping")
}

// The overview lists the routes in the order in which they are asked, with the weights that are stated and the shares that follow.
func TestTheDiagnosticsListTheRoutes(t *testing.T) {
	lab := newLab(t)
	lab.serve("a", &echo{name: "a"})
	lab.mapping("a", "prefix: /deep/er/, service: a")
	lab.mapping("b", "prefix: /deep/er/, service: a, weight: 20")
	lab.mapping("c", "prefix: /, service: a")
	lab.settle()
	var routes []struct {
		Key, Host, Prefix string
		Clusters          []struct {
			Service       string
			Weight, Share int
		}
	}
	want := "/deep/er/ a. 20 20, /deep/er/ a. 100 80, / a. 100 100"
	lab.await("the routes", func() error {
		routes = nil
		if err := readJSON("/ambassador/v0/diag/?json=true&filter=route_info", &routes); err != nil {
			return err
		}
		var seen []string
		for _, route := range routes {
			if route.Host != lab.host {
				continue
			}
			for _, cluster := range route.Clusters {
				service := strings.TrimSuffix(cluster.Service, lab.namespace)
				seen = append(seen, fmt.Sprintf("%s %s %d %d", route.Prefix, service, cluster.Weight, cluster.Share))
			}
		}
		if got := strings.Join(seen, ", "); got != want {
			return errorf("they are %s", got)
		}
		return nil
	})
	if page := readAdmin(t, "/ambassador/v0/diag/"); !strings.Contains(page, "stand-in for Emissary-ingress") {
		t.Error("the page does not say what it is")
	}
	if metrics := readAdmin(t, "/metrics"); !strings.Contains(metrics, "\nambassador_diagnostics_errors ") {
		t.Error("the metrics lack the number of errors")
	}
}

// Hostile Mappings harm nobody else: others' requests go on, and others' changes take effect.
func TestHostileMappingsHarmNobodyElse(t *testing.T) {
	lab, hostile := newLab(t), newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("qotm", "prefix: /, service: qotm"+slack)
	lab.awaitStatus(200, "/")
	load := lab.load("/")
	hostile.mapping("size", `prefix: "`+strings.Repeat("(a|b)?", 400)+`", prefix_regex: true, service: qotm`)
	hostile.mapping("broken", `prefix: "(", prefix_regex: true, service: qotm`)
	hostile.mapping("backward", `prefix: "(a)\\1", prefix_regex: true, service: qotm`)
	hostile.mapping("header", `prefix: /header/, service: qotm, add_request_headers: {"x\nnot-a-name": {value: x}}`)
	hostile.mapping("groups", `prefix: /groups/, service: qotm, regex_rewrite: {pattern: "a", substitution: '\9'}`)
	hostile.mapping("huge", `prefix: "/`+strings.Repeat("x", 200_000)+`", service: qotm`)
	hostile.mapping("nowhere", `prefix: /nowhere/, service: "a.b.c.d.e.f.invalid:1"`)
	hostile.mapping("timeout", "prefix: /timeout/, service: qotm, timeout_ms: -5, connect_timeout_ms: -1")
	for _, name := range []string{"size", "broken", "backward", "header", "timeout"} {
		hostile.awaitState(name, "Inactive", "")
	}
	const routes = 2000
	var writers sync.WaitGroup
	for worker := range 10 {
		writers.Go(func() {
			for at := worker; at < routes; at += 10 {
				hostile.mapping(fmt.Sprintf("many-%d", at), fmt.Sprintf("prefix: /many/%d/, service: qotm-%d", at, at%50))
			}
		})
	}
	writers.Wait()
	began := time.Now()
	lab.mapping("later", "prefix: /later/, host_redirect: true, service: example.com")
	lab.awaitStatus(301, "/later/")
	t.Logf("beside %d Mappings of another, a change took %s", routes, time.Since(began))
	lab.awaitState("qotm", "Running", "")
	load.expectNoFailure()
}
