package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeBuild takes a while, notes that it ran, and leaves a program that says what it is asked.
const fakeBuild = `#!/bin/sh
echo run >>"$BUILDS"
sleep 1
[ -z "$FAILS" ] || { echo "no compiler" >&2; exit 1; }
printf '#!/bin/sh\necho "carried out $1"\n' >"$1/cluster-parts"
chmod +x "$1/cluster-parts"
`

// checkout is a folder like this one's parent, whose build takes a second and a compiler that has a version only.
func checkout(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	script, err := os.ReadFile("run")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"deploy/cluster/run": string(script), "deploy/cluster/build": fakeBuild, "bin/go": "#!/bin/sh\necho go version\n",
		"deploy/cluster/main.go": "", "deploy/cluster/go.mod": "", "deploy/cluster/go.sum": "", "deploy/local/go.mod": "", "deploy/local/go.sum": "",
		"deploy/local/cmd/kubectl/main.go": "",
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func runScript(folder string, environment ...string) (string, error) {
	command := exec.Command(filepath.Join(folder, "deploy/cluster/run"), "install")
	command.Env = append(os.Environ(), append(environment, "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"),
		"SEAWORTHY_CACHE="+filepath.Join(folder, "cache"), "BUILDS="+filepath.Join(folder, "builds"))...)
	out, err := command.CombinedOutput()
	return string(out), err
}

func left(t *testing.T, folder string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "cache/own-cluster/*-*"))
	if err != nil {
		t.Fatal(err)
	}
	names := ""
	for _, path := range found {
		names += filepath.Base(path)[:6] + " "
	}
	return names
}

func TestFirstRunsAtOnceBuildOnceAndAllAreCarriedOut(t *testing.T) {
	folder := checkout(t)
	var runs sync.WaitGroup
	for range 3 {
		runs.Go(func() {
			if out, err := runScript(folder); err != nil || !strings.HasSuffix(out, "carried out install\n") {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	runs.Wait()
	if builds, err := os.ReadFile(filepath.Join(folder, "builds")); err != nil || string(builds) != "run\n" {
		t.Errorf("built %q, %v", builds, err)
	}
	if names := left(t, folder); names != "progra " {
		t.Errorf("left: %s", names)
	}
}

func TestAFailedBuildIsNotTakenForAWholeOne(t *testing.T) {
	folder := checkout(t)
	if out, err := runScript(folder, "FAILS=1"); err == nil || !strings.Contains(out, "no compiler") {
		t.Errorf("%v: %s", err, out)
	}
	if names := left(t, folder); names != "" {
		t.Errorf("left: %s", names)
	}
	if out, err := runScript(folder); err != nil || !strings.HasSuffix(out, "carried out install\n") {
		t.Errorf("%v: %s", err, out)
	}
}
