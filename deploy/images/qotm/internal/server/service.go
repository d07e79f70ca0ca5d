// Package server is what all services have in common: their probes, metrics, log lines, traces, faults, and how they start and
// stop.
package server

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sort"
	"sync/atomic"
	"time"

	"seaworthy/deploy/images/qotm/internal/certificates"
	"seaworthy/deploy/images/qotm/internal/faults"
	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/telemetry"
	"seaworthy/deploy/images/qotm/internal/upstream"
)

// maxBodyBytes is far above the size of any request's body.
const maxBodyBytes = 8 << 10

// Service is one of the programs, ready to get its routes.
type Service struct {
	Settings settings.Settings
	Logger   *slog.Logger
	Fault    *faults.State
	// Random gives a number from 0 up to 1; tests put a known one here.
	Random    func() float64
	Now       func() time.Time
	upstreams map[string]*upstream.Client
	metrics   *metrics
	tracing   *telemetry.Tracing
	authority *certificates.Authority
	draining  atomic.Bool
	routes    *http.ServeMux
	paths     map[string]bool
	// certificateChanges counts how often another certificate was ordered.
	certificateChanges atomic.Int64
}

// New makes a service without routes of its own.
func New(read settings.Settings, logger *slog.Logger, tracing *telemetry.Tracing) (*Service, error) {
	s := &Service{
		Settings: read, Logger: logger, Fault: faults.NewState(read.Fault), Random: rand.Float64, Now: time.Now,
		upstreams: map[string]*upstream.Client{}, tracing: tracing, routes: http.NewServeMux(), paths: map[string]bool{},
	}
	s.metrics = newMetrics(read, s.Fault)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Another service of the cluster is never asked through a proxy of the environment.
	transport.Proxy = nil
	if read.TLSSecret != "" {
		authority, err := certificates.Derive(read.TLSSecret)
		if err != nil {
			return nil, fmt.Errorf("the authority of certificates cannot be made: %w", err)
		}
		s.authority = authority
		transport.TLSClientConfig = &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS13}
	}
	shared := upstream.Settings{
		Timeout: read.UpstreamTimeout, Transport: transport, Trace: tracing.Client,
		Metrics: upstream.NewMetrics(s.metrics.registry), Fault: s.Fault,
	}
	for name, address := range read.Upstreams {
		s.upstreams[name] = upstream.New(name, address, shared)
	}
	s.routeCommon()
	return s, nil
}

// Upstream gives the client of another service, nil where the environment does not say where it is.
func (s *Service) Upstream(name string) *upstream.Client { return s.upstreams[name] }

func (s *Service) upstreamNames() []string {
	names := make([]string, 0, len(s.upstreams))
	for name := range s.upstreams {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Route adds an address of the service itself. Faults apply to it, as they do not to probes, metrics and the faults' own address.
func (s *Service) Route(pattern string, handler http.HandlerFunc) {
	s.routePlain(pattern, s.inject(handler))
}

func (s *Service) routePlain(pattern string, handler http.HandlerFunc) {
	s.paths[routePath(pattern)] = true
	s.routes.HandleFunc(pattern, handler)
}

// Handler answers all requests.
func (s *Service) Handler() http.Handler {
	return s.tracing.Server(s.observe(s.routes), isProbe, s.boundedPath)
}

// inject lets the ordered faults happen before the request is handled.
func (s *Service) inject(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fault := s.Fault.Get()
		if fault.LeakKiB > 0 {
			s.Fault.Leak()
			s.metrics.injected.WithLabelValues("leak_kb").Inc()
		}
		if latency := fault.Latency(s.Random()); latency > 0 {
			s.metrics.injected.WithLabelValues("latency_ms").Inc()
			select {
			case <-time.After(latency):
			case <-r.Context().Done():
				return
			}
		}
		if s.Random() < fault.ErrorRate {
			s.metrics.injected.WithLabelValues("error_rate").Inc()
			s.Fail(w, http.StatusInternalServerError, "a fault was ordered for this request")
			return
		}
		next(w, r)
	}
}

// errorAnswer is what a request that failed gets.
type errorAnswer struct {
	Server string `json:"server"`
	Error  string `json:"error"`
}

// Fail answers with an error.
func (s *Service) Fail(w http.ResponseWriter, status int, message string) {
	s.Answer(w, status, errorAnswer{Server: s.Settings.Server, Error: message})
}

// Answer writes JSON; an error means that the client closed the connection.
func (s *Service) Answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Page writes HTML, or answers with a failure where the page cannot be made of what is shown.
func (s *Service) Page(w http.ResponseWriter, r *http.Request, status int, page *template.Template, shown any) {
	var content bytes.Buffer
	if err := page.Execute(&content, shown); err != nil {
		s.Logger.ErrorContext(r.Context(), "page not rendered", "reason", err.Error())
		s.Fail(w, http.StatusInternalServerError, "the page could not be made")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = content.WriteTo(w)
}

// ReadJSON reads a request's body, or answers why it cannot.
func (s *Service) ReadJSON(w http.ResponseWriter, r *http.Request, target any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		s.Fail(w, http.StatusBadRequest, "expected JSON: "+err.Error())
		return false
	}
	return true
}
