package clustertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// world is a folder with pins for two charts, whose releases are in a namespace that nobody else has.
type world struct {
	t         *testing.T
	charts    *repository
	folder    string
	cache     string
	namespace string
}

func newWorld(t *testing.T) *world {
	t.Parallel()
	w := &world{t: t, charts: serveCharts(t), folder: t.TempDir(), cache: t.TempDir(),
		namespace: fmt.Sprintf("deploy-cluster-%06x", rand.IntN(1<<24))}
	w.charts.archives["first"] = pack(t, "first", "one")
	w.charts.archives["second"] = pack(t, "second", "two")
	host := strings.TrimPrefix(w.charts.URL, "http://")
	w.write("pins.yaml", fmt.Sprintf(`
parts:
  - name: ingress
    product: The first
    before: before.yaml
    after: after.yaml
    images: ["%[1]s"]
    releases:
      - {name: first, namespace: %[2]s, repository: "http://%[1]s", chart: first, version: 1.0.0, digest: unknown, values: first.yaml}
  - name: mesh
    product: The second
    needs: [ingress]
    images: ["%[1]s"]
    releases:
      - {name: second, namespace: %[2]s, repository: "oci://%[1]s/charts", chart: second, version: 1.0.0, digest: %[3]s, values: second.yaml}
`, host, w.namespace, sum(w.charts.archives["second"])))
	w.write("objects/before.yaml", fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n", w.namespace))
	w.write("objects/after.yaml", fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: last, namespace: %s}\n", w.namespace))
	w.write("values/first.yaml", "ready: true\n")
	w.write("values/second.yaml", "ready: true\n")
	t.Cleanup(func() {
		kubectl(t, "delete", "namespace", w.namespace, "--ignore-not-found", "--timeout", "5m")
	})
	return w
}

func (w *world) write(path, content string) {
	w.t.Helper()
	path = filepath.Join(w.folder, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) command(verb string, arguments ...string) *exec.Cmd {
	all := append([]string{verb, "--folder", w.folder, "--programs", programs, "--cache", w.cache, "--kubeconfig", w.kubeconfig()}, arguments...)
	return exec.Command(filepath.Join(programs, "cluster-parts"), all...)
}

// kubeconfig is a copy, apart from the local cluster's folder: here it is a cluster of one's own.
func (w *world) kubeconfig() string {
	path := filepath.Join(w.folder, "kubeconfig")
	content, err := os.ReadFile(kubeconfig)
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return path
}

// run gives what the command said and its exit code.
func (w *world) run(verb string, arguments ...string) (string, int) {
	w.t.Helper()
	command := w.command(verb, arguments...)
	out, err := command.CombinedOutput()
	if command.ProcessState == nil {
		w.t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

func (w *world) expect(code int, words string, verb string, arguments ...string) string {
	w.t.Helper()
	said, got := w.run(verb, arguments...)
	if got != code || !strings.Contains(said, words) {
		w.t.Fatalf("%s %v: exit code %d, and not %d with %q:\n%s", verb, arguments, got, code, words, said)
	}
	return said
}

// versions changes with any object of the namespace.
func (w *world) versions() string {
	return kubectl(w.t, "get", "secrets,configmaps,deployments", "--namespace", w.namespace,
		"--output", `jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.generation}{.metadata.uid}{"\n"}{end}`)
}

func TestChartsAreFetchedCheckedAndInstalledAndASecondRunChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.expect(3, "nothing was changed", "install", "--locked")
	said := w.expect(0, "Nothing is missing. Nothing was changed.", "install", "--dry-run")
	if !strings.HasPrefix(said, "A dry run: it says what would be done") {
		t.Errorf("what it is stands first: %s", said)
	}
	if found := kubectl(t, "get", "namespaces", w.namespace, "--ignore-not-found"); found != "" {
		t.Fatalf("a dry run made %s", found)
	}
	w.expect(0, "[2/2] mesh: second 1.0.0 in namespace "+w.namespace+": install", "install")
	locked, err := os.ReadFile(filepath.Join(w.folder, "lock.yaml"))
	if err != nil || !strings.Contains(string(locked), sum(w.charts.archives["first"])) || strings.Contains(string(locked), "second") {
		t.Errorf("the lock: %s, %v", locked, err)
	}
	before := w.versions()
	if strings.Count(before, "Deployment/") != 2 || !strings.Contains(before, "ConfigMap/last") {
		t.Fatalf("not all is there:\n%s", before)
	}
	// Neither its servers nor a second download are needed any more.
	w.charts.Close()
	w.expect(3, "does not answer this machine", "install", "--locked")
	reopened := serveCharts(t)
	w.repin(reopened)
	w.expect(0, "second 1.0.0 in namespace "+w.namespace+": unchanged", "install", "--locked")
	if after := w.versions(); after != before {
		t.Errorf("a second run changed something:\n%s\n%s", before, after)
	}
}

// repin keeps the charts' addresses and moves the images' to a server that answers.
func (w *world) repin(server *repository) {
	path := filepath.Join(w.folder, "pins.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	old := strings.TrimPrefix(w.charts.URL, "http://")
	changed := strings.ReplaceAll(string(content), `images: ["`+old, `images: ["`+strings.TrimPrefix(server.URL, "http://"))
	w.write("pins.yaml", changed)
}

func TestAChangedChartIsRefusedAndNothingChanges(t *testing.T) {
	w := newWorld(t)
	w.expect(0, "Done.", "install")
	before := w.versions()
	if err := os.RemoveAll(filepath.Join(w.cache, "charts")); err != nil {
		t.Fatal(err)
	}
	w.charts.archives["first"] = pack(t, "first", "changed")
	w.expect(1, "it was changed, and is refused", "install")
	w.charts.archives["second"] = pack(t, "second", "changed too")
	if err := os.Remove(filepath.Join(w.folder, "lock.yaml")); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "but pins.yaml says", "install")
	if after := w.versions(); after != before {
		t.Errorf("a refused chart changed something:\n%s\n%s", before, after)
	}
}

func TestARunThatWasKilledHalfWayIsTakenUpByTheNext(t *testing.T) {
	w := newWorld(t)
	w.write("values/second.yaml", "ready: false\n")
	command := w.command("install")
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); !strings.Contains(kubectl(t, "get", "secrets", "--namespace", w.namespace, "--show-labels"), "name=second"); {
		if time.Since(begun) > 5*time.Minute {
			t.Fatalf("the second release never began:\n%s", said.String())
		}
		time.Sleep(500 * time.Millisecond)
	}
	// Helm dies with it, so that it cannot record how far it came.
	if err := syscall.Kill(-command.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()
	w.write("values/second.yaml", "ready: true\n")
	answer := w.expect(0, "after an attempt that was cut short", "install")
	if !strings.Contains(answer, "first 1.0.0 in namespace "+w.namespace+": unchanged") {
		t.Errorf("what was done already was done again:\n%s", answer)
	}
	w.expect(0, "second 1.0.0 in namespace "+w.namespace+": unchanged", "install")
}

func TestRemovalTakesWhatWasInstalledAndNothingElse(t *testing.T) {
	w := newWorld(t)
	w.expect(0, "Done.", "install")
	kubectl(t, "create", "service", "clusterip", "somebody-elses", "--namespace", w.namespace, "--tcp", "80")
	w.expect(0, "in which there is still Service somebody-elses", "remove")
	if left := kubectl(t, "get", "services,deployments", "--namespace", w.namespace, "--output", "name"); left != "service/somebody-elses\n" {
		t.Errorf("what is left: %s", left)
	}
	w.expect(0, "Done.", "remove")
	kubectl(t, "delete", "service", "somebody-elses", "--namespace", w.namespace)
	w.expect(0, "Done.", "remove")
	if left := kubectl(t, "get", "namespaces", w.namespace, "--ignore-not-found"); left != "" {
		t.Errorf("the namespace is left: %s", left)
	}
}

func TestARemovedPartTakesWhatNeedsItAlong(t *testing.T) {
	w := newWorld(t)
	w.expect(0, "Done.", "install")
	w.expect(0, "Removing second from "+w.namespace, "remove", "mesh")
	if left := kubectl(t, "get", "deployments", "--namespace", w.namespace, "--output", "name"); left != "deployment.apps/first\n" {
		t.Errorf("what is left: %s", left)
	}
	w.expect(0, "second 1.0.0 in namespace "+w.namespace+": install", "install")
	said := w.expect(0, "Removing second", "remove", "ingress")
	if !strings.Contains(said, "Removing first") {
		t.Errorf("%s", said)
	}
}
