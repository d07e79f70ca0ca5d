package clustertest

import (
	"fmt"
	"strings"
	"testing"
)

func TestRunningPodsAreMeshedOnlyOnceTheyAreMadeAgain(t *testing.T) {
	ns := namespace(t, "")
	workload(t, ns, "qotm", "default", "", 1)
	containers := func() string {
		return kubectl(t, "-n", ns, "get", "pods", "-l", "app=qotm", "--field-selector=status.phase=Running", "-o", "jsonpath={.items[*].spec.initContainers[*].name}")
	}
	kubectl(t, "annotate", "namespace", ns, "linkerd.io/inject=enabled")
	if got := containers(); got != "" {
		t.Fatalf("without a restart: %s", got)
	}
	kubectl(t, "-n", ns, "rollout", "restart", "deployment/qotm")
	kubectl(t, "-n", ns, "rollout", "status", "deployment/qotm", "--timeout="+patience.String())
	eventually(t, func() error {
		if got := containers(); got != "linkerd-proxy" {
			return fmt.Errorf("init containers: %q", got)
		}
		return nil
	})
	labels := kubectl(t, "-n", ns, "get", "pods", "-l", "linkerd.io/control-plane-ns=linkerd,linkerd.io/proxy-deployment=qotm,linkerd.io/workload-ns="+ns, "-o", "name")
	if strings.Count(labels, "pod/") != 1 {
		t.Errorf("labelled pods: %q", labels)
	}
	event(t, ns, "Injected", "Linkerd sidecar proxy injected")
}

func event(t *testing.T, ns, reason, part string) {
	t.Helper()
	eventually(t, func() error {
		found, err := try("", "-n", ns, "get", "events", "--field-selector=involvedObject.kind=Deployment,reason="+reason, "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(found, part) {
			err = fmt.Errorf("events %s: %q", reason, found)
		}
		return err
	})
}

func TestThePodsAnnotationBeatsTheNamespaces(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "linkerd.io/inject: disabled", 1)
	if got := kubectl(t, "-n", ns, "get", "pods", "-o", "jsonpath={.items[*].spec.initContainers[*].name}"); got != "" {
		t.Errorf("init containers: %s", got)
	}
	event(t, ns, "InjectionSkipped", `pod has the annotation "linkerd.io/inject" set to "disabled"`)
}

func TestASettingThatHasNoEffectIsNamed(t *testing.T) {
	ns := namespace(t, meshed)
	_, err := try(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: %s, annotations: {config.linkerd.io/skip-inbound-ports: "8080", config.linkerd.io/default-inbound-policy: audit}}, spec: {
		securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, image: "seaworthy.local/toolbox:1",
		securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`, ns), "apply", "--dry-run=server", "--warnings-as-errors", "-f", "-")
	for _, setting := range []string{"skip-inbound-ports has no effect", "default-inbound-policy has no effect"} {
		if err == nil || !strings.Contains(err.Error(), "config.linkerd.io/"+setting) {
			t.Errorf("the API says %v", err)
		}
	}
}

func TestAProxyThatIsKeptFromTheControlPlaneSaysWhichRuleIsMissing(t *testing.T) {
	ns := namespace(t, meshed)
	// The limits and the policies of a learner's namespace, without the rule that the mesh needs.
	apply(t, fmt.Sprintf(`
{apiVersion: v1, kind: LimitRange, metadata: {name: lab, namespace: %[1]s}, spec: {limits: [{type: Container,
	default: {cpu: 250m, memory: 128Mi}, defaultRequest: {cpu: 25m, memory: 32Mi}}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: own-namespace, namespace: %[1]s},
	spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{podSelector: {}}]},
	{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{protocol: UDP, port: 53}, {protocol: UDP, port: 5353}]}]}}`, ns))
	deploy(t, ns, "qotm", "default", "", 1)
	eventually(t, func() error {
		log, err := try("", "-n", ns, "logs", "deploy/qotm", "-c", "linkerd-proxy")
		if err == nil && !strings.Contains(log, "must allow egress to namespace linkerd, TCP port 8443") {
			err = fmt.Errorf("the proxy says %s", log)
		}
		return err
	})
	apply(t, fmt.Sprintf(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: mesh, namespace: %s}, spec: {podSelector: {},
		policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd}}}], ports: [{port: 8443}]}]}}`, ns))
	kubectl(t, "-n", ns, "rollout", "status", "deployment/qotm", "--timeout="+patience.String())
	service(t, ns, "qotm", "")
	workload(t, ns, "client", "client", "", 1)
	answers(t, ns, "client", "http://qotm/", "200")
	seen(t, ns, "qotm", "request_total", `tls="true"`, `target_port="8080"`)
}
