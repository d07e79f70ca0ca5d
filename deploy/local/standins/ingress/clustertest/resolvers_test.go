package clustertest

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/types"
)

// over asks n times over one connection, and counts who answered.
func (l *lab) over(n int, path string, edits ...edit) map[string]int {
	l.Helper()
	one := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer one.CloseIdleConnections()
	served := map[string]int{}
	for range n {
		request, _ := http.NewRequest(http.MethodGet, "http://"+gateway+path, nil)
		request.Host = l.host
		for _, change := range edits {
			change(request)
		}
		response, err := one.Do(request)
		if err != nil {
			l.Fatal(err)
		}
		response.Body.Close()
		served[response.Header.Get("X-Served-By")]++
	}
	return served
}

// The documentation of resolvers: with endpoints Envoy balances each request; with the Service one connection stays with one pod.
func TestTheResolverDecidesWhoBalances(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "one"}, &echo{name: "two"})
	lab.mapping("endpoint", "prefix: /endpoint/, service: qotm, resolver: endpoint, load_balancer: {policy: round_robin}")
	lab.mapping("service", "prefix: /service/, service: qotm")
	lab.awaitStatus(200, "/endpoint/")
	lab.awaitStatus(200, "/service/")
	lab.await("both pods are known", func() error {
		if served := lab.over(10, "/endpoint/"); served["one"] != 5 || served["two"] != 5 {
			return errorf("%v", served)
		}
		return nil
	})
	if served := lab.over(50, "/service/"); served["one"] != 50 && served["two"] != 50 {
		t.Errorf("through the Service one connection is served by %v", served)
	}
}

// The documentation of load balancers: they need endpoints; a cookie keeps a client with one pod.
func TestACookieKeepsAClientWithOnePod(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "one"}, &echo{name: "two"})
	sticky := "service: qotm, load_balancer: {policy: ring_hash, cookie: {name: lab, ttl: 60s}}"
	lab.mapping("wrong", "prefix: /wrong/, "+sticky)
	lab.awaitDiagnostics("errors", "wrong", "No load_balancer setting is allowed with the KubernetesServiceResolver")
	lab.awaitState("wrong", "Inactive", "No load_balancer setting is allowed")
	lab.mapping("right", "prefix: /right/, resolver: endpoint, "+sticky)
	// Clients without a cookie come to either, once both are known.
	seen := map[string]bool{}
	lab.await("both pods are known", func() error {
		got, err := lab.try("/right/")
		if seen[got.header.Get("X-Served-By")] = err == nil; !seen["one"] || !seen["two"] {
			return errorf("answers of %v", seen)
		}
		return nil
	})
	got := lab.awaitStatus(200, "/right/")
	if got := lab.request("/wrong/"); got.status != 404 {
		t.Errorf("the Mapping that is left out answers %d", got.status)
	}
	cookie := got.header.Get("Set-Cookie")
	if cookie == "" {
		t.Fatal("no cookie is set")
	}
	if served := lab.over(20, "/right/", header("Cookie", cookie)); len(served) != 1 {
		t.Errorf("one client is served by %v", served)
	}
}

// Real pods: what a Deployment has ready is what gets requests, and without any the answer depends on the resolver.
func TestPodsThatComeAndGoAreFollowed(t *testing.T) {
	lab := newLab(t)
	lab.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: qotm}
spec:
  replicas: 2
  selector: {matchLabels: {app: qotm}}
  template:
    metadata: {labels: {app: qotm}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: qotm
          image: seaworthy.local/qotm:1
          imagePullPolicy: IfNotPresent
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1, timeoutSeconds: 10}
---
{apiVersion: v1, kind: Service, metadata: {name: qotm}, spec: {selector: {app: qotm}, ports: [{port: 80, targetPort: 8080}]}}`)
	lab.mapping("service", "prefix: /service/, service: qotm")
	lab.mapping("endpoint", "prefix: /endpoint/, service: qotm, resolver: endpoint")
	lab.awaitStatus(200, "/service/")
	lab.awaitStatus(200, "/endpoint/")
	lab.scale("qotm", 0)
	lab.awaitStatus(503, "/service/")
	lab.await("the pods are gone", func() error {
		got, err := lab.try("/endpoint/")
		if err == nil && (got.status != 503 || got.body != "no healthy upstream") {
			err = errorf("%d %q", got.status, got.body)
		}
		return err
	})
	lab.scale("qotm", 1)
	lab.awaitStatus(200, "/endpoint/")
	lab.awaitStatus(200, "/service/")
}

func (l *lab) scale(name string, replicas int) {
	l.Helper()
	_, err := cluster.Resource(kinds["Deployment"]).Namespace(l.namespace).Patch(context.Background(), name, types.MergePatchType,
		fmt.Appendf(nil, `{"spec":{"replicas":%d}}`, replicas), patchOptions)
	if err != nil {
		l.Fatal(err)
	}
}
