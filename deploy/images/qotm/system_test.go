package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"seaworthy/deploy/images/qotm/internal/server"
	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

// system is all four services in this process, each behind a server of its own.
type system struct {
	front, qotm, authors, store *httptest.Server
	log                         *lines
	tracing                     []*telemetry.Tracing
}

// lines is a log that several services write to.
type lines struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *lines) Write(content []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(content)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func (s *system) start(t *testing.T, name string, values map[string]string) *httptest.Server {
	t.Helper()
	environment := func(variable string) string { return values[variable] }
	read, err := settings.Read(name, environment)
	if err != nil {
		t.Fatal(err)
	}
	logger := telemetry.NewLogger(s.log, name, read.Version)
	tracing, err := telemetry.NewTracing(name, read.Version, read.Server, environment, logger)
	if err != nil {
		t.Fatal(err)
	}
	service, err := server.New(read, logger, tracing)
	if err != nil {
		t.Fatal(err)
	}
	if err := register[name](service); err != nil {
		t.Fatal(err)
	}
	s.tracing = append(s.tracing, tracing)
	started := httptest.NewServer(service.Handler())
	t.Cleanup(started.Close)
	return started
}

func startSystem(t *testing.T, values map[string]string) *system {
	t.Helper()
	s := &system{log: &lines{}}
	s.authors = s.start(t, "authors", values)
	s.store = s.start(t, "store", values)
	values["AUTHORS_URL"] = s.authors.URL
	values["STORE_URL"] = s.store.URL
	s.qotm = s.start(t, "qotm", values)
	values["QOTM_URL"] = s.qotm.URL
	s.front = s.start(t, "front", values)
	return s
}

func (s *system) fault(t *testing.T, of *httptest.Server, fault string) {
	t.Helper()
	answer, err := http.Post(of.URL+"/fault", "application/json", strings.NewReader(fault))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		content, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s", fault, content)
	}
}

func get(t *testing.T, address string) (int, string, http.Header) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content), answer.Header
}

func TestThePageShowsTheQuoteItsAuthorAndAllServices(t *testing.T) {
	s := startSystem(t, map[string]string{"QOTM_VERSION": "3"})
	status, page, header := get(t, s.front.URL)
	if status != http.StatusOK || header.Get("X-Version") != "3" || strings.Contains(page, "<script") || strings.Contains(page, `="/`) {
		t.Errorf("%d, version %q: %s", status, header.Get("X-Version"), page)
	}
	for _, part := range []string{
		"<blockquote>", "<figcaption>", `class="depth-0">front<`, `class="depth-1">qotm<`, `class="depth-2">authors<`, `class="depth-2">store<`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in %s", part, page)
		}
	}
	if strings.Contains(page, "Author unknown") || strings.Contains(page, `class="problem"`) {
		t.Errorf("something is wrong: %s", page)
	}
}

func TestABrowserIsShownAPageByTheServiceItselfAndOthersGetJSON(t *testing.T) {
	s := startSystem(t, map[string]string{"QOTM_VERSION": "3"})
	request, err := http.NewRequest(http.MethodGet, s.qotm.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if page := string(content); answer.Header.Get("Content-Type") != "text/html; charset=utf-8" || answer.Header.Get("Vary") != "Accept" ||
		!strings.Contains(page, "<blockquote>") || !strings.Contains(page, ", version 3.") {
		t.Errorf("%v: %s", answer.Header, page)
	}
	if _, body, header := get(t, s.qotm.URL); header.Get("Content-Type") != "application/json" || !strings.HasPrefix(body, `{"server":`) {
		t.Errorf("%v: %s", header, body)
	}
}

func TestAQuoteWithoutAuthorIsShownWhileTheAuthorsAreDown(t *testing.T) {
	s := startSystem(t, map[string]string{})
	s.fault(t, s.qotm, `{"down":"authors"}`)
	status, page, _ := get(t, s.front.URL)
	if status != http.StatusOK || !strings.Contains(page, "Author unknown") || !strings.Contains(page, "connect: connection refused") {
		t.Errorf("%d %s", status, page)
	}
	_, metrics, _ := get(t, s.qotm.URL+"/metrics")
	if !strings.Contains(metrics, `upstream_requests_total{result="refused",upstream="authors"}`) {
		t.Errorf("not counted: %s", metrics)
	}
	if !strings.Contains(s.log.String(), `"level":"WARN","msg":"author not found"`) {
		t.Errorf("not logged: %s", s.log)
	}
}

func TestNoQuoteComesWithoutTheStoreAndASilentOneIsATimeout(t *testing.T) {
	s := startSystem(t, map[string]string{"QOTM_UPSTREAM_TIMEOUT_MS": "2000"})
	s.fault(t, s.qotm, `{"down":"store"}`)
	if status, body, _ := get(t, s.qotm.URL); status != http.StatusBadGateway || !strings.Contains(body, "connection refused") {
		t.Errorf("%d %s", status, body)
	}
	if status, page, _ := get(t, s.front.URL); status != http.StatusBadGateway || !strings.Contains(page, "There is no quote") {
		t.Errorf("%d %s", status, page)
	}
	s.fault(t, s.qotm, `{"down":"","hang":"store"}`)
	if status, body, _ := get(t, s.qotm.URL); status != http.StatusGatewayTimeout {
		t.Errorf("%d %s", status, body)
	}
	s.fault(t, s.qotm, `{"hang":""}`)
	if status, body, _ := get(t, s.qotm.URL); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func TestTheFormOfThePageAddsAQuoteToTheStore(t *testing.T) {
	s := startSystem(t, map[string]string{})
	answer, err := http.PostForm(s.front.URL+"/", url.Values{"text": {"Ballast <b>first</b>."}, "author": {"The new mate"}})
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "Your quote is in the store") {
		t.Errorf("%d %s", answer.StatusCode, page)
	}
	_, list, _ := get(t, s.store.URL+"/quotes")
	quotes := []struct{ Text string }{}
	if err := json.Unmarshal([]byte(list), &quotes); err != nil || quotes[len(quotes)-1].Text != "Ballast <b>first</b>." {
		t.Errorf("%v %s", err, list)
	}
	refused, err := http.PostForm(s.front.URL+"/", url.Values{"text": {"  "}, "author": {"<i>mate</i>"}})
	if err != nil {
		t.Fatal(err)
	}
	page, _ = io.ReadAll(refused.Body)
	refused.Body.Close()
	if refused.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(page), `value="&lt;i&gt;mate&lt;/i&gt;"`) {
		t.Errorf("%d %s", refused.StatusCode, page)
	}
}

func TestQotmAloneAnswersFromWhatItWasBuiltWith(t *testing.T) {
	s := &system{log: &lines{}}
	alone := s.start(t, "qotm", map[string]string{"QOTM_SERVER": "qotm-1"})
	status, body, _ := get(t, alone.URL)
	answer := struct {
		Server, Version, Quote, Time string
		Author                       struct{ Name string }
	}{}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Server != "qotm-1" ||
		answer.Quote == "" || answer.Author.Name == "" || answer.Version != "1" || answer.Time == "" {
		t.Errorf("%d, %v: %s", status, err, body)
	}
}

func TestSettingsThatCannotBeMeantEndTheProgramAtOnce(t *testing.T) {
	// What is not refused ends with the context.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, values := range map[string]map[string]string{
		"qotm":  {"STORE_URL": "store"},
		"front": {},
		"store": {"STORE_FILE": "/proc/no/such/folder"},
		"moon":  {},
	} {
		if code := run(ctx, name, func(variable string) string { return values[variable] }); code != exitWrongSettings {
			t.Errorf("%s: %d", name, code)
		}
	}
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": "jaeger:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://", "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant",
	} {
		values := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://jaeger:4318"}
		values[name] = value
		if code := run(ctx, "store", func(variable string) string { return values[variable] }); code != exitWrongSettings {
			t.Errorf("%s=%s: %d", name, value, code)
		}
	}
}

// collector keeps the spans that it is sent.
type collector struct {
	mutex  sync.Mutex
	spans  map[string][]*tracepb.Span
	tenant string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	content, _ := io.ReadAll(r.Body)
	sent := &tracepb.TracesData{}
	if r.URL.Path != "/v1/traces" || proto.Unmarshal(content, sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.tenant = r.Header.Get("X-Tenant")
	for _, from := range sent.ResourceSpans {
		service := ""
		for _, attribute := range from.Resource.Attributes {
			if attribute.Key == "service.name" {
				service = attribute.Value.GetStringValue()
			}
		}
		for _, scope := range from.ScopeSpans {
			c.spans[service] = append(c.spans[service], scope.Spans...)
		}
	}
}

func TestOneRequestIsOneTraceOverAllServicesAndInTheirLogs(t *testing.T) {
	received := &collector{spans: map[string][]*tracepb.Span{}}
	jaeger := httptest.NewServer(received)
	defer jaeger.Close()
	s := startSystem(t, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": jaeger.URL, "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=lab%20one"})
	status, _, header := get(t, s.front.URL)
	for _, tracing := range s.tracing {
		if err := tracing.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	id := header.Get("X-Trace-Id")
	if status != http.StatusOK || len(id) != 32 || received.tenant != "lab one" {
		t.Fatalf("%d, trace %q, tenant %q", status, id, received.tenant)
	}
	// A server and, where something is asked, a client for each; states are asked without a trace.
	for service, expected := range map[string]int{"front": 2, "qotm": 3, "authors": 1, "store": 1} {
		spans := received.spans[service]
		if len(spans) != expected {
			t.Errorf("%s: %d spans, expected %d: %v", service, len(spans), expected, spans)
		}
		for _, span := range spans {
			if strings.Contains(span.Name, "{$}") || !strings.HasPrefix(span.Name, "GET ") {
				t.Errorf("%s has a span called %q", service, span.Name)
			}
			if got := hex.EncodeToString(span.TraceId); got != id {
				t.Errorf("%s has a span of the trace %s", service, got)
			}
		}
		line := `"service":"` + service + `"`
		found := false
		for entry := range strings.SplitSeq(s.log.String(), "\n") {
			found = found || strings.Contains(entry, line) && strings.Contains(entry, `"trace_id":"`+id+`"`)
		}
		if !found {
			t.Errorf("%s has no line with the trace's id in %s", service, s.log)
		}
	}
}

func TestWithoutACollectorATraceThatARequestCameWithIsHandedOn(t *testing.T) {
	s := startSystem(t, map[string]string{})
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	request, err := http.NewRequest("GET", s.qotm.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := strings.Count(s.log.String(), `"trace_id":"`+id+`"`); got != 3 {
		t.Errorf("%d lines carry the id, expected one of qotm, authors and store each: %s", got, s.log)
	}
}

func TestASystemWithoutACollectorWritesNoTraceOfItsOwn(t *testing.T) {
	s := startSystem(t, map[string]string{})
	if _, _, header := get(t, s.front.URL); header.Get("X-Trace-Id") != "" {
		t.Errorf("trace %s", header.Get("X-Trace-Id"))
	}
	if strings.Contains(s.log.String(), "trace_id") {
		t.Errorf("got %s", s.log)
	}
}

func TestMain(m *testing.M) {
	os.Unsetenv("OTEL_RESOURCE_ATTRIBUTES")
	os.Exit(m.Run())
}
