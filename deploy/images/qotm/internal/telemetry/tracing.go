package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing makes spans of requests, where the environment says who collects them. Where it does not, it makes none, and hands on
// the trace that a request came with, so that whoever traces before and behind this service sees one trace.
type Tracing struct {
	provider *sdktrace.TracerProvider
}

var headers = propagation.TraceContext{}

const (
	// batchDelay is how long a span waits to be sent: short enough for a person who looks for a request just made.
	batchDelay = 500 * time.Millisecond
	// errorInterval is how often lost spans are reported.
	errorInterval = 30 * time.Second
)

// NewTracing reads the variables that OpenTelemetry defines for this: OTEL_EXPORTER_OTLP_ENDPOINT (and _TRACES_ENDPOINT),
// OTEL_EXPORTER_OTLP_HEADERS, OTEL_RESOURCE_ATTRIBUTES.
func NewTracing(service, version, server string, environment func(string) string, logger *slog.Logger) (*Tracing, error) {
	client, err := newClient(environment)
	if err != nil || client == nil {
		return &Tracing{}, err
	}
	exporter, err := otlptrace.New(context.Background(), client)
	if err != nil {
		return nil, err
	}
	described, err := describe(service, version, server)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	reportErrors(logger)
	return &Tracing{provider: sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter, sdktrace.WithBatchTimeout(batchDelay)),
		sdktrace.WithResource(described),
	)}, nil
}

// describe says what a span comes from; the environment adds the namespace and the pod.
func describe(service, version, server string) (*resource.Resource, error) {
	own := resource.NewSchemaless(
		attribute.String("service.name", service),
		attribute.String("service.version", version),
		attribute.String("service.instance.id", server),
	)
	added, err := resource.New(context.Background(), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, err
	}
	return resource.Merge(own, added)
}

// reportErrors logs lost spans now and then: a collector that is away is no reason to fill the log.
func reportErrors(logger *slog.Logger) {
	var last atomic.Int64
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		now, before := time.Now().UnixNano(), last.Load()
		if now-before > errorInterval.Nanoseconds() && last.CompareAndSwap(before, now) {
			logger.Warn("spans lost", "reason", err.Error())
		}
	}))
}

// Server makes a span of each request that is not left out, named by the route that answers it.
func (t *Tracing) Server(next http.Handler, leftOut func(*http.Request) bool, route func(*http.Request) string) http.Handler {
	if t.provider == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("traceparent") != "" {
				r = r.WithContext(headers.Extract(r.Context(), propagation.HeaderCarrier(r.Header)))
			}
			next.ServeHTTP(w, r)
		})
	}
	return otelhttp.NewHandler(next, "request",
		otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(headers),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + route(r) }),
		otelhttp.WithFilter(func(r *http.Request) bool { return !leftOut(r) }))
}

// Client makes a span of each request to another service, and tells that service which trace it belongs to.
func (t *Tracing) Client(next http.RoundTripper, upstream string) http.RoundTripper {
	if t.provider == nil {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if trace.SpanContextFromContext(r.Context()).IsValid() {
				r = r.Clone(r.Context())
				headers.Inject(r.Context(), propagation.HeaderCarrier(r.Header))
			}
			return next.RoundTrip(r)
		})
	}
	return otelhttp.NewTransport(next,
		otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(headers),
		otelhttp.WithFilter(func(r *http.Request) bool { return trace.SpanContextFromContext(r.Context()).IsValid() }),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + upstream }))
}

// Untraced is a context whose requests belong to no trace.
func Untraced(ctx context.Context) context.Context {
	return trace.ContextWithSpan(ctx, trace.SpanFromContext(context.Background()))
}

// Stop sends what is left.
func (t *Tracing) Stop(ctx context.Context) error {
	if t.provider == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
