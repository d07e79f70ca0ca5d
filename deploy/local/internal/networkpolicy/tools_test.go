package networkpolicy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const table = `*filter
:FORWARD ACCEPT [0:0]
:KUBE-NWPLCY-DEFAULT - [0:0]
:KUBE-NWPLCY-OLD - [0:0]
:KUBE-POD-FW-OLD - [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -j KUBE-ROUTER-FORWARD
-A KUBE-NWPLCY-DEFAULT -j MARK --set-xmark 0x10000/0x10000
-A KUBE-POD-FW-OLD -j KUBE-NWPLCY-OLD
-A KUBE-ROUTER-FORWARD -d 10.244.0.2/32 -m comment --comment "a" -j KUBE-POD-FW-OLD
-A KUBE-ROUTER-FORWARD -m mark --mark 0x20000/0x20000 -j ACCEPT
-A KUBE-SERVICES -j REJECT
COMMIT
`

// withTools gives the controller's path, on which the real commands print the table and what they are given.
func withTools(t *testing.T) {
	t.Helper()
	real, own := t.TempDir(), t.TempDir()
	for name, script := range map[string]string{
		"iptables-save":    "#!/bin/sh\ncat <<'END'\n" + table + "END\n",
		"iptables-restore": "#!/bin/sh\necho \"given $*\"\ncat\n",
	} {
		if err := os.WriteFile(filepath.Join(real, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", real+":"+os.Getenv("PATH"))
	if err := useTools(own); err != nil {
		t.Fatal(err)
	}
}

func runTool(t *testing.T, input, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", name, err, output)
	}
	return string(output)
}

func TestTheControllerReadsItsOwnRulesWithoutThoseOfItsLastSynchronization(t *testing.T) {
	withTools(t)
	expected := `*filter
:KUBE-NWPLCY-DEFAULT - [0:0]
:KUBE-ROUTER-FORWARD - [0:0]
-A KUBE-NWPLCY-DEFAULT -j MARK --set-xmark 0x10000/0x10000
-A KUBE-ROUTER-FORWARD -m mark --mark 0x20000/0x20000 -j ACCEPT
COMMIT
`
	if read := runTool(t, "", "iptables-save", "-t", "filter"); read != expected {
		t.Errorf("got\n%s", read)
	}
}

func TestASynchronizationReplacesTheRulesOfPoliciesAlone(t *testing.T) {
	withTools(t)
	written := "*filter\n:KUBE-ROUTER-FORWARD - [0:0]\n:KUBE-NWPLCY-DEFAULT - [0:0]\n:KUBE-POD-FW-NEW - [0:0]\n-A KUBE-ROUTER-FORWARD -j KUBE-POD-FW-NEW\n"
	expected := "given --noflush --wait -T filter\n" + written +
		"-F KUBE-NWPLCY-OLD\n-F KUBE-POD-FW-OLD\n-X KUBE-NWPLCY-OLD\n-X KUBE-POD-FW-OLD\nCOMMIT\n"
	if given := runTool(t, written+"COMMIT\n", "iptables-restore", "--wait", "-T", "filter"); given != expected {
		t.Errorf("got\n%s", given)
	}
}
