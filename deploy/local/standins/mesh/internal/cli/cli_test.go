package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the command against a cluster and a Prometheus that answer from the tables.
func run(t *testing.T, input string, api, queries map[string]string, arguments ...string) (status int, out, errors string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/query" {
			for part, result := range queries {
				if strings.Contains(r.URL.Query().Get("query"), part) {
					fmt.Fprintf(w, `{"data":{"result":[%s]}}`, result)
					return
				}
			}
			fmt.Fprint(w, `{"data":{"result":[]}}`)
			return
		}
		answer, ok := api[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, answer)
	}))
	defer server.Close()
	config := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf("{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: %q}}], contexts: [{name: a, context: {cluster: a, user: a, namespace: shop}}], users: [{name: a}]}", server.URL)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", config)
	var written, reported bytes.Buffer
	status = Run(context.Background(), append(arguments, "--metrics-url", server.URL), strings.NewReader(input), &written, &reported)
	return status, written.String(), reported.String()
}

const pod = `{"metadata":{"name":"web-7d-1","namespace":"shop","labels":{"pod-template-hash":"7d","linkerd.io/control-plane-ns":"linkerd"},
"ownerReferences":[{"kind":"ReplicaSet","name":"web-7d","controller":true}]},"spec":{"serviceAccountName":"web"},"status":{"phase":"Running"}}`

var shop = map[string]string{
	"/api/v1/namespaces/shop/pods":              `{"items":[` + pod + `]}`,
	"/apis/apps/v1/namespaces/shop/deployments": `{"items":[{"metadata":{"name":"web","namespace":"shop"}},{"metadata":{"name":"bare","namespace":"shop"}}]}`,
}

var traffic = map[string]string{
	"increase(response_total": `{"metric":{"namespace":"shop","deployment":"web","classification":"success"},"value":[0,"117.4"]},
		{"metric":{"namespace":"shop","deployment":"web","classification":"failure"},"value":[0,"2.6"]}`,
	"histogram_quantile(0.5":  `{"metric":{"namespace":"shop","deployment":"web"},"value":[0,"1.4"]}`,
	"histogram_quantile(0.95": `{"metric":{"namespace":"shop","deployment":"web"},"value":[0,"9.6"]}`,
	"histogram_quantile(0.99": `{"metric":{"namespace":"shop","deployment":"web"},"value":[0,"NaN"]}`,
	"tcp_open_connections":    `{"metric":{"namespace":"shop","deployment":"web"},"value":[0,"3"]}`,
}

func TestStatPrintsTheColumnsOfTheRealCommand(t *testing.T) {
	status, out, errors := run(t, "", shop, traffic, "viz", "stat", "deploy")
	want := "NAME   MESHED   SUCCESS      RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99   TCP_CONN\n" +
		"web       1/1    97.50%   2.0rps           1ms          10ms           0ms          3\n"
	if status != 0 || out != want {
		t.Errorf("%d\n%s%s", status, out, errors)
	}
	if !strings.HasPrefix(errors, "This is a stand-in") {
		t.Errorf("the first line is %q", errors)
	}
}

func TestWhatHasNoProxyIsShownOnRequestAndWithoutNumbers(t *testing.T) {
	_, out, _ := run(t, "", shop, traffic, "viz", "stat", "deploy", "--unmeshed")
	if !strings.Contains(out, "bare      0/0         -        -             -             -             -          -\n") {
		t.Error(out)
	}
}

func TestAKindThatIsNotHereIsNamed(t *testing.T) {
	for _, words := range [][]string{{"viz", "stat", "cronjob"}, {"viz", "tap", "deploy/web"}, {"multicluster", "link"}} {
		if status, _, errors := run(t, "", shop, traffic, words...); status != 1 || !strings.Contains(errors, "not") {
			t.Errorf("%v: %d %s", words, status, errors)
		}
	}
}

func TestEdgesSayWhyAConnectionIsNotSecured(t *testing.T) {
	_, out, errors := run(t, "", shop, map[string]string{"tcp_open_connections": `
		{"metric":{"namespace":"shop","dst_namespace":"shop","deployment":"web","dst_deployment":"db","tls":"true","server_id":"db.shop.serviceaccount.identity.linkerd.cluster.local"},"value":[0,"1"]},
		{"metric":{"namespace":"shop","dst_namespace":"shop","deployment":"web","dst_deployment":"old","tls":"no_identity","no_tls_reason":"not_provided_by_service_discovery"},"value":[0,"1"]}`},
		"viz", "edges", "deploy")
	want := "SRC   DST   SRC_NS   DST_NS   SECURED\n" +
		"web   db    shop     shop     √\n" +
		"web   old   shop     shop     Not Provided By Service Discovery\n"
	if out != want {
		t.Errorf("%s%s", out, errors)
	}
}

func TestInjectAnnotatesThePodTemplateAndReportsApart(t *testing.T) {
	status, out, errors := run(t, "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: a}]}}}\n---\nkind: Service\nmetadata: {name: web}\n",
		nil, nil, "inject", "-")
	if status != 0 || !strings.Contains(out, "template:\n    metadata:\n      annotations:\n        linkerd.io/inject: enabled\n") || strings.Count(out, "---\n") != 2 {
		t.Errorf("%d\n%s", status, out)
	}
	if !strings.Contains(errors, "deployment \"web\" injected\nservice \"web\" skipped\n") {
		t.Error(errors)
	}
}

func TestInjectRefusesHostNetworkAndWritesNothing(t *testing.T) {
	status, out, errors := run(t, "kind: Pod\nmetadata: {name: web}\nspec: {hostNetwork: true}\n", nil, nil, "inject", "-")
	if status != 1 || out != "" || !strings.Contains(errors, "Error transforming resources") {
		t.Errorf("%d %q %s", status, out, errors)
	}
}

func TestCheckFailsWithoutAControlPlane(t *testing.T) {
	status, out, _ := run(t, "", map[string]string{"/version": `{"gitVersion":"v1.36.3"}`, "/api/v1/namespaces/linkerd/pods": `{"items":[]}`}, nil, "check")
	if status != 1 || !strings.Contains(out, "× control plane pods are ready") || !strings.HasSuffix(out, "Status check results are ×\n") {
		t.Errorf("%d\n%s", status, out)
	}
}
