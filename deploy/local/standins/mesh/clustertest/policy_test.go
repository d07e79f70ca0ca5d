package clustertest

import (
	"fmt"
	"strings"
	"testing"
)

func TestAServerRefusesWhomNoPolicyAllows(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "", 1)
	service(t, ns, "qotm", "")
	workload(t, ns, "client", "client", "", 1)
	workload(t, ns, "other", "other", "", 1)
	workload(t, ns, "bare", "client", "linkerd.io/inject: disabled", 1)
	for _, from := range []string{"client", "other", "bare"} {
		answers(t, ns, from, "http://qotm/", "200")
	}
	apply(t, fmt.Sprintf(`{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: qotm, namespace: %s},
		spec: {podSelector: {matchLabels: {app: qotm}}, port: http, proxyProtocol: HTTP/1}}`, ns))
	for _, from := range []string{"client", "other", "bare"} {
		answers(t, ns, from, "http://qotm/", "403")
	}
	apply(t, fmt.Sprintf(`
{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {name: clients, namespace: %[1]s},
	spec: {identityRefs: [{kind: ServiceAccount, name: client}]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: let-clients-in, namespace: %[1]s},
	spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: qotm},
	requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: clients}]}}`, ns))
	answers(t, ns, "client", "http://qotm/", "200")
	requests := settled(t, ns, "qotm", "request_total", `target_port="8080"`, `route_name="default"`)
	allowed := settled(t, ns, "qotm", "inbound_http_authz_allow_total", `authz_kind="authorizationpolicy"`, `authz_name="let-clients-in"`)
	for from, status := range map[string]string{"client": "200", "other": "403", "bare": "403"} {
		if got := statuses(t, ns, from, "http://qotm/", 5); got[status] != 5 {
			t.Errorf("%s: %v", from, got)
		}
	}
	// What is refused is no request of the server's, so its success rate does not fall.
	counted(t, requests+5, ns, "qotm", "request_total", `target_port="8080"`, `route_name="default"`)
	counted(t, allowed+5, ns, "qotm", "inbound_http_authz_allow_total", `authz_kind="authorizationpolicy"`, `authz_name="let-clients-in"`)
	eventually(t, func() error {
		if denied := metric(t, ns, "qotm", "inbound_http_authz_deny_total", `srv_name="qotm"`); denied < 10 {
			return fmt.Errorf("%v requests were counted as refused", denied)
		}
		return nil
	})
	eventually(t, func() error {
		if ready := kubectl(t, "-n", ns, "get", "deployment", "qotm", "-o", "jsonpath={.status.readyReplicas}"); ready != "1" {
			return fmt.Errorf("with a Server, %q pods are ready: probes need no permission", ready)
		}
		return nil
	})
}

func TestADefaultPolicyRefusesWhoeverIsNotMeshed(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "config.linkerd.io/default-inbound-policy: all-authenticated", 1)
	service(t, ns, "qotm", "")
	workload(t, ns, "client", "client", "", 1)
	workload(t, ns, "bare", "client", "linkerd.io/inject: disabled", 1)
	answers(t, ns, "client", "http://qotm/", "200")
	answers(t, ns, "bare", "http://qotm/", "403")
	denied := settled(t, ns, "qotm", "inbound_http_authz_deny_total", `no_tls_reason="no_tls_from_remote"`)
	headers := shell(t, ns, "bare", "curl -s -i http://qotm/")
	if !strings.HasPrefix(headers, "HTTP/1.1 403") || strings.Contains(headers, "l5d-") || !strings.Contains(headers, "content-length: 0") {
		t.Errorf("an unmeshed client gets %q", headers)
	}
	counted(t, denied+1, ns, "qotm", "inbound_http_authz_deny_total", `no_tls_reason="no_tls_from_remote"`)
}

func TestWhatThePoliciesOfThisStandInDoNotKnowIsRefused(t *testing.T) {
	ns := namespace(t, "")
	for what, manifest := range map[string]string{
		"NetworkAuthentication":          `kind: NetworkAuthentication, apiVersion: policy.linkerd.io/v1alpha1, spec: {networks: [{cidr: 10.0.0.0/8}]}`,
		"HTTPRoute":                      `kind: HTTPRoute, apiVersion: policy.linkerd.io/v1beta3, spec: {}`,
		`Unsupported value: "HTTPRoute"`: `kind: AuthorizationPolicy, apiVersion: policy.linkerd.io/v1alpha1, spec: {targetRef: {kind: HTTPRoute, name: a}, requiredAuthenticationRefs: []}`,
		`Unsupported value: "opaque"`:    `kind: Server, apiVersion: policy.linkerd.io/v1beta3, spec: {podSelector: {}, port: 1, proxyProtocol: opaque}`,
		`Unsupported value: "audit"`:     `kind: Server, apiVersion: policy.linkerd.io/v1beta3, spec: {podSelector: {}, port: 1, accessPolicy: audit}`,
	} {
		_, err := try("{metadata: {name: a, namespace: "+ns+"}, "+manifest+"}", "apply", "-f", "-")
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: the API says %v", what, err)
		}
	}
}
