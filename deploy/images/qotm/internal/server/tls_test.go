package server

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

// secureURL starts a service that speaks TLS, and gives its address.
func secureURL(t *testing.T, service *Service) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	listeners, err := service.Listen(ctx)
	if err != nil || len(listeners) != 2 {
		t.Fatalf("%v, %v", listeners, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- service.Serve(ctx, listeners) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "https://localhost:" + listeners[1].Addr().String()[strings.LastIndex(listeners[1].Addr().String(), ":")+1:]
}

var tlsValues = map[string]string{"QOTM_TLS_SECRET": "shared", "QOTM_LISTEN": "127.0.0.1:0", "QOTM_TLS_LISTEN": "127.0.0.1:0"}

// clientOf makes a front that asks the address, trusting by the same secret or another one.
func clientOf(t *testing.T, address, secret string) *Service {
	t.Helper()
	values := map[string]string{"QOTM_URL": address, "QOTM_TLS_SECRET": secret}
	read, err := settings.Read("front", func(name string) string { return values[name] })
	if err != nil {
		t.Fatal(err)
	}
	front, err := New(read, telemetry.NewLogger(io.Discard, "front", "1"), &telemetry.Tracing{})
	if err != nil {
		t.Fatal(err)
	}
	return front
}

func TestAnExpiredCertificateIsMetAfterOneMoreAnswerAndGoesAgain(t *testing.T) {
	service := testService(t, io.Discard, tlsValues)
	front := clientOf(t, secureURL(t, service), "shared")
	ask := func() error { return front.Upstream("qotm").Get(context.Background(), "/", nil) }
	if err := ask(); err != nil {
		t.Fatalf("a valid certificate was refused: %v", err)
	}
	valid := expiry(t, service)
	if answer := send(service, "POST", "/fault", `{"certificate":"expired"}`); answer.Code != http.StatusOK {
		t.Fatal(answer.Body)
	}
	if err := ask(); err != nil {
		t.Fatalf("the connection that was open answers once more: %v", err)
	}
	if err := ask(); err == nil || !strings.Contains(err.Error(), "certificate has expired") {
		t.Errorf("got %v", err)
	}
	if expired := expiry(t, service); expired >= float64(service.Now().Unix()) || valid <= float64(service.Now().Unix()) {
		t.Errorf("the metric says %v, and said %v before", expired, valid)
	}
	if text := send(front, "GET", "/metrics", "").Body.String(); !strings.Contains(text, `upstream_requests_total{result="certificate",upstream="qotm"} 1`) {
		t.Errorf("no such result in %s", text)
	}
	send(service, "DELETE", "/fault", "")
	if err := ask(); err != nil {
		t.Errorf("after the fault: %v", err)
	}
}

func TestACertificateOfAnotherSecretIsNotTrusted(t *testing.T) {
	front := clientOf(t, secureURL(t, testService(t, io.Discard, tlsValues)), "another")
	if err := front.Upstream("qotm").Get(context.Background(), "/", nil); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

// expiry reads the metric with the certificate's end.
func expiry(t *testing.T, service *Service) float64 {
	t.Helper()
	const name = "\ntls_certificate_not_after_timestamp_seconds "
	_, after, found := strings.Cut(send(service, "GET", "/metrics", "").Body.String(), name)
	value, _, _ := strings.Cut(after, "\n")
	seconds, err := strconv.ParseFloat(value, 64)
	if !found || err != nil {
		t.Fatalf("%v: %q", err, value)
	}
	return seconds
}
