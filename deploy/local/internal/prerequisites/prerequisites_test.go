package prerequisites

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRootInNameOnlyIsNotEnough(t *testing.T) {
	const full, unprivileged = "CapEff:\t000001fffeffffff\n", "CapEff:\t00000000a80425fb\n"
	if fault := missingCapability(0, full); fault != "" {
		t.Errorf("full rights are refused: %s", fault)
	}
	if fault := missingCapability(0, unprivileged); !strings.Contains(fault, "CAP_") {
		t.Errorf("got %q", fault)
	}
	if fault := missingCapability(1000, full); !strings.Contains(fault, "root") {
		t.Errorf("got %q", fault)
	}
}

func TestMissingProgramsNameTheirPackageOnce(t *testing.T) {
	missing := missingPrograms(func(name string) (string, error) {
		if strings.HasPrefix(name, "containerd") || name == "ctr" {
			return "", errors.New("not found")
		}
		return name, nil
	})
	if len(missing) != 1 || !strings.HasSuffix(missing[0], "(on Debian: apt-get install containerd)") {
		t.Errorf("got %q", missing)
	}
	if missing := missingPrograms(func(name string) (string, error) { return name, nil }); missing != nil {
		t.Errorf("got %q", missing)
	}
}

func TestBothVersionsOfControlGroupsCount(t *testing.T) {
	unified, split, none := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(unified, "cgroup.controllers"), []byte("cpuset cpu io memory pids\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, controller := range []string{"cpu", "cpuacct", "cpuset", "devices", "memory"} {
		if err := os.Mkdir(filepath.Join(split, controller), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(split, controller, "cgroup.procs"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if missing := missingControllers(unified); missing != nil {
		t.Errorf("got %q", missing)
	}
	if missing := missingControllers(split); len(missing) != 1 || !strings.Contains(missing[0], "for pids in") {
		t.Errorf("got %q", missing)
	}
	if missing := missingControllers(none); len(missing) != 1 {
		t.Errorf("got %q", missing)
	}
}

func TestTheRefusalSaysWhatToDoInstead(t *testing.T) {
	message := (&Unsupported{Missing: []string{"it needs root"}}).Error()
	for _, part := range []string{"it needs root", "KUBECONFIG", "kind", "k3s"} {
		if !strings.Contains(message, part) {
			t.Errorf("%q does not mention %s", message, part)
		}
	}
}
