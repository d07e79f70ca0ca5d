package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seaworthy/deploy/images/qotm/internal/faults"
	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

func testService(t *testing.T, log io.Writer, values map[string]string) *Service {
	t.Helper()
	read, err := settings.Read("qotm", func(name string) string {
		return map[string]string{"QOTM_SERVER": "qotm-1", "QOTM_DRAIN_DELAY_MS": "0"}[name] + values[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	service, err := New(read, slog.New(slog.NewJSONHandler(log, nil)), &telemetry.Tracing{})
	if err != nil {
		t.Fatal(err)
	}
	service.Random = func() float64 { return 0.5 }
	service.Route("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		service.Answer(w, http.StatusOK, stateAnswer{Status: "fine"})
	})
	return service
}

func send(service *Service, method, path, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	service.Handler().ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
	return answer
}

func TestTheErrorRateIsAShareOfTheServicesOwnRequestsOnly(t *testing.T) {
	service := testService(t, io.Discard, nil)
	if answer := send(service, "POST", "/fault", `{"error_rate":0.6}`); answer.Code != http.StatusOK {
		t.Fatal(answer.Body)
	}
	if answer := send(service, "GET", "/", ""); answer.Code != http.StatusInternalServerError {
		t.Errorf("0.5 lies below the rate 0.6, yet the answer is %d", answer.Code)
	}
	service.Random = func() float64 { return 0.7 }
	if answer := send(service, "GET", "/", ""); answer.Code != http.StatusOK {
		t.Errorf("0.7 lies above the rate 0.6, yet the answer is %d", answer.Code)
	}
	for _, path := range []string{"/healthz", "/readyz", "/status", "/metrics", "/fault"} {
		service.Random = func() float64 { return 0 }
		if answer := send(service, "GET", path, ""); answer.Code != http.StatusOK {
			t.Errorf("%s got %d: the fault would hide itself or restart the pod", path, answer.Code)
		}
	}
}

func TestAFaultChangesOnlyWhatItMentionsAndGoesByDelete(t *testing.T) {
	service := testService(t, io.Discard, nil)
	send(service, "POST", "/fault", `{"error_rate":0.25,"latency_ms":3}`)
	answer := send(service, "POST", "/fault", `{"ready":false}`)
	got := faults.Fault{}
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || got != (faults.Fault{ErrorRate: 0.25, LatencyMilliseconds: 3}) {
		t.Errorf("got %s", answer.Body)
	}
	if answer := send(service, "GET", "/readyz", ""); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("the readiness probe got %d", answer.Code)
	}
	send(service, "DELETE", "/fault", "")
	if got := service.Fault.Get(); got != faults.None {
		t.Errorf("left %+v", got)
	}
	if answer := send(service, "GET", "/readyz", ""); answer.Code != http.StatusOK {
		t.Errorf("the readiness probe got %d", answer.Code)
	}
}

func TestAWrongFaultIsRefusedWithAReasonAndChangesNothing(t *testing.T) {
	service := testService(t, io.Discard, map[string]string{"STORE_URL": "http://store"})
	for body, part := range map[string]string{
		`{"error_rate":1.5}`:              "0 to 1",
		`{"latency_ms":-1}`:               "latency_ms",
		`{"latency_ms":9000000}`:          "60000",
		`{"jitter_ms":-1}`:                "jitter_ms",
		`{"memory_mb":5000}`:              "4096",
		`{"leak_kb":-1}`:                  "leak_kb",
		`{"down":"moon"}`:                 "one of store",
		`{"down":"store","hang":"store"}`: "same time",
		`{"certificate":"lost"}`:          "expired",
		`{"certificate":"expired"}`:       "QOTM_TLS_SECRET",
		`{"errors":1}`:                    "unknown field",
		`ready`:                           "expected JSON",
		`{"ready":false}{}`:               "one JSON object",
		strings.Repeat(" ", 9<<10):        "expected JSON",
		`{"error_rate":"everything"}`:     "expected JSON",
	} {
		answer := send(service, "POST", "/fault", body)
		told := errorAnswer{}
		if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil || answer.Code != http.StatusBadRequest || !strings.Contains(told.Error, part) {
			t.Errorf("%.40s: %d %s", body, answer.Code, answer.Body)
		}
	}
	if got := service.Fault.Get(); got != faults.None {
		t.Errorf("left %+v", got)
	}
}

func TestLatencyIsAddedAndEndsWithTheClient(t *testing.T) {
	service := testService(t, io.Discard, nil)
	send(service, "POST", "/fault", `{"latency_ms":20,"jitter_ms":20}`)
	began := time.Now()
	send(service, "GET", "/", "")
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %v: 20 ms and half of the 20 ms of jitter were ordered", took)
	}
	send(service, "POST", "/fault", `{"latency_ms":60000}`)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	ended := make(chan struct{})
	go func() {
		service.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("the request outlived its client")
	}
}

func TestMetricsCountByCodeMethodBoundedPathAndVersion(t *testing.T) {
	service := testService(t, io.Discard, map[string]string{"QOTM_VERSION": "7"})
	service.Route("GET /things/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	send(service, "GET", "/", "")
	send(service, "GET", "/things/1", "")
	send(service, "GET", "/things/2", "")
	send(service, "GET", "/made/up/1", "")
	send(service, "GET", "/made/up/2", "")
	send(service, "BREW", "/", "")
	send(service, "POST", "/fault", `{"error_rate":1}`)
	answer := send(service, "GET", "/", "")
	if got := answer.Header().Get("X-Version"); got != "7" {
		t.Errorf("the header X-Version of an error is %q", got)
	}
	text := send(service, "GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`http_requests_total{code="200",method="GET",path="/",version="7"} 1`,
		`http_requests_total{code="500",method="GET",path="/",version="7"} 1`,
		`http_requests_total{code="204",method="GET",path="/things/{id}",version="7"} 2`,
		`http_requests_total{code="404",method="GET",path="other",version="7"} 2`,
		`http_requests_total{code="405",method="other",path="/",version="7"} 1`,
		`http_request_duration_seconds_count{method="GET",path="/",version="7"} 2`,
		`qotm_build_info{service="qotm",version="7"} 1`,
		`fault_active{fault="error_rate"} 1`,
		`fault_active{fault="down"} 0`,
		`fault_injected_total{fault="error_rate"} 1`,
		`http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

func TestOneLogLinePerRequestWithoutSuccessfulProbes(t *testing.T) {
	var log strings.Builder
	service := testService(t, &log, nil)
	send(service, "GET", "/", "")
	send(service, "GET", "/readyz", "")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	entry := map[string]any{}
	if err := json.Unmarshal([]byte(lines[0]), &entry); err != nil || len(lines) != 1 {
		t.Fatalf("%v: %q", err, lines)
	}
	if entry["path"] != "/" || entry["status"] != float64(200) || entry["method"] != "GET" || entry["level"] != "INFO" {
		t.Errorf("got %v", entry)
	}
	service.draining.Store(true)
	send(service, "GET", "/readyz", "")
	if !strings.Contains(log.String(), `"level":"ERROR","msg":"request","method":"GET","path":"/readyz","status":503`) {
		t.Errorf("a failed probe was not logged: %s", log.String())
	}
}

func TestRequestsInFlightFinishAfterTheSignalToStop(t *testing.T) {
	service := testService(t, io.Discard, nil)
	arrived := make(chan struct{})
	service.Route("GET /slow", func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		time.Sleep(100 * time.Millisecond)
		service.Answer(w, http.StatusOK, stateAnswer{Status: "fine"})
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx, []net.Listener{listener}) }()
	go func() {
		<-arrived
		stop()
	}()
	answer, err := http.Get("http://" + listener.Addr().String() + "/slow")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("got %d", answer.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestASlowStartListensLateAndCanBeInterrupted(t *testing.T) {
	var log strings.Builder
	service := testService(t, &log, map[string]string{"QOTM_START_DELAY_MS": "60000", "QOTM_LISTEN": "127.0.0.1:0"})
	ctx, stop := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, stop)
	if _, err := service.Listen(ctx); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), `"msg":"service starting","delay_ms":60000`) {
		t.Errorf("got %s", log.String())
	}
}
