package clustertest

import (
	"fmt"
	"net/http"
	"testing"
)

// send gives Jaeger one span by OTLP from a pod, with a header or none, and gives the status.
func (l lab) send(id, header string) string {
	l.Helper()
	body := fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"front"}}]},"scopeSpans":[{"spans":[
		{"traceId":%q,"spanId":"00000000000000aa","name":"GET /","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000100000000"}]}]}]}`, id)
	return l.status("toolbox", fmt.Sprintf("%s -H 'Content-Type: application/json' -d '%s' http://jaeger.observability:4318/v1/traces", header, body))
}

// find asks Jaeger for a trace of a namespace, from the node, as nobody in a pod can, and gives the status.
func find(t *testing.T, namespace, id string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+serviceAddress(t, "observability", "jaeger")+":16686/api/v3/traces/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-tenant", namespace)
	return statusOf(t, request)
}

func TestTracesAreThoseOfTheNamespaceThatSendsThem(t *testing.T) {
	own, other := newLab(t), newLab(t)
	own.deploy("toolbox", 1000, "")
	named, unnamed, forged := "000000000000000000000000000000a1", "000000000000000000000000000000a2", "000000000000000000000000000000a3"
	eventually(t, func() error {
		if got := own.send(named, "-H 'x-tenant: "+own.namespace+"'"); got != "200" {
			return fmt.Errorf("a trace of the own namespace: %s", got)
		}
		return nil
	})
	eventually(t, func() error {
		if got := own.send(unnamed, ""); got != "200" {
			return fmt.Errorf("a trace that names no namespace: %s", got)
		}
		return nil
	})
	for _, header := range []string{
		"-H 'x-tenant: " + other.namespace + "'", "-H 'x-tenant: " + own.namespace + "' -H 'x-tenant: " + other.namespace + "'",
		"-H 'X-Forwarded-For: 10.0.0.1' -H 'x-tenant: " + other.namespace + "'",
	} {
		eventually(t, func() error {
			got := own.send(forged, header)
			if got == "000" {
				return fmt.Errorf("a trace for another namespace by %s: no answer", header)
			}
			if got[0] != '4' && got[0] != '5' {
				t.Errorf("a trace for another namespace by %s: %s", header, got)
			}
			return nil
		})
	}
	for _, id := range []string{named, unnamed} {
		eventually(t, func() error {
			if got := find(t, own.namespace, id); got != http.StatusOK {
				return fmt.Errorf("the sender's trace %s: %d", id, got)
			}
			return nil
		})
	}
	if got := find(t, own.namespace, forged); got != http.StatusNotFound {
		t.Errorf("the sender's trace %s: %d", forged, got)
	}
	for _, id := range []string{named, unnamed, forged} {
		if got := find(t, other.namespace, id); got != http.StatusNotFound {
			t.Errorf("the other's trace %s: %d", id, got)
		}
	}
}
