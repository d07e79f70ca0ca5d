package cli

import (
	"strings"
	"testing"
)

func TestStatSaysWhyThereIsNothingToShowAndWhatToDo(t *testing.T) {
	bare := map[string]string{
		"/api/v1/namespaces/shop/pods":              `{"items":[` + strings.Replace(pod, `,"linkerd.io/control-plane-ns":"linkerd"`, "", 1) + `]}`,
		"/apis/apps/v1/namespaces/shop/deployments": shop["/apis/apps/v1/namespaces/shop/deployments"],
		"/api/v1/namespaces/shop/services":          `{"items":[{"metadata":{"name":"web","namespace":"shop"}}]}`,
	}
	for what, want := range map[string]string{
		"deploy":      "none of its 1 pods has a proxy, and only a proxy counts. Mesh a Deployment by\n  kubectl get deploy NAME -n shop -o yaml | linkerd inject - | kubectl apply -f -\n",
		"deploy/bare": "There is no pod of deploy/bare in the namespace shop",
		"deploy/none": "There is no deploy/none in the namespace shop.",
		"svc":         "counted by the proxies of its clients",
	} {
		status, out, errors := run(t, "", bare, nil, "viz", "stat", what)
		if status != 0 || out != "" || !strings.Contains(errors, "No traffic found.\n") || !strings.Contains(errors, want) {
			t.Errorf("%s: %d %s%s", what, status, out, errors)
		}
	}
}

func TestEdgesNameTheServerThatHasNoProxy(t *testing.T) {
	_, out, errors := run(t, "", shop, map[string]string{"tcp_open_connections": `
		{"metric":{"namespace":"shop","dst_namespace":"observability","deployment":"web","dst_deployment":"jaeger","tls":"no_identity","no_tls_reason":"not_provided_by_service_discovery"},"value":[0,"1"]}`},
		"viz", "edges", "deploy")
	if !strings.Contains(out, "web   jaeger   shop     observability   Not Provided By Service Discovery\n") ||
		!strings.Contains(errors, "jaeger of observability has no proxy, so that web speaks to it in plain text.\n") {
		t.Errorf("%s%s", out, errors)
	}
}
