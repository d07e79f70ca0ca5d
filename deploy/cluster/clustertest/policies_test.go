package clustertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// policed is a namespace like a learner's, for which the policies of the real mesh hold, under names of their own: the local
// cluster has some for its stand-in. It is a copy of what mesh-after.yaml says but for the label that it is bound by.
func policed(t *testing.T) string {
	t.Helper()
	namespace := fmt.Sprintf("deploy-cluster-%06x", rand.IntN(1<<24))
	content, err := os.ReadFile("../objects/mesh-after.yaml")
	if err != nil {
		t.Fatal(err)
	}
	policies := strings.NewReplacer("seaworthy-mesh-", namespace+"-", "seaworthy.dev/session", "test.seaworthy.dev/"+namespace,
		"namespace: linkerd,", "namespace: "+namespace+",").Replace(string(content))
	apply(t, fmt.Sprintf("{apiVersion: v1, kind: Namespace, metadata: {name: %[1]s, labels: {test.seaworthy.dev/%[1]s: a, config.linkerd.io/admission-webhooks: disabled}}}\n"+
		"---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: linkerd-identity-trust-roots, namespace: %[1]s}, data: {ca-bundle.crt: \"anchors\\n\"}}\n---\n", namespace)+policies)
	t.Cleanup(func() {
		kubectl(t, "delete", "namespace", namespace, "--wait=false")
		for _, name := range []string{"proxies", "commands"} {
			kubectl(t, "delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", namespace+"-"+name)
		}
	})
	return namespace
}

func apply(t *testing.T, manifest string) {
	t.Helper()
	if _, err := cluster()(context.Background(), []byte(manifest), "kubectl", "apply", "--server-side", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

// meshed is a pod as the injector of Linkerd is documented to make it, with the CNI plugin and native sidecars.
const meshed = `{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: NAMESPACE, labels: {app: web, linkerd.io/control-plane-ns: linkerd, linkerd.io/workload-ns: NAMESPACE}}, spec: {
initContainers: [
 {name: linkerd-network-validator, image: "cr.l5d.io/linkerd/proxy:edge-26.9.1", command: [/usr/lib/linkerd/linkerd2-network-validator], args: [--timeout, 10s],
  securityContext: {runAsUser: 65534, runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}},
 {name: linkerd-proxy, image: "cr.l5d.io/linkerd/proxy:edge-26.9.1", restartPolicy: Always, ports: [{name: linkerd-proxy, containerPort: 4143}, {name: linkerd-admin, containerPort: 4191}],
  env: [{name: _pod_name, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: _pod_ns, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}},
   {name: LINKERD2_PROXY_LOG, value: "warn,linkerd=info"}, {name: LINKERD2_PROXY_ADMIN_LISTEN_ADDR, value: "0.0.0.0:4191"}, {name: LINKERD2_PROXY_INBOUND_LISTEN_ADDR, value: "0.0.0.0:4143"},
   {name: LINKERD2_PROXY_IDENTITY_SVC_ADDR, value: "linkerd-identity-headless.linkerd.svc.cluster.local.:8080"},
   {name: LINKERD2_PROXY_DESTINATION_SVC_ADDR, value: "linkerd-dst-headless.linkerd.svc.cluster.local.:8086"},
   {name: LINKERD2_PROXY_POLICY_SVC_ADDR, value: "linkerd-policy.linkerd.svc.cluster.local.:8090"},
   {name: LINKERD2_PROXY_IDENTITY_SVC_NAME, value: linkerd-identity.linkerd.serviceaccount.identity.linkerd.cluster.local},
   {name: LINKERD2_PROXY_DESTINATION_SVC_NAME, value: linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local},
   {name: LINKERD2_PROXY_POLICY_SVC_NAME, value: linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local},
   {name: LINKERD2_PROXY_POLICY_WORKLOAD, value: "{\"ns\":\"$(_pod_ns)\", \"pod\":\"$(_pod_name)\"}\n"}, {name: LINKERD2_PROXY_IDENTITY_DIR, value: /var/run/linkerd/identity/end-entity},
   {name: LINKERD2_PROXY_IDENTITY_TOKEN_FILE, value: /var/run/secrets/tokens/linkerd-identity-token}, {name: LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS, value: "anchors\n"}],
  livenessProbe: {httpGet: {path: /live, port: 4191}}, readinessProbe: {httpGet: {path: /ready, port: 4191}}, startupProbe: {httpGet: {path: /ready, port: 4191}},
  securityContext: {runAsUser: 2102, runAsNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, seccompProfile: {type: RuntimeDefault}},
  volumeMounts: [{name: linkerd-identity-end-entity, mountPath: /var/run/linkerd/identity/end-entity}, {name: linkerd-identity-token, mountPath: /var/run/secrets/tokens}]}],
containers: [{name: web, image: "seaworthy.local/pause:1"}],
volumes: [{name: linkerd-identity-end-entity, emptyDir: {medium: Memory}}, {name: linkerd-identity-token, projected: {sources: [{serviceAccountToken: {path: linkerd-identity-token, audience: identity.l5d.io}}]}}]}}`

func TestThePolicyOfTheRealMeshAdmitsWhatItsInjectorMakesAndNothingLikeIt(t *testing.T) {
	namespace := policed(t)
	create := func(replacements ...string) error {
		manifest := strings.ReplaceAll(strings.NewReplacer(replacements...).Replace(meshed), "NAMESPACE", namespace)
		_, err := cluster()(context.Background(), []byte(manifest), "kubectl", "create", "--dry-run=server", "-f", "-")
		return err
	}
	// A policy holds a moment after it was made.
	isRefused := func(err error) bool { return err != nil && strings.Contains(err.Error(), "'"+namespace+"-proxies'") }
	for tries := 0; !isRefused(create("name: linkerd-network-validator", "name: other")); tries++ {
		if tries > 60 {
			t.Fatal("the policy never holds")
		}
		time.Sleep(500 * time.Millisecond)
	}
	if err := create(); err != nil {
		t.Fatalf("as the injector makes it: %v", err)
	}
	for what, change := range map[string][2]string{
		"another image":           {"cr.l5d.io/linkerd/proxy:edge", "cr.l5d.io.example/linkerd/proxy:edge"},
		"a command of the proxy":  {"restartPolicy: Always,", "restartPolicy: Always, command: [/x],"},
		"another admin port":      {`"0.0.0.0:4191"`, `"127.0.0.1:9999"`},
		"another identity":        {"linkerd-identity-headless.linkerd.svc", "linkerd-identity-headless.own.svc"},
		"its own trust anchors":   {`TRUST_ANCHORS, value: "anchors\n"`, `TRUST_ANCHORS, value: "own\n"`},
		"a variable of the shell": {"{name: LINKERD2_PROXY_LOG,", "{name: LD_PRELOAD,"},
		"another user":            {"runAsUser: 2102", "runAsUser: 1000"},
		"another namespace":       {"linkerd.io/workload-ns: NAMESPACE", "linkerd.io/workload-ns: kube-system"},
		"a probe of another port": {"{path: /ready, port: 4191}", "{path: /ready, port: 8080}"},
		"the files for all":       {"containers: [{name: web,", "containers: [{name: web, volumeMounts: [{name: linkerd-identity-end-entity, mountPath: /x}],"},
		"the processes for all":   {"volumes: [", "shareProcessNamespace: true, volumes: ["},
		"its port elsewhere":      {"containers: [{name: web,", "containers: [{name: web, ports: [{containerPort: 4191}],"},
	} {
		if err := create(change[0], change[1]); !isRefused(err) {
			t.Errorf("with %s: %v", what, err)
		}
	}
}
