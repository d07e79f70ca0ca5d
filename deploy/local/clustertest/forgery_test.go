package clustertest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// taker serves numbers of its own at a port of its own, and takes the proxy's as soon as it is free.
const taker = `use IO::Socket::INET; $| = 1; fork || ($port = 8080); $port ||= 4191;
while (1) { my $s = IO::Socket::INET->new(LocalPort => $port, Listen => 5, ReuseAddr => 1); if (!$s) { select undef, undef, undef, 0.05; next }
print "has $port\n"; while (my $c = $s->accept) { while (<$c>) { last if /^\r?$/ }
print $c "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nresponse_total{forged=\"yes\",direction=\"inbound\",classification=\"success\"} 1\n"; close $c } }`

// found is what the cluster's Prometheus finds, as the platform asks it.
func found(t *testing.T, query string) string {
	t.Helper()
	return kubectl(t, "get", "--raw", "/api/v1/namespaces/linkerd-viz/services/prometheus:9090/proxy/api/v1/query?query="+url.QueryEscape(query))
}

// within waits for what Prometheus does at its next scrape or the one after.
func within(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	var err error
	for begun := time.Now(); time.Since(begun) < limit; time.Sleep(time.Second) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// killContainer ends the first process of a container of this node.
func killContainer(t *testing.T, id string) {
	t.Helper()
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	first := 0
	for _, path := range groups {
		content, _ := os.ReadFile(path)
		number, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && strings.Contains(string(content), id) && (first == 0 || number < first) {
			first = number
		}
	}
	if first == 0 {
		t.Fatalf("no process of the container %s", id)
	}
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestWhoeverTakesTheProxysPortHasNoNumbersRead(t *testing.T) {
	own := newLab(t)
	own.apply(`{apiVersion: v1, kind: ConfigMap, metadata: {name: taker}, data: {taker.pl: ` + strconv.Quote(taker) + `}}`)
	own.apply(`{apiVersion: v1, kind: Pod, metadata: {name: taker, labels: {app: taker}}, spec: {
		serviceAccountName: client, automountServiceAccountToken: false, terminationGracePeriodSeconds: 1,
		securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}, volumes: [{name: files, configMap: {name: taker}}],
		containers: [{name: main, image: "seaworthy.local/toolbox:1", imagePullPolicy: IfNotPresent, command: [perl, /files/taker.pl], volumeMounts: [{name: files, mountPath: /files}],
		ports: [{name: http, containerPort: 8080}], resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}},
		securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`)
	kubectl(t, "-n", own.namespace, "wait", "--for=condition=Ready", "pod/taker", "--timeout=120s")
	mine := fmt.Sprintf(`{namespace=%q,pod="taker"}`, own.namespace)
	within(t, 3*time.Minute, func() error {
		if got := found(t, "up"+mine+" == 1"); strings.Contains(got, `"result":[]`) {
			return fmt.Errorf("the proxy is not read: %s", got)
		}
		return nil
	})
	killContainer(t, strings.TrimPrefix(kubectl(t, "-n", own.namespace, "get", "pod", "taker", "-o", "jsonpath={.status.initContainerStatuses[0].containerID}"), "containerd://"))
	eventually(t, func() error {
		if log := kubectl(t, "-n", own.namespace, "logs", "taker", "-c", "main"); !strings.Contains(log, "has 4191") {
			return fmt.Errorf("the port is not taken: %s", log)
		}
		return nil
	})
	address := kubectl(t, "-n", own.namespace, "get", "pod", "taker", "-o", "jsonpath={.status.podIP}")
	if connection, err := net.DialTimeout("tcp", address+":4191", 3*time.Second); err == nil {
		connection.Close()
		t.Error("whoever took the proxy's port is answered for")
	}
	within(t, 3*time.Minute, func() error {
		if got := found(t, "up"+mine+" == 0"); strings.Contains(got, `"result":[]`) {
			return fmt.Errorf("Prometheus has not asked since: %s", got)
		}
		return nil
	})
	if got := found(t, fmt.Sprintf(`count_over_time({namespace=%q,forged="yes"}[10m])`, own.namespace)); !strings.Contains(got, `"result":[]`) {
		t.Errorf("what it says is kept: %s", got)
	}
}
