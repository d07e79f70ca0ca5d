// Package clustertest installs two charts of its own on the cluster of TEST_KUBECONFIG, with the real helm, from servers on this
// machine: the real charts cannot be had everywhere.
package clustertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"seaworthy/deploy/cluster/internal/tools"
)

var (
	kubeconfig = os.Getenv("TEST_KUBECONFIG")
	// programs has cluster-parts, helm and kubectl.
	programs string
)

func TestMain(m *testing.M) {
	if kubeconfig == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		return
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "programs-*")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(folder)
	programs = folder
	if given := os.Getenv("TEST_PROGRAMS"); given != "" {
		programs = given
	} else if out, err := exec.Command("../build", folder).CombinedOutput(); err != nil {
		fmt.Printf("the programs cannot be built: %v\n%s", err, out)
		return 1
	}
	if _, err := cluster()(context.Background(), nil, "kubectl", "get", "namespaces", "--request-timeout", "10s"); err != nil {
		fmt.Println("the cluster of TEST_KUBECONFIG does not answer:", err)
		return 1
	}
	return m.Run()
}

func cluster() tools.Run {
	return tools.Programs(programs, kubeconfig, filepath.Join(os.TempDir(), "seaworthy-clustertest"))
}

// kubectl asks or changes the cluster beside what is tested.
func kubectl(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := cluster()(context.Background(), nil, "kubectl", arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
