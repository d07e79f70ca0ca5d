package clustertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// mapping is a Mapping of the lab's own hostname.
func (l lab) mapping(name, prefix string) string {
	return fmt.Sprintf(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: %s},
		spec: {hostname: %s.labs.localhost, prefix: /%s/, service: qotm}}`, name, l.namespace, prefix)
}

// throughIngress asks the ingress for a path of the lab's hostname, and gives the status.
func (l lab) throughIngress(path string) int {
	l.Helper()
	return askIngress(l.T, l.namespace+".labs.localhost", path, nil)
}

func TestAFloodOfObjectsInOneNamespaceHoldsNobodyElseUp(t *testing.T) {
	own, other := newLab(t), newLab(t)
	other.deploy("qotm", 1000, "")
	other.deploy("toolbox", 1000, "")
	other.answers("toolbox", "http://qotm/", "200")
	var manifest strings.Builder
	for number := range 200 {
		fmt.Fprintf(&manifest, "%s\n---\n", own.mapping(fmt.Sprintf("flood-%d", number), fmt.Sprintf("flood-%d", number)))
		fmt.Fprintf(&manifest, `{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: flood-%d}, spec: {podSelector: {}, port: %d}}`+"\n---\n", number, 1000+number)
		fmt.Fprintf(&manifest, `{apiVersion: v1, kind: Service, metadata: {name: flood-%d}, spec: {selector: {app: none}, ports: [{port: 80}]}}`+"\n---\n", number)
	}
	slowest := time.Duration(0)
	measure := func(what string, begun time.Time, isDone func() bool) {
		for !isDone() {
			if time.Since(begun) > patience {
				t.Fatalf("%s: not within %s", what, patience)
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%s: %s", what, time.Since(begun).Round(10*time.Millisecond))
		slowest = max(slowest, time.Since(begun))
	}
	change := func(round int) {
		path := fmt.Sprintf("round-%d", round)
		other.apply(other.mapping(path, path))
		measure("a Mapping", time.Now(), func() bool { return other.throughIngress("/"+path+"/healthz") == http.StatusOK })
	}
	for round := range 3 {
		change(round)
	}
	// What this machine takes without a flood.
	limit := 5*time.Second + 10*slowest
	flooded := make(chan error, 1)
	go func() { flooded <- own.tryApply(manifest.String()) }()
	for round := range 5 {
		change(3 + round)
	}
	other.apply(`{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: qotm}, spec: {podSelector: {matchLabels: {app: qotm}}, port: http}}`)
	measure("a Server", time.Now(), func() bool { return other.status("toolbox", "http://qotm/") == "403" })
	if err := <-flooded; err != nil {
		t.Errorf("the flood: %v", err)
	}
	if slowest > limit {
		t.Errorf("the slowest change took %s, more than %s", slowest, limit)
	}
}
