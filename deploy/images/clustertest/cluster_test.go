// Package clustertest tries the images on a real cluster: the one that TEST_KUBECONFIG names, which must have the images and Jaeger.
//
//	TEST_KUBECONFIG=/var/lib/seaworthy-cluster/kubeconfig go test ./clustertest
package clustertest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	kubeconfig = os.Getenv("TEST_KUBECONFIG")
	// namespace holds the system that the tests share; they run one after another.
	namespace string
	// api is where `kubectl proxy` serves the cluster's API.
	api string
)

// waitTimeout is how long anything on a busy machine may take.
const waitTimeout = 3 * time.Minute

func TestMain(m *testing.M) {
	if kubeconfig == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		return
	}
	os.Exit(onCluster(m))
}

func onCluster(m *testing.M) int {
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		return fail(err)
	}
	namespace = "demo-" + hex.EncodeToString(random)
	stop, err := startProxy()
	if err != nil {
		return fail(err)
	}
	defer stop()
	defer func() { _, _ = kubectl("", "delete", "namespace", namespace, "--ignore-not-found", "--wait=false") }()
	if err := deploy(); err != nil {
		return fail(err)
	}
	return m.Run()
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// deploy applies the system as a learner would, where Pod Security is enforced.
func deploy() error {
	made := fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n  labels:\n    pod-security.kubernetes.io/enforce: restricted\n", namespace)
	if _, err := kubectl(made, "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	if err := applySystem(); err != nil {
		return err
	}
	_, err := kubectl(toolbox, "apply", "--server-side", "-n", namespace, "-f", "-")
	if err != nil {
		return err
	}
	_, err = inNamespace("wait", "--for=condition=Ready", "pod/toolbox", "--timeout="+waitTimeout.String())
	return err
}

func applySystem() error {
	if _, err := inNamespace("apply", "--server-side", "--force-conflicts", "-f", "../qotm/system.yaml"); err != nil {
		return err
	}
	for _, service := range []string{"front", "qotm", "authors", "store"} {
		if err := awaitRollout(service); err != nil {
			return err
		}
	}
	return nil
}

// awaitRollout waits for the pods that a change asks for, and until those before them, which may go on answering, are gone.
func awaitRollout(service string) error {
	if _, err := inNamespace("rollout", "status", "deployment/"+service, "--timeout="+waitTimeout.String()); err != nil {
		return err
	}
	for deadline := time.Now().Add(waitTimeout); ; time.Sleep(200 * time.Millisecond) {
		pods, err := inNamespace("get", "pods", "-l", "app.kubernetes.io/name="+service, "-o", "name")
		if err != nil || strings.Count(pods, "\n") == 1 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the pods of %s: %q", service, pods)
		}
	}
}

// kubectl runs the local cluster's own kubectl, with text as its input: one on the machine may be of any version.
func kubectl(input string, arguments ...string) (string, error) {
	command := kubectlCommand(context.Background(), arguments...)
	command.Stdin = strings.NewReader(input)
	var output, errs bytes.Buffer
	command.Stdout, command.Stderr = &output, &errs
	if err := command.Run(); err != nil {
		return output.String(), fmt.Errorf("kubectl %s: %w: %s%s", strings.Join(arguments, " "), err, errs.String(), output.String())
	}
	return output.String(), nil
}

func kubectlCommand(ctx context.Context, arguments ...string) *exec.Cmd {
	program := filepath.Join(filepath.Dir(kubeconfig), "bin", "seaworthy-cluster")
	command := exec.CommandContext(ctx, program, append([]string{"kubectl"}, arguments...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	return command
}

func inNamespace(arguments ...string) (string, error) {
	return kubectl("", append([]string{"-n", namespace}, arguments...)...)
}

// must is inNamespace for what has to succeed.
func must(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := inNamespace(arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// startProxy lets the tests send any request to any Service, wherever the cluster is.
func startProxy() (stop func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	command := kubectlCommand(ctx, "proxy", "--port=0")
	output, err := command.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := command.Start(); err != nil {
		cancel()
		return nil, err
	}
	stop = func() {
		cancel()
		_ = command.Wait()
	}
	said := make([]byte, 200)
	length, err := output.Read(said)
	address := regexp.MustCompile(`127\.0\.0\.1:\d+`).Find(said[:length])
	if address == nil {
		stop()
		return nil, errors.Join(fmt.Errorf("kubectl proxy said %q", said[:length]), err)
	}
	api = "http://" + string(address)
	return stop, nil
}

// answer is what a request got.
type answer struct {
	status int
	body   string
	header http.Header
}

// send makes a request to a Service through the API server.
func send(t *testing.T, method, service, path, body string) answer {
	t.Helper()
	return request(t, method, fmt.Sprintf("/api/v1/namespaces/%s/services/%s:http/proxy%s", namespace, service, path), body, nil)
}

func request(t *testing.T, method, path, body string, header http.Header) answer {
	t.Helper()
	made, err := http.NewRequest(method, api+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		made.Header[name] = values
	}
	received, err := http.DefaultClient.Do(made)
	if err != nil {
		t.Fatal(err)
	}
	defer received.Body.Close()
	content, err := io.ReadAll(received.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{received.StatusCode, string(content), received.Header}
}

// eventually waits until a condition holds, and says what it saw last where it never does.
func eventually(t *testing.T, what string, holds func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(waitTimeout)
	for {
		held, seen := holds()
		if held {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v. Last seen: %s", what, waitTimeout, seen)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// fault orders one, and takes it back when the test ends.
func fault(t *testing.T, service, order string) {
	t.Helper()
	if got := send(t, "POST", service, "/fault", order); got.status != http.StatusOK {
		t.Fatalf("%s of %s: %d %s", order, service, got.status, got.body)
	}
	t.Cleanup(func() { send(t, "DELETE", service, "/fault", "") })
}

// metric reads one time series of a service; 0 where there is none.
func metric(t *testing.T, service, series string) float64 {
	t.Helper()
	_, after, found := strings.Cut(send(t, "GET", service, "/metrics", "").body, "\n"+series+" ")
	value := 0.0
	if found {
		if _, err := fmt.Sscan(after, &value); err != nil {
			t.Fatal(err)
		}
	}
	return value
}

// read parses JSON that must be some.
func read[T any](t *testing.T, text string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return value
}
