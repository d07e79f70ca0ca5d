// Package clustertest tries hostile acts against all parts of a running cluster together, from namespaces like learners': the
// cluster that TEST_KUBECONFIG names, on whose node the tests run.
package clustertest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv("TEST_KUBECONFIG") == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// try runs the cluster's own kubectl and gives what it printed.
func try(input string, arguments ...string) (string, error) {
	program := filepath.Join(filepath.Dir(os.Getenv("TEST_KUBECONFIG")), "bin", "seaworthy-cluster")
	command := exec.Command(program, append([]string{"kubectl"}, arguments...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+os.Getenv("TEST_KUBECONFIG"))
	command.Stdin = strings.NewReader(input)
	var out, failure bytes.Buffer
	command.Stdout, command.Stderr = &out, &failure
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(arguments, " "), err, failure.String())
	}
	return strings.TrimSpace(out.String()), nil
}

func kubectl(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := try("", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// patience is how long anything may take on a busy machine.
const patience = 3 * time.Minute

// eventually waits until there is no error.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(250 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// lab is a namespace like a learner's: with the label by which the platform's policies hold for it, and network policies.
type lab struct {
	*testing.T
	namespace string
}

// policies are those that the platform makes for a session.
const policies = `
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: default-deny}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: own-namespace}, spec: {podSelector: {}, policyTypes: [Ingress, Egress],
	ingress: [{from: [{podSelector: {}}]}], egress: [{to: [{podSelector: {}}]},
	{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}], ports: [{protocol: UDP, port: 5353}, {protocol: UDP, port: 53}]}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: cluster-parts}, spec: {podSelector: {}, policyTypes: [Ingress, Egress],
	ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: emissary}}}]},
		{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd-viz}}}], ports: [{port: 4191}]}],
	egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: emissary}}}], ports: [{port: 8080}, {port: 8443}]},
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd}}}], ports: [{port: 8443}]},
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: linkerd-viz}}}], ports: [{port: 8085}]},
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: observability}}}], ports: [{port: 4317}, {port: 4318}]}]}}`

func newLab(t *testing.T) lab {
	t.Helper()
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	made := lab{t, "f" + hex.EncodeToString(random)[1:]}
	made.apply(fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: %[1]s,
		annotations: {linkerd.io/inject: enabled, seaworthy.dev/lab-domain: labs.localhost, seaworthy.dev/allowed-images: seaworthy.local/},
		labels: {pod-security.kubernetes.io/enforce: restricted, seaworthy.dev/session: hostile-acts}}}`, made.namespace))
	t.Cleanup(func() {
		if _, err := try("", "delete", "namespace", made.namespace, "--wait=false"); err != nil {
			t.Error(err)
		}
	})
	made.apply(policies)
	kubectl(t, "-n", made.namespace, "create", "serviceaccount", "client")
	return made
}

func (l lab) tryApply(manifest string) error {
	arguments := []string{"apply", "-f", "-"}
	if !strings.Contains(manifest, "kind: Namespace, metadata") {
		arguments = append(arguments, "-n", l.namespace)
	}
	_, err := try(manifest, arguments...)
	return err
}

func (l lab) apply(manifest string) {
	l.Helper()
	if err := l.tryApply(manifest); err != nil {
		l.Fatal(err)
	}
}

// deploy makes a Deployment of qotm with a Service, or of a toolbox to ask from, and waits for it.
func (l lab) deploy(name string, user int, annotations string) {
	l.Helper()
	image, extra := "toolbox", `command: [/usr/local/bin/pause]`
	if name == "qotm" {
		image, extra = "qotm", `ports: [{containerPort: 8080, name: http}], readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 1, timeoutSeconds: 10}`
		l.apply(`{apiVersion: v1, kind: Service, metadata: {name: qotm}, spec: {selector: {app: qotm}, ports: [{name: http, port: 80, targetPort: http}]}}`)
	}
	l.apply(fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s}, spec: {
		selector: {matchLabels: {app: %[1]s}}, template: {metadata: {labels: {app: %[1]s}, annotations: {%[2]s}}, spec: {
		serviceAccountName: client, automountServiceAccountToken: false, terminationGracePeriodSeconds: 2,
		securityContext: {runAsNonRoot: true, runAsUser: %[3]d, seccompProfile: {type: RuntimeDefault}},
		containers: [{name: main, image: "seaworthy.local/%[4]s:1", imagePullPolicy: IfNotPresent, %[5]s,
		resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 128Mi}},
		securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}}}`, name, annotations, user, image, extra))
	kubectl(l.T, "-n", l.namespace, "rollout", "status", "deployment/"+name, "--timeout="+patience.String())
}

// shell runs a script in a workload's container.
func (l lab) shell(name, script string) string {
	l.Helper()
	return kubectl(l.T, "-n", l.namespace, "exec", "deploy/"+name, "-c", "main", "--", "bash", "-c", script)
}

// status is that of the answer to a pod's request; without an answer it is 000.
func (l lab) status(from, arguments string) string {
	l.Helper()
	return l.shell(from, `curl -sk -m 4 -o /dev/null -w '%{http_code}' `+arguments+` || true`)
}

// answers waits for a status: policies and configurations take a moment to arrive.
func (l lab) answers(from, arguments, want string) {
	l.Helper()
	eventually(l.T, func() error {
		if got := l.status(from, arguments); got != want {
			return fmt.Errorf("%s asks %s: %s, not %s", from, arguments, got, want)
		}
		return nil
	})
}

func (l lab) podAddress(name string) string {
	l.Helper()
	return kubectl(l.T, "-n", l.namespace, "get", "pods", "-l", "app="+name, "-o", "jsonpath={.items[0].status.podIP}")
}

// serviceAddress is where the node reaches a part's Service.
func serviceAddress(t *testing.T, namespace, name string) string {
	t.Helper()
	return kubectl(t, "-n", namespace, "get", "service", name, "-o", "jsonpath={.spec.clusterIP}")
}

var client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// statusOf sends a request and gives the status of its answer, once that has been read.
func statusOf(t *testing.T, request *http.Request) int {
	t.Helper()
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode
}

// askIngress asks the ingress for a path of a host, with headers, and gives the status.
func askIngress(t *testing.T, host, path string, header http.Header) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+serviceAddress(t, "emissary", "emissary-ingress")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	if header != nil {
		request.Header = header
	}
	return statusOf(t, request)
}
