package clustertest

import (
	"net/http"
	"strings"
	"testing"
)

// set changes the environment of a Deployment, and puts everything back when the test ends.
func set(t *testing.T, service string, variables ...string) {
	t.Helper()
	t.Cleanup(func() {
		var names []string
		for _, variable := range variables {
			name, _, _ := strings.Cut(variable, "=")
			names = append(names, name+"-")
		}
		must(t, append([]string{"set", "env", "deployment/" + service}, names...)...)
		if err := applySystem(); err != nil {
			t.Fatal(err)
		}
	})
	must(t, append([]string{"set", "env", "deployment/" + service}, variables...)...)
}

// rolledOut waits for the pods that a change asks for.
func rolledOut(t *testing.T, service string) {
	t.Helper()
	if err := awaitRollout(service); err != nil {
		t.Fatal(err)
	}
}

func TestAnExpiredCertificateIsMetByTheServiceThatAsks(t *testing.T) {
	set(t, "qotm", "AUTHORS_URL=https://authors")
	rolledOut(t, "qotm")
	mended(t, "authors")
	fault(t, "authors", `{"certificate":"expired"}`)
	eventually(t, "a quote without author", func() (bool, string) {
		got := send(t, "GET", "qotm", "/", "")
		return got.status == http.StatusOK && strings.Contains(got.body, `"author":null`), got.body
	})
	if got := metric(t, "qotm", `upstream_requests_total{result="certificate",upstream="authors"}`); got < 1 {
		t.Errorf("%v such failures counted", got)
	}
	logged(t, "qotm", "certificate has expired")
	active(t, "authors", "certificate")
	mended(t, "authors")
}

func TestAnAddressThatCannotBeMeantKeepsTheNewPodFromStartingAndTheOldOneServes(t *testing.T) {
	set(t, "qotm", "STORE_URL=store")
	eventually(t, "the reason in the pod's state", func() (bool, string) {
		seen := lastEnd(t, "qotm")
		return strings.Contains(seen, `STORE_URL=\"store\" is not an address such as http://store`), seen
	})
	if got := send(t, "GET", "front", "/", ""); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestAnAddressThatLeadsNowhereShowsWhenItIsAsked(t *testing.T) {
	set(t, "qotm", "STORE_URL=http://stoer")
	rolledOut(t, "qotm")
	eventually(t, "a failure", func() (bool, string) {
		got := send(t, "GET", "front", "/", "")
		return got.status == http.StatusBadGateway && strings.Contains(got.body, "stoer"), got.body
	})
	if got := metric(t, "qotm", `upstream_requests_total{result="name",upstream="store"}`); got < 1 {
		t.Errorf("%v such failures counted", got)
	}
}

func TestASlowStartIsWaitedForByTheStartupProbe(t *testing.T) {
	set(t, "authors", "QOTM_START_DELAY_MS=4000")
	rolledOut(t, "authors")
	logged(t, "authors", `"msg":"service starting"`)
	eventually(t, "a failed startup probe", func() (bool, string) {
		events := must(t, "get", "events", "--field-selector=reason=Unhealthy")
		return strings.Contains(events, "Startup probe failed"), events
	})
	restarts := must(t, "get", "pods", "-l", "app.kubernetes.io/name=authors", "-o", "jsonpath={.items[*].status.containerStatuses[*].restartCount}")
	if strings.Trim(restarts, "0 ") != "" {
		t.Errorf("%s restarts", restarts)
	}
}

func TestABadVersionIsToldApartByHeaderAnswerAndMetrics(t *testing.T) {
	set(t, "qotm", "QOTM_VERSION=2", "QOTM_ERROR_RATE=1")
	rolledOut(t, "qotm")
	eventually(t, "errors of version 2", func() (bool, string) {
		got := send(t, "GET", "qotm", "/", "")
		return got.status == http.StatusInternalServerError && got.header.Get("X-Version") == "2", got.body
	})
	if got := metric(t, "qotm", `http_requests_total{code="500",method="GET",path="/",version="2"}`); got < 1 {
		t.Errorf("%v errors counted", got)
	}
	if got := metric(t, "qotm", `qotm_build_info{service="qotm",version="2"}`); got != 1 {
		t.Errorf("qotm_build_info is %v", got)
	}
}
