package clustertest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestHeadersAndPathsOfARequestSteerNothingButItself(t *testing.T) {
	own, other := newLab(t), newLab(t)
	for _, lab := range []lab{own, other} {
		lab.deploy("qotm", 1000, "linkerd.io/inject: disabled")
		lab.apply(lab.mapping("qotm", "qotm"))
	}
	eventually(t, func() error {
		if got := own.throughIngress("/qotm/healthz"); got != http.StatusOK {
			return fmt.Errorf("the own route answers %d", got)
		}
		return nil
	})
	slow := strings.NewReader(`{"latency_ms":300}`)
	if answer, err := client.Post("http://"+own.podAddress("qotm")+":8080/fault", "application/json", slow); err != nil || answer.StatusCode >= 300 {
		t.Fatalf("the service is not made slow: %v, %v", answer, err)
	}
	forged := "forged_" + other.namespace
	header := http.Header{
		"X-Envoy-Upstream-Alt-Stat-Name": {forged}, "X-Envoy-Upstream-Rq-Timeout-Ms": {"1"}, "X-Envoy-Upstream-Rq-Per-Try-Timeout-Ms": {"1"},
		"X-Envoy-Original-Path": {"/"}, "X-Envoy-Internal": {"true"}, "X-Envoy-Force-Trace": {"1"}, "X-Forwarded-Host": {other.namespace + ".labs.localhost"},
		"L5d-Dst-Override": {"qotm." + other.namespace + ":80"},
	}
	if got := askIngress(t, own.namespace+".labs.localhost", "/qotm/", header); got != http.StatusOK {
		t.Errorf("with headers by which Envoy is steered: %d", got)
	}
	answer, err := client.Get("http://" + serviceAddress(t, "emissary", "emissary-ingress-admin") + ":8877/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(content), own.namespace) || strings.Contains(string(content), "forged_") {
		t.Errorf("the request counts as another's: %t, %v", strings.Contains(string(content), "forged_"), err)
	}
	for _, host := range []string{
		other.namespace + ".labs.localhost." + own.namespace + ".labs.localhost", "x." + other.namespace + ".labs.localhost",
		own.namespace + ".labs.localhost#" + other.namespace, other.namespace + ".labs.localhost,", "localhost:8001", "169.254.169.254", "kubernetes.default.svc",
	} {
		if got := askIngress(t, host, "/qotm/healthz", http.Header{}); got/100 != 4 {
			t.Errorf("for the host %q: %d", host, got)
		}
	}
	for _, path := range []string{"/qotm/../../config_dump", "/qotm/%2e%2e/%2e%2e/clusters", "//" + other.namespace + ".labs.localhost/qotm/", "/..;/ambassador/v0/diag/"} {
		if got := askIngress(t, own.namespace+".labs.localhost", path, http.Header{}); got == http.StatusOK {
			t.Errorf("the path %q is answered", path)
		}
	}
}
