package clustertest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// span is what the tests need to know of one.
type span struct {
	service, id, parent, name string
	duration                  time.Duration
}

// openPage asks the front for its page and gives the trace's id.
func openPage(t *testing.T) string {
	t.Helper()
	var id string
	// A service on a busy machine may be given up once, and the page then lacks the author.
	eventually(t, "a whole page", func() (bool, string) {
		got := send(t, "GET", "front", "/", "")
		id = got.header.Get("X-Trace-Id")
		return got.status == http.StatusOK && !strings.Contains(got.body, "Author unknown"), got.body
	})
	if len(id) != 32 {
		t.Fatalf("trace %q", id)
	}
	return id
}

const traces = "/api/v1/namespaces/observability/services/jaeger:query/proxy/api/v3/traces/"

// otlp is the part of Jaeger's answer that the tests read.
type otlp struct {
	Result struct {
		ResourceSpans []struct {
			Resource struct {
				Attributes []struct {
					Key   string
					Value struct{ StringValue string }
				}
			}
			ScopeSpans []struct {
				Spans []struct {
					SpanID            string `json:"spanId"`
					ParentSpanID      string `json:"parentSpanId"`
					Name              string
					StartTimeUnixNano string
					EndTimeUnixNano   string
				}
			}
		}
	}
}

// findTrace asks Jaeger for a trace until it has that many spans.
func findTrace(t *testing.T, id string, expected int) []span {
	t.Helper()
	var spans []span
	eventually(t, "the trace "+id, func() (bool, string) {
		got := request(t, "GET", traces+id, "", http.Header{"X-Tenant": {namespace}})
		if got.status != http.StatusOK {
			return false, got.body
		}
		spans = readSpans(t, got.body)
		return len(spans) >= expected, got.body
	})
	return spans
}

func readSpans(t *testing.T, text string) []span {
	t.Helper()
	var spans []span
	for _, from := range read[otlp](t, text).Result.ResourceSpans {
		attributes := map[string]string{}
		for _, attribute := range from.Resource.Attributes {
			attributes[attribute.Key] = attribute.Value.StringValue
		}
		for _, name := range []string{"k8s.namespace.name", "service.namespace"} {
			if attributes[name] != namespace {
				t.Errorf("the resource's %s is %q", name, attributes[name])
			}
		}
		for _, scope := range from.ScopeSpans {
			for _, one := range scope.Spans {
				began, beganErr := strconv.ParseInt(one.StartTimeUnixNano, 10, 64)
				ended, endedErr := strconv.ParseInt(one.EndTimeUnixNano, 10, 64)
				if beganErr != nil || endedErr != nil {
					t.Fatalf("%v, %v", beganErr, endedErr)
				}
				spans = append(spans, span{
					service: attributes["service.name"], id: one.SpanID, parent: one.ParentSpanID, name: one.Name,
					duration: time.Duration(ended - began),
				})
			}
		}
	}
	return spans
}

// selfTime is a span's duration without that of the spans below it.
func selfTime(spans []span, of span) time.Duration {
	own := of.duration
	for _, below := range spans {
		if below.parent == of.id {
			own -= below.duration
		}
	}
	return own
}

// pageSpans are a server's span for each service and a client's for each of three requests between them.
const pageSpans = 7

func TestARequestThroughTheFrontIsOneTraceOverAllServices(t *testing.T) {
	spans := findTrace(t, openPage(t), pageSpans)
	var names []string
	roots := 0
	for _, found := range spans {
		names = append(names, found.service+": "+found.name)
		if !slices.ContainsFunc(spans, func(other span) bool { return other.id == found.parent }) {
			roots++
		}
	}
	slices.Sort(names)
	expected := []string{
		"authors: GET /authors/{id}", "front: GET /", "front: GET qotm", "qotm: GET /", "qotm: GET authors", "qotm: GET store",
		"store: GET /quotes/random",
	}
	if !slices.Equal(names, expected) || roots != 1 {
		t.Errorf("%d roots among %q", roots, names)
	}
}

func TestATraceIsNotFoundByAnotherNamespace(t *testing.T) {
	id := openPage(t)
	findTrace(t, id, pageSpans)
	if got := request(t, "GET", traces+id, "", http.Header{"X-Tenant": {namespace + "0"}}); got.status != http.StatusNotFound {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := request(t, "GET", traces+id, "", nil); got.status != http.StatusUnauthorized {
		t.Errorf("without a tenant: %d %s", got.status, got.body)
	}
}

func TestTheSlowHopOfASlowRequestIsTheOneThatIsSlow(t *testing.T) {
	const latency = 400 * time.Millisecond
	fault(t, "authors", `{"latency_ms":400}`)
	// On a busy machine another hop may take longer once, or the author be given up.
	eventually(t, "a trace whose slowest hop is authors", func() (bool, string) {
		got := send(t, "GET", "front", "/", "")
		if got.status != http.StatusOK || strings.Contains(got.body, "Author unknown") {
			return false, got.body
		}
		spans := findTrace(t, got.header.Get("X-Trace-Id"), pageSpans)
		slowest := slices.MaxFunc(spans, func(a, b span) int { return int(selfTime(spans, a) - selfTime(spans, b)) })
		isAuthors := slowest.service == "authors" && slowest.name == "GET /authors/{id}" && selfTime(spans, slowest) >= latency
		return isAuthors, fmt.Sprintf("the most time went into %+v of %+v", slowest, spans)
	})
}

func TestAPodReachesJaegersReceiverAndNotItsQueries(t *testing.T) {
	const code = `curl -s -o /dev/null -m 3 -w '%{http_code}' -H 'x-tenant: any' `
	eventually(t, "the receiver's answer to a GET", func() (bool, string) {
		got := run(t, code+`http://jaeger.observability:4318/v1/traces || true`)
		return got == "405", got
	})
	if got := run(t, code+`http://jaeger.observability:16686/api/v3/services || true`); got != "000" {
		t.Errorf("the query API answered %q", got)
	}
}
