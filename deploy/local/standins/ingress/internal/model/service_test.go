package model

import (
	"fmt"
	"strings"
	"testing"
)

func TestAServiceIsQualifiedByTheMappingsNamespace(t *testing.T) {
	for written, want := range map[string]string{
		"foo":                         "foo.default foo.default:80 false",
		"foo:8080":                    "foo.default:8080 foo.default:8080 false",
		"foo.ns2":                     "foo.ns2 foo.ns2:80 false",
		"foo.ns2.svc.cluster.local:1": "foo.ns2.svc.cluster.local:1 foo.ns2.svc.cluster.local:1 false",
		"10.0.0.1:90":                 "10.0.0.1:90 10.0.0.1:90 false",
		"localhost":                   "localhost localhost:80 false",
		"http://foo":                  "http://foo.default foo.default:80 false",
		"https://foo":                 "https://foo.default foo.default:443 true",
		"HTTPS://foo:8443":            "HTTPS://foo.default:8443 foo.default:8443 true",
		"foo/bar":                     "foo.default foo.default:80 false",
		"[::1]:80":                    "[::1]:80 ::1:80 false",
	} {
		service, malformed, wrong := parseService(written, "default", true)
		got := fmt.Sprintf("%s %s %v", service.Text, service.HostPort(), service.TLS)
		if got != want || malformed != "" || len(wrong) > 0 {
			t.Errorf("%s: %s, not %s; %s %v", written, got, want, malformed, wrong)
		}
	}
	if service, _, _ := parseService("foo", "emissary", false); service.Text != "foo" {
		t.Errorf("in the ingress's own namespace it is %s", service.Text)
	}
}

func TestAWrongServiceIsNamedAndKept(t *testing.T) {
	for written, want := range map[string][2]string{
		"ftp://foo":           {"has unknown scheme ftp, assuming HTTP", "foo.default:80"},
		"http://x:80.invalid": {"found invalid port for service x:80.invalid", "x:80"},
		"foo:99999":           {"found invalid port", "foo:80"},
		":80":                 {"has no hostname", "unknown:80"},
	} {
		service, malformed, wrong := parseService(written, "default", true)
		if !strings.Contains(strings.Join(wrong, "\n"), want[0]) || service.HostPort() != want[1] {
			t.Errorf("%s: %s %v", written, service.HostPort(), wrong)
		}
		if !strings.HasPrefix(written, "ftp") && !strings.HasPrefix(malformed, "Malformed service '"+written+"'") {
			t.Errorf("%s: %q", written, malformed)
		}
	}
}

func TestStatisticsGoByTheService(t *testing.T) {
	service, _, _ := parseService("https://foo:8080", "default", true)
	if service.StatsName() != "foo_default_8080" {
		t.Error(service.StatsName())
	}
	if namespace, name := service.KubernetesName("x"); namespace != "default" || name != "foo" {
		t.Error(namespace, name)
	}
}

func TestHostnamesOverlapIfANameMatchesBoth(t *testing.T) {
	for pair, want := range map[string]bool{
		"* x": true, "x x": true, "x y": false, "X.example x.EXAMPLE": true,
		"*.x a.x": true, "*.x x": false, "*.x .x": false, "*.x b.a.x": true, "*.x *.a.x": true, "*.x *.y": false,
		"a.* a.b": true, "a.* b.a": false, "a.* a.b.*": true, "a.* *.b": true,
	} {
		a, b, _ := strings.Cut(pair, " ")
		if Overlap(a, b) != want || Overlap(b, a) != want {
			t.Errorf("%s: not %v", pair, want)
		}
	}
}
