package clustertest

import (
	"strings"
	"testing"
)

func TestAForkBombLeavesTheNodeUsable(t *testing.T) {
	own, other := newLab(t), newLab(t)
	own.deploy("toolbox", 1000, "linkerd.io/inject: disabled")
	other.deploy("qotm", 1000, "")
	if got := own.shell("toolbox", `(for i in $(seq 1000); do sleep 60 & done) 2>&1 | grep -c 'Resource temporarily unavailable' || true`); got == "0" {
		t.Error("a pod has a thousand processes")
	}
	other.deploy("toolbox", 1000, "")
	other.answers("toolbox", "http://qotm/", "200")
	if running := strings.Fields(other.shell("toolbox", "cat /proc/loadavg")); len(running) < 4 {
		t.Errorf("the node's load: %q", running)
	}
}
