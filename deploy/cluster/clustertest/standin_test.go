package clustertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seaworthy/deploy/cluster/internal/charts"
	"seaworthy/deploy/cluster/internal/lock"
	"seaworthy/deploy/cluster/internal/parts"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/standins"
)

// standInObjects is a part of the local cluster that stands in for the second chart.
const standInObjects = `apiVersion: v1
kind: Namespace
metadata: {name: NAMESPACE}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stand-in, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: stand-in}}
  template:
    metadata: {labels: {app: stand-in}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: pause, image: "seaworthy.local/pause:1", imagePullPolicy: IfNotPresent}]
`

// localCluster is that of TEST_KUBECONFIG; TEST_CLUSTER_PROGRAM names a newer seaworthy-cluster than the one it runs.
func localCluster(t *testing.T) *standins.Cluster {
	local := standins.Find(kubeconfig)
	if local == nil {
		t.Skip("not tried: TEST_KUBECONFIG is not the local cluster's, which alone has stand-ins")
	}
	program := os.Getenv("TEST_CLUSTER_PROGRAM")
	if program == "" {
		return local
	}
	local.Program = func(ctx context.Context, arguments ...string) error {
		out, err := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
		if err != nil {
			t.Logf("%s", out)
		}
		return err
	}
	return local
}

// addStandIn gives the local cluster the part, and takes it away after the test.
func addStandIn(t *testing.T, local *standins.Cluster, w *world) string {
	t.Helper()
	name := "test-" + w.namespace
	folder := t.TempDir()
	objects := strings.ReplaceAll(standInObjects, "NAMESPACE", w.namespace)
	if err := os.Mkdir(filepath.Join(folder, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "objects.yaml"), []byte(objects), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := local.Program(context.Background(), "add", "--dir", local.Dir, name, folder); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if local.IsThere(name) {
			if err := local.Remove(context.Background(), name); err != nil {
				t.Error(err)
			}
		}
		left, _ := filepath.Glob(filepath.Join(local.Dir, "parts", name+".*"))
		for _, file := range left {
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		}
	})
	return name
}

func TestTheRealOneTakesThePlaceOfItsStandInAndGivesItBack(t *testing.T) {
	local := localCluster(t)
	w := newWorld(t)
	name := addStandIn(t, local, w)
	locked, err := lock.Read(filepath.Join(w.folder, "lock.yaml"), false)
	if err != nil {
		t.Fatal(err)
	}
	installer := &parts.Installer{
		Folder: w.folder, Lock: locked, Run: cluster(), Local: local, Timeout: 30 * time.Second, Out: t.Output(), Now: time.Now,
		Charts: &charts.Store{Folder: filepath.Join(w.cache, "charts"), Lock: locked, Run: cluster()},
	}
	chosen := []pins.Part{{Name: "mesh", Product: "The second", StandIns: []string{name}, Releases: []pins.Release{{
		Name: "second", Namespace: w.namespace, Repository: w.charts.URL, Chart: "second", Version: "1.0.0", Digest: pins.Unknown,
		Values: "second.yaml",
	}}}}
	expect := func(deployment, what string) {
		t.Helper()
		if found := kubectl(t, "get", "deployments", "--namespace", w.namespace, "--output", "name"); found != "deployment.apps/"+deployment+"\n" {
			t.Fatalf("%s: %q", what, found)
		}
	}
	w.write("values/second.yaml", "ready: false\n")
	if err := installer.Install(context.Background(), chosen); err == nil || !strings.Contains(err.Error(), "has no node") {
		t.Fatalf("a release whose pods never start: %v", err)
	}
	expect("stand-in", "after the real one failed")
	w.write("values/second.yaml", "ready: true\n")
	installer.Timeout = 3 * time.Minute
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	expect("second", "after the real one came")
	if !local.IsReplaced(name) {
		t.Error("the next start would add the stand-in again")
	}
	if err := installer.Remove(context.Background(), chosen, false); err != nil {
		t.Fatal(err)
	}
	expect("stand-in", "after the real one was removed")
}
