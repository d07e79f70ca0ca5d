// Package clustertest tries on a running cluster what the stand-in for Linkerd does. It runs on the cluster's node, as root,
// with TEST_KUBECONFIG set, and with kubectl on the path or in TEST_KUBECTL.
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

// try runs the cluster's own kubectl and gives what it printed: another version on the machine may read YAML differently.
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

func apply(t *testing.T, manifest string) {
	t.Helper()
	if _, err := try(manifest, "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
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

// namespace makes one that is removed after the test.
func namespace(t *testing.T, annotations string) string {
	t.Helper()
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	name := "mesh-test-" + hex.EncodeToString(random)
	apply(t, fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: %s, annotations: {%s},
		labels: {pod-security.kubernetes.io/enforce: restricted}}}`, name, annotations))
	t.Cleanup(func() {
		if _, err := try("", "delete", "namespace", name, "--wait=false"); err != nil {
			t.Error(err)
		}
	})
	for _, account := range []string{"client", "other"} {
		kubectl(t, "-n", name, "create", "serviceaccount", account)
	}
	return name
}

const meshed = "linkerd.io/inject: enabled"

// workload makes a Deployment and waits for it.
func workload(t *testing.T, namespace, name, account, annotations string, replicas int) {
	t.Helper()
	deploy(t, namespace, name, account, annotations, replicas)
	kubectl(t, "-n", namespace, "rollout", "status", "deployment/"+name, "--timeout="+patience.String())
}

// deploy makes a Deployment of qotm, or of a toolbox to ask from.
func deploy(t *testing.T, namespace, name, account, annotations string, replicas int) {
	t.Helper()
	image, extra := "toolbox", `command: [/usr/local/bin/pause]`
	if strings.HasPrefix(name, "qotm") {
		image, extra = "qotm", `ports: [{containerPort: 8080, name: http}], readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 1, timeoutSeconds: 10}`
	}
	apply(t, fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s, namespace: %[2]s}, spec: {replicas: %[3]d,
		selector: {matchLabels: {app: %[1]s}}, template: {metadata: {labels: {app: %[1]s}, annotations: {%[4]s}}, spec: {
		serviceAccountName: %[5]s, automountServiceAccountToken: false, terminationGracePeriodSeconds: 2,
		securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
		containers: [{name: main, image: "seaworthy.local/%[6]s:1", imagePullPolicy: IfNotPresent, %[7]s,
		securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}}}`,
		name, namespace, replicas, annotations, account, image, extra))
}

func service(t *testing.T, namespace, name, annotations string) {
	t.Helper()
	apply(t, fmt.Sprintf(`{apiVersion: v1, kind: Service, metadata: {name: %[1]s, namespace: %[2]s, annotations: {%[3]s}},
		spec: {selector: {app: %[1]s}, ports: [{name: http, port: 80, targetPort: http}]}}`, name, namespace, annotations))
}

// shell runs a script in a workload's container.
func shell(t *testing.T, namespace, name, script string) string {
	t.Helper()
	return kubectl(t, "-n", namespace, "exec", "deploy/"+name, "-c", "main", "--", "bash", "-c", script)
}

// statuses asks a number of times and counts the answers by status.
func statuses(t *testing.T, namespace, from, url string, times int) map[string]int {
	t.Helper()
	out := shell(t, namespace, from, fmt.Sprintf(`for i in $(seq %d); do curl -s -m 20 -o /dev/null -w '%%{http_code}\n' %s; done; true`, times, url))
	counts := map[string]int{}
	for _, status := range strings.Fields(out) {
		counts[status]++
	}
	return counts
}

// answers waits until a client gets a status: what the control plane says takes a moment to arrive.
func answers(t *testing.T, namespace, from, url, status string) {
	t.Helper()
	eventually(t, func() error {
		if got := statuses(t, namespace, from, url, 1); got[status] != 1 {
			return fmt.Errorf("%s asks %s: %v, not %s", from, url, got, status)
		}
		return nil
	})
}

func addresses(t *testing.T, namespace, name string) []string {
	t.Helper()
	return strings.Fields(kubectl(t, "-n", namespace, "get", "pods", "-l", "app="+name, "-o",
		`jsonpath={range .items[?(@.status.phase=="Running")]}{.status.podIP}{" "}{end}`))
}

var client = &http.Client{Timeout: time.Minute}

// read asks until there is an answer: a busy machine may refuse a connection. What is asked may be asked twice.
func read(t *testing.T, method, url, body string) string {
	t.Helper()
	var content []byte
	eventually(t, func() error {
		request, err := http.NewRequest(method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if content, err = io.ReadAll(answer.Body); err == nil && answer.StatusCode >= 300 {
			err = fmt.Errorf("%s %s: %s", method, url, answer.Status)
		}
		return err
	})
	return string(content)
}

// metric adds up the series of a workload's proxies that have all of the labels.
func metric(t *testing.T, namespace, workload, name string, labels ...string) float64 {
	t.Helper()
	sum := 0.0
	for _, address := range addresses(t, namespace, workload) {
		for _, line := range strings.Split(read(t, "GET", "http://"+address+":4191/metrics", ""), "\n") {
			series, value, _ := strings.Cut(line, "} ")
			isAsked := strings.HasPrefix(series, name+"{")
			for _, label := range labels {
				isAsked = isAsked && strings.Contains(series, label)
			}
			if !isAsked {
				continue
			}
			number := 0.0
			if _, err := fmt.Sscan(value, &number); err != nil {
				t.Fatal(err)
			}
			sum += number
		}
	}
	return sum
}

// counted waits until a metric has a value: the access log is written ten times a second.
func counted(t *testing.T, want float64, namespace, workload, name string, labels ...string) {
	t.Helper()
	eventually(t, func() error {
		if got := metric(t, namespace, workload, name, labels...); got != want {
			return fmt.Errorf("%s of %s with %q is %v, not %v", name, workload, labels, got, want)
		}
		return nil
	})
}

// seen waits until a metric counts something: a busy machine may have needed more than one request.
func seen(t *testing.T, namespace, workload, name string, labels ...string) {
	t.Helper()
	eventually(t, func() error {
		if got := metric(t, namespace, workload, name, labels...); got < 1 {
			return fmt.Errorf("%s of %s with %q is %v", name, workload, labels, got)
		}
		return nil
	})
}

// settled is a metric's value once it has stopped growing.
func settled(t *testing.T, namespace, workload, name string, labels ...string) float64 {
	t.Helper()
	last := -1.0
	for {
		got := metric(t, namespace, workload, name, labels...)
		if got == last {
			return got
		}
		last = got
		time.Sleep(2 * time.Second)
	}
}

func identity(account, namespace string) string {
	return account + "." + namespace + ".serviceaccount.identity.linkerd.cluster.local"
}
