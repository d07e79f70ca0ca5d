package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jaegertracing/jaeger/internal/tenancy"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// lastPort lies below those that the system gives to connections, and to listeners that ask for any, so that none of these
// takes the next one before it is listened on.
var lastPort = 12000 + rand.IntN(19000)

// freeAddress is one that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 1000 {
		lastPort++
		address := fmt.Sprintf("127.0.0.1:%d", lastPort)
		if listener, err := net.Listen("tcp", address); err == nil {
			listener.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// labs are the namespaces that the machine's own addresses stand for.
func labs(ip net.IP) (string, bool) {
	namespace, isKnown := map[string]string{"127.0.0.1": "lab-one", "127.0.0.2": "lab-two"}[ip.String()]
	return namespace, isKnown
}

// start runs the whole program until the test ends.
func start(t *testing.T) settings {
	t.Helper()
	read := settings{grpc: freeAddress(t), http: freeAddress(t), query: freeAddress(t), maxTraces: 3, maxBytes: 1 << 40}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, read, labs, zap.NewNop()) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for range 12000 {
		if answer, err := http.Get("http://" + read.query + "/healthz"); err == nil {
			answer.Body.Close()
			return read
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not answer")
	return read
}

// trace is one span of a service.
func trace(service string, id byte) ptrace.Traces {
	made := ptrace.NewTraces()
	from := made.ResourceSpans().AppendEmpty()
	from.Resource().Attributes().PutStr("service.name", service)
	span := from.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{15: id})
	span.SetSpanID(pcommon.SpanID{7: id})
	span.SetName("GET /")
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	return made
}

// send gives a trace to the receiver from an address, as a tenant unless that is empty, and gives the status.
func send(t *testing.T, read settings, from, tenant string, traces ptrace.Traces) int {
	t.Helper()
	body, err := ptraceotlp.NewExportRequestFromTraces(traces).MarshalProto()
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("POST", "http://"+read.http+"/v1/traces", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	status, _ := do(t, request, from, tenant)
	return status
}

func ask(t *testing.T, read settings, tenant, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequest("GET", "http://"+read.query+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, request, "127.0.0.1", tenant)
}

func do(t *testing.T, request *http.Request, from, tenant string) (int, string) {
	t.Helper()
	if tenant != "" {
		request.Header.Set("x-tenant", tenant)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	client := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}

func path(id byte) string {
	return "/api/v3/traces/" + hex.EncodeToString([]byte{15: id})
}

func TestATraceIsFoundByItsIdAndByItsServiceInItsOwnTenantAlone(t *testing.T) {
	read := start(t)
	if status := send(t, read, "127.0.0.1", "lab-one", trace("front", 7)); status != http.StatusOK {
		t.Fatalf("refused: %d", status)
	}
	if status, body := ask(t, read, "lab-one", path(7)); status != http.StatusOK || !strings.Contains(body, `"front"`) {
		t.Errorf("%d %s", status, body)
	}
	search := fmt.Sprintf("/api/v3/traces?query.service_name=front&query.num_traces=3&query.start_time_min=%s&query.start_time_max=%s",
		time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	if status, body := ask(t, read, "lab-one", search); status != http.StatusOK || !strings.Contains(body, `"front"`) {
		t.Errorf("%d %s", status, body)
	}
	for _, other := range []string{path(7), search} {
		if status, body := ask(t, read, "lab-two", other); status != http.StatusNotFound {
			t.Errorf("another tenant got %d %s", status, body)
		}
	}
	if status, body := ask(t, read, "lab-two", "/api/v3/services"); status != http.StatusOK || strings.Contains(body, "front") {
		t.Errorf("another tenant got %d %s", status, body)
	}
}

func TestTracesComeByGRPCToo(t *testing.T) {
	read := start(t)
	connection, err := grpc.NewClient(read.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	sender := ptraceotlp.NewGRPCClient(connection)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "x-tenant", "lab-two")
	if _, err := sender.Export(ctx, ptraceotlp.NewExportRequestFromTraces(trace("front", 7))); status.Code(err) != codes.PermissionDenied {
		t.Errorf("a trace for another tenant: %v", err)
	}
	if _, err := sender.Export(context.Background(), ptraceotlp.NewExportRequestFromTraces(trace("front", 8))); err != nil {
		t.Fatal(err)
	}
	for id, expected := range map[byte]int{7: http.StatusNotFound, 8: http.StatusOK} {
		if status, body := ask(t, read, "lab-one", path(id)); status != expected {
			t.Errorf("trace %d: %d %s", id, status, body)
		}
	}
}

func TestNobodySendsAsAnother(t *testing.T) {
	read := start(t)
	if status := send(t, read, "127.0.0.2", "lab-one", trace("front", 7)); status/100 != 4 {
		t.Errorf("a trace for another tenant: %d", status)
	}
	// Whose address it is may be known a moment later, so that the exporter is to try again.
	if status := send(t, read, "127.0.0.3", "lab-one", trace("front", 7)); status != http.StatusServiceUnavailable {
		t.Errorf("a trace from an unknown address: %d", status)
	}
	for _, tenant := range []string{"lab-one", "lab-two"} {
		if status, body := ask(t, read, tenant, path(7)); status != http.StatusNotFound {
			t.Errorf("%s has %d %s", tenant, status, body)
		}
	}
}

func TestWhoeverAsksNamesATenant(t *testing.T) {
	read := start(t)
	for _, asked := range []string{path(7), "/api/v3/services"} {
		if status, _ := ask(t, read, "", asked); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", asked, status)
		}
	}
}

func TestAnAddressIsThatOfTheOnePodThatHasItNow(t *testing.T) {
	pods := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{byAddress: addresses})
	add := func(namespace, address string, phase corev1.PodPhase, hostNetwork bool) {
		pod := &corev1.Pod{Spec: corev1.PodSpec{HostNetwork: hostNetwork}}
		pod.Namespace, pod.Name = namespace, "web"
		pod.Status.Phase, pod.Status.PodIPs = phase, []corev1.PodIP{{IP: address}}
		kept, err := onlyAddress(pod)
		if err != nil || pods.Add(kept) != nil {
			t.Fatal(err)
		}
	}
	add("ended", "10.0.0.1", corev1.PodSucceeded, false)
	add("own", "10.0.0.1", corev1.PodRunning, false)
	add("host", "10.0.0.2", corev1.PodRunning, true)
	find := ownersIn(pods)
	if namespace, isKnown := find(net.ParseIP("::ffff:10.0.0.1")); !isKnown || namespace != "own" {
		t.Errorf("%q, %t", namespace, isKnown)
	}
	add("other", "10.0.0.1", corev1.PodRunning, false)
	for _, address := range []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"} {
		if namespace, isKnown := find(net.ParseIP(address)); isKnown {
			t.Errorf("%s is of %q", address, namespace)
		}
	}
}

func TestATenantKeepsItsLastTracesAndNoOtherTakesTheirPlace(t *testing.T) {
	read := start(t)
	for id := byte(1); id <= 4; id++ {
		send(t, read, "127.0.0.1", "", trace("front", id))
		send(t, read, "127.0.0.2", "", trace("front", 100+id))
	}
	for id, expected := range map[byte]int{1: http.StatusNotFound, 2: http.StatusOK, 4: http.StatusOK} {
		if status, _ := ask(t, read, "lab-one", path(id)); status != expected {
			t.Errorf("trace %d: %d", id, status)
		}
	}
}

func TestARequestThatIsTooLargeIsRefused(t *testing.T) {
	read := start(t)
	large := trace("front", 7)
	large.ResourceSpans().At(0).Resource().Attributes().PutStr("ballast", strings.Repeat("x", maxRequestMiB<<20))
	if status := send(t, read, "127.0.0.1", "", large); status/100 == 2 {
		t.Errorf("it was taken: %d", status)
	}
}

func TestWhoeverTakesTheMostMemoryLosesItsTracesFirst(t *testing.T) {
	kept, err := newStores(10)
	if err != nil {
		t.Fatal(err)
	}
	large := trace("front", 8)
	large.ResourceSpans().At(0).Resource().Attributes().PutStr("ballast", strings.Repeat("x", 1<<20))
	for tenant, sent := range map[string]ptrace.Traces{"small": trace("front", 7), "large": large, "tiny": trace("front", 9)} {
		if err := kept.write(context.Background(), tenant, sent); err != nil {
			t.Fatal(err)
		}
	}
	has := func(tenant string) bool {
		found, err := kept.find(tenant).GetServices(tenancy.WithTenant(context.Background(), tenant))
		if err != nil {
			t.Fatal(err)
		}
		return len(found) == 1
	}
	limitMemory(1<<40, kept, zap.NewNop())
	if !has("large") {
		t.Error("dropped without need")
	}
	limitMemory(1, kept, zap.NewNop())
	if has("large") || !has("small") || !has("tiny") {
		t.Errorf("large %t, small %t, tiny %t", has("large"), has("small"), has("tiny"))
	}
	for range 3 {
		limitMemory(1, kept, zap.NewNop())
	}
	if len(kept.tenants) != 0 {
		t.Errorf("%d tenants are left", len(kept.tenants))
	}
}

func TestSettingsAreChecked(t *testing.T) {
	if read, err := readSettings([]string{"-max-traces=7"}); err != nil || read.maxTraces != 7 || read.query != ":16686" {
		t.Errorf("%+v, %v", read, err)
	}
	for _, wrong := range []string{"-max-traces=0", "-max-bytes=0", "-max-bytes=many"} {
		if _, err := readSettings([]string{wrong}); err == nil {
			t.Errorf("%s was taken", wrong)
		}
	}
}
