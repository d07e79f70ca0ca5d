package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func testService(log io.Writer) *service {
	service := newService(settings{server: "qotm-1", fault: noFault}, slog.New(slog.NewJSONHandler(log, nil)))
	service.random = func() float64 { return 0.5 }
	return service
}

func send(service *service, method, path, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	service.handler().ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
	return answer
}

func TestAQuoteNamesItsServerAndTime(t *testing.T) {
	answer := send(testService(io.Discard), "GET", "/", "")
	quote := quoteAnswer{}
	if err := json.Unmarshal(answer.Body.Bytes(), &quote); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%d, %v", answer.Code, err)
	}
	if quote.Server != "qotm-1" || !slices.Contains(quotes, quote.Quote) {
		t.Errorf("got %+v", quote)
	}
	if _, err := time.Parse(time.RFC3339Nano, quote.Time); err != nil {
		t.Error(err)
	}
}

func TestTheErrorRateIsAShareOfQuotesOnly(t *testing.T) {
	service := testService(io.Discard)
	if answer := send(service, "POST", "/fault", `{"error_rate":0.6}`); answer.Code != http.StatusOK {
		t.Fatal(answer.Body)
	}
	if answer := send(service, "GET", "/", ""); answer.Code != http.StatusInternalServerError {
		t.Errorf("0.5 lies below the rate 0.6, yet the answer is %d", answer.Code)
	}
	service.random = func() float64 { return 0.7 }
	if answer := send(service, "GET", "/", ""); answer.Code != http.StatusOK {
		t.Errorf("0.7 lies above the rate 0.6, yet the answer is %d", answer.Code)
	}
	if answer := send(service, "GET", "/healthz", ""); answer.Code != http.StatusOK {
		t.Errorf("the liveness probe got %d: the pod would be restarted", answer.Code)
	}
}

func TestAFaultChangesOnlyWhatItMentionsAndGoesByDelete(t *testing.T) {
	service := testService(io.Discard)
	send(service, "POST", "/fault", `{"error_rate":0.25,"latency_ms":3}`)
	answer := send(service, "POST", "/fault", `{"ready":false}`)
	if body := strings.TrimSpace(answer.Body.String()); body != `{"error_rate":0.25,"latency_ms":3,"ready":false}` {
		t.Errorf("got %s", body)
	}
	if answer := send(service, "GET", "/readyz", ""); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("the readiness probe got %d", answer.Code)
	}
	send(service, "DELETE", "/fault", "")
	if got := service.fault.get(); got != noFault {
		t.Errorf("left %+v", got)
	}
	if answer := send(service, "GET", "/readyz", ""); answer.Code != http.StatusOK {
		t.Errorf("the readiness probe got %d", answer.Code)
	}
}

func TestAWrongFaultIsRefusedWithAReasonAndChangesNothing(t *testing.T) {
	service := testService(io.Discard)
	for body, part := range map[string]string{
		`{"error_rate":1.5}`:          "0 to 1",
		`{"latency_ms":-1}`:           "latency_ms",
		`{"latency_ms":9000000}`:      "60000",
		`{"errors":1}`:                "unknown field",
		`ready`:                       "expected JSON",
		`{"ready":false}{}`:           "one JSON object",
		strings.Repeat(" ", 5<<10):    "expected JSON",
		`{"error_rate":"everything"}`: "expected JSON",
	} {
		answer := send(service, "POST", "/fault", body)
		if answer.Code != http.StatusBadRequest || !strings.Contains(answer.Body.String(), part) {
			t.Errorf("%.40s: %d %s", body, answer.Code, answer.Body)
		}
	}
	if got := service.fault.get(); got != noFault {
		t.Errorf("left %+v", got)
	}
}

func TestLatencyIsAddedAndEndsWithTheClient(t *testing.T) {
	service := testService(io.Discard)
	send(service, "POST", "/fault", `{"latency_ms":30}`)
	began := time.Now()
	send(service, "GET", "/", "")
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
	send(service, "POST", "/fault", `{"latency_ms":60000}`)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	began = time.Now()
	service.handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("answered %v after the client had closed the connection", took)
	}
}

func TestMetricsCountByCodeMethodAndBoundedPath(t *testing.T) {
	service := testService(io.Discard)
	send(service, "GET", "/", "")
	send(service, "GET", "/made/up/1", "")
	send(service, "GET", "/made/up/2", "")
	send(service, "POST", "/", "")
	text := send(service, "GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`http_requests_total{code="200",method="GET",path="/"} 1`,
		`http_requests_total{code="404",method="GET",path="other"} 2`,
		`http_requests_total{code="405",method="POST",path="/"} 1`,
		`http_request_duration_seconds_count{method="GET",path="/"} 1`,
		`http_requests_in_flight 1`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

func TestOneLogLinePerRequestWithoutSuccessfulProbes(t *testing.T) {
	var log strings.Builder
	service := testService(&log)
	send(service, "GET", "/", "")
	send(service, "GET", "/readyz", "")
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	entry := map[string]any{}
	if err := json.Unmarshal([]byte(lines[0]), &entry); err != nil || len(lines) != 1 {
		t.Fatalf("%v: %q", err, lines)
	}
	if entry["path"] != "/" || entry["status"] != float64(200) || entry["method"] != "GET" {
		t.Errorf("got %v", entry)
	}
	service.drain()
	send(service, "GET", "/readyz", "")
	if !strings.Contains(log.String(), `"status":503`) {
		t.Error("a failed probe was not logged")
	}
}

func TestRequestsInFlightFinishAfterTheSignalToStop(t *testing.T) {
	service := testService(io.Discard)
	service.settings.fault.LatencyMilliseconds = 200
	service.fault.current = service.settings.fault
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, service) }()
	time.AfterFunc(50*time.Millisecond, stop)
	answer, err := http.Get("http://" + listener.Addr().String() + "/")
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

func TestSettingsComeFromTheEnvironmentAndAreChecked(t *testing.T) {
	values := map[string]string{"QOTM_SERVER": "blue", "QOTM_ERROR_RATE": "0.1", "QOTM_LATENCY_MS": "20", "QOTM_READY": "false"}
	read, err := readSettings(func(name string) string { return values[name] })
	if err != nil || read.server != "blue" || read.fault != (fault{ErrorRate: 0.1, LatencyMilliseconds: 20, Ready: false}) {
		t.Errorf("got %+v, %v", read, err)
	}
	for name, value := range map[string]string{"QOTM_ERROR_RATE": "often", "QOTM_LATENCY_MS": "-3", "QOTM_READY": "perhaps"} {
		if _, err := readSettings(func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}); err == nil {
			t.Errorf("%s=%s was taken", name, value)
		}
	}
}

func TestEveryQuoteIsThereOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, quote := range quotes {
		if seen[quote] || quote == "" {
			t.Errorf("twice or empty: %q", quote)
		}
		seen[quote] = true
	}
}
