package clustertest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// active waits until a fault's metric says whether it is in force, and its log and status say the same.
func active(t *testing.T, service, name string) {
	t.Helper()
	if got := metric(t, service, `fault_active{fault="`+name+`"}`); got != 1 {
		t.Errorf("fault_active of %s at %s is %v", name, service, got)
	}
	if got := send(t, "GET", service, "/status", ""); !strings.Contains(got.body, `"fault":{`) {
		t.Errorf("the status does not say so: %s", got.body)
	}
	logged(t, service, `"msg":"fault changed"`)
}

// logged waits for a line of a service that holds a text.
func logged(t *testing.T, service, text string) {
	t.Helper()
	eventually(t, "a line with "+text, func() (bool, string) {
		lines := must(t, "logs", "deployment/"+service, "--since=2m")
		return strings.Contains(lines, text), lines
	})
}

// mended is a service with nothing wrong, after its fault was taken back.
func mended(t *testing.T, service string) {
	t.Helper()
	send(t, "DELETE", service, "/fault", "")
	if got := send(t, "GET", service, "/status", ""); strings.Contains(got.body, `"fault":{`) {
		t.Errorf("the status still says: %s", got.body)
	}
	eventually(t, "a page as it should be", func() (bool, string) {
		page := send(t, "GET", "front", "/", "")
		return page.status == http.StatusOK && !strings.Contains(page.body, `class="problem"`) &&
			!strings.Contains(page.body, "Author unknown"), page.body
	})
}

func TestErrorsShowInStatusCodesMetricsAndLogsUntilTheyAreTakenBack(t *testing.T) {
	const series = `http_requests_total{code="500",method="GET",path="/quotes/random",version="1"}`
	before := metric(t, "store", series)
	fault(t, "store", `{"error_rate":1}`)
	if got := send(t, "GET", "front", "/", ""); got.status != http.StatusBadGateway || !strings.Contains(got.body, "There is no quote") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := metric(t, "store", series); got != before+1 {
		t.Errorf("%v errors counted, %v before", got, before)
	}
	if got := metric(t, "qotm", `upstream_requests_total{result="500",upstream="store"}`); got < 1 {
		t.Errorf("qotm counted %v", got)
	}
	logged(t, "store", `"level":"ERROR","msg":"request"`)
	active(t, "store", "error_rate")
	mended(t, "store")
}

func TestLatencyShowsInTheHistogram(t *testing.T) {
	fault(t, "qotm", `{"latency_ms":300,"jitter_ms":100}`)
	began := time.Now()
	if got := send(t, "GET", "qotm", "/", ""); got.status != http.StatusOK || time.Since(began) < 300*time.Millisecond {
		t.Errorf("%d after %v", got.status, time.Since(began))
	}
	if got := metric(t, "qotm", `fault_injected_total{fault="latency_ms"}`); got < 1 {
		t.Errorf("%v requests were slowed down", got)
	}
	active(t, "qotm", "latency_ms")
	active(t, "qotm", "jitter_ms")
	mended(t, "qotm")
}

func TestAServiceThatIsNotReadyLosesItsEndpoints(t *testing.T) {
	addresses := func() string {
		return must(t, "get", "endpointslices", "-l", "kubernetes.io/service-name=authors", "-o", "jsonpath={.items[*].endpoints[*].conditions.ready}")
	}
	pod := must(t, "get", "pods", "-l", "app.kubernetes.io/name=authors", "-o", "jsonpath={.items[0].metadata.name}")
	path := fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:8080/proxy/fault", namespace, pod)
	fault(t, "authors", `{"ready":false}`)
	eventually(t, "no ready endpoint", func() (bool, string) { return addresses() == "false", addresses() })
	// The Service leads nowhere now: what takes the order back must reach the pod itself.
	if got := request(t, "DELETE", path, "", nil); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	eventually(t, "a ready endpoint", func() (bool, string) { return addresses() == "true", addresses() })
	mended(t, "authors")
}

func TestADependencyThatIsDownOrHangsFailsWhatNeedsItAlone(t *testing.T) {
	fault(t, "qotm", `{"down":"authors"}`)
	if got := send(t, "GET", "front", "/", ""); got.status != http.StatusOK || !strings.Contains(got.body, "Author unknown") ||
		!strings.Contains(got.body, "connection refused") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := metric(t, "qotm", `upstream_requests_total{result="refused",upstream="authors"}`); got < 1 {
		t.Errorf("%v refusals counted", got)
	}
	logged(t, "qotm", `"msg":"author not found"`)
	active(t, "qotm", "down")
	fault(t, "qotm", `{"down":"","hang":"store"}`)
	if got := send(t, "GET", "qotm", "/", ""); got.status != http.StatusGatewayTimeout {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := metric(t, "qotm", `upstream_requests_total{result="timeout",upstream="store"}`); got < 1 {
		t.Errorf("%v timeouts counted", got)
	}
	active(t, "qotm", "hang")
	mended(t, "qotm")
}

// lastEnd is how the container of a service's pod ended last: the reason, the exit code and the message.
func lastEnd(t *testing.T, service string) string {
	t.Helper()
	const ended = "{range .items[*].status.containerStatuses[*]}{.lastState.terminated.reason} {.lastState.terminated.exitCode} {.lastState.terminated.message}{.state.terminated.message}{end}"
	return must(t, "get", "pods", "-l", "app.kubernetes.io/name="+service, "-o", "jsonpath="+ended)
}

func TestMemoryGrowsUntilTheContainersLimitEndsItAndKubernetesSaysSo(t *testing.T) {
	fault(t, "store", `{"memory_mb":200}`)
	eventually(t, "memory held", func() (bool, string) {
		held := metric(t, "store", "fault_memory_bytes")
		return held >= 4<<20 || strings.Contains(lastEnd(t, "store"), "OOMKilled"), fmt.Sprint(held)
	})
	eventually(t, "OOMKilled", func() (bool, string) {
		seen := lastEnd(t, "store")
		return strings.HasPrefix(seen, "OOMKilled 137"), seen
	})
	eventually(t, "the pod running again, without the fault", func() (bool, string) {
		got := send(t, "GET", "store", "/fault", "")
		return got.status == http.StatusOK && strings.Contains(got.body, `"memory_mb":0`), got.body
	})
	mended(t, "store")
}

func TestALeakGrowsWithEveryRequestAndIsGivenBack(t *testing.T) {
	fault(t, "authors", `{"leak_kb":512}`)
	for range 4 {
		send(t, "GET", "authors", "/authors", "")
	}
	if got := metric(t, "authors", "fault_memory_bytes"); got != 4*512<<10 {
		t.Errorf("%v bytes are held", got)
	}
	active(t, "authors", "leak_kb")
	mended(t, "authors")
	if got := metric(t, "authors", "fault_memory_bytes"); got != 0 {
		t.Errorf("%v bytes are left", got)
	}
}
