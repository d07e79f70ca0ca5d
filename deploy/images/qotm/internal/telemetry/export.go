package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// client sends spans by OTLP over HTTP. OpenTelemetry's own client for that would link gRPC into the smallest of images.
type client struct {
	address string
	headers http.Header
	http    *http.Client
}

// exportTimeout is how long the collector may take for one batch.
const exportTimeout = 5 * time.Second

// newClient gives none where no collector is named.
func newClient(environment func(string) string) (*client, error) {
	name, path := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""
	if environment(name) == "" {
		name, path = "OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces"
	}
	text := environment(name)
	if text == "" || environment("OTEL_SDK_DISABLED") == "true" {
		return nil, nil
	}
	address, err := url.Parse(text)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return nil, fmt.Errorf("%s=%q is not an address such as http://jaeger.observability:4318", name, text)
	}
	headers, err := parseHeaders(environment("OTEL_EXPORTER_OTLP_HEADERS"))
	if err != nil {
		return nil, err
	}
	return &client{address: address.JoinPath(path).String(), headers: headers, http: &http.Client{Timeout: exportTimeout}}, nil
}

// parseHeaders reads name=value pairs with commas between them, as OpenTelemetry writes them.
func parseHeaders(text string) (http.Header, error) {
	headers := http.Header{"Content-Type": {"application/x-protobuf"}}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || err != nil || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: %q is not name=value", pair)
		}
		headers.Set(strings.TrimSpace(name), value)
	}
	return headers, nil
}

func (c *client) Start(context.Context) error { return nil }

func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces sends a TracesData, which is the same on the wire as the request that OTLP defines.
func (c *client) UploadTraces(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	body, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = c.headers.Clone()
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(answer.Body, 256))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s: %q", answer.Status, reason)
	}
	return nil
}
