package server

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"seaworthy/deploy/images/qotm/internal/faults"
	"seaworthy/deploy/images/qotm/internal/settings"
)

// probePaths are requested by probes, scrapes and the page of the front every second.
var probePaths = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true, "/status": true}

func isProbe(r *http.Request) bool { return probePaths[r.URL.Path] }

type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	injected *prometheus.CounterVec
}

func newMetrics(read settings.Settings, state *faults.State) *metrics {
	version := prometheus.Labels{"version": read.Version}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered.", ConstLabels: version,
		}, []string{"code", "method", "path"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from a request's arrival to the end of its answer.",
			Buckets:     []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
			ConstLabels: version,
		}, []string{"method", "path"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered at this moment.",
		}),
		injected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fault_injected_total", Help: "Requests that met an ordered fault.",
		}, []string{"fault"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "qotm_build_info", Help: "1, with the service and its version as labels.",
		ConstLabels: prometheus.Labels{"service": read.Service, "version": read.Version},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.inFlight, m.injected, info, &faultCollector{state},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// addExpiry tells when the certificate ends that the server shows at the moment.
func (m *metrics) addExpiry(current func() *tls.Certificate) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tls_certificate_not_after_timestamp_seconds", Help: "When the certificate that the server shows ends.",
	}, func() float64 { return float64(current().Leaf.NotAfter.Unix()) }))
}

var (
	faultActive = prometheus.NewDesc("fault_active", "1 for each fault that is ordered.", []string{"fault"}, nil)
	faultMemory = prometheus.NewDesc("fault_memory_bytes", "Memory that faults hold.", nil, nil)
)

// faultCollector reads the faults in force when they are asked for.
type faultCollector struct{ state *faults.State }

func (c *faultCollector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- faultActive
	descriptions <- faultMemory
}

func (c *faultCollector) Collect(found chan<- prometheus.Metric) {
	for name, active := range c.state.Get().Active() {
		value := 0.0
		if active {
			value = 1
		}
		found <- prometheus.MustNewConstMetric(faultActive, prometheus.GaugeValue, value, name)
	}
	found <- prometheus.MustNewConstMetric(faultMemory, prometheus.GaugeValue, float64(c.state.HeldBytes()))
}

// recorder records the status and the size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(content []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	written, err := r.ResponseWriter.Write(content)
	r.bytes += written
	return written, err
}

// Unwrap gives http.ResponseController the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// statusClientClosed is what proxies log for a client that closed the connection before the answer.
const statusClientClosed = 499

// observe counts, times and logs every request.
func (s *Service) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		w.Header().Set("X-Version", s.Settings.Version)
		answered := &recorder{ResponseWriter: w}
		next.ServeHTTP(answered, r)
		if answered.status == 0 {
			answered.status = statusClientClosed
		}
		took := s.Now().Sub(began)
		path, method := s.boundedPath(r), boundedMethod(r.Method)
		s.metrics.requests.WithLabelValues(strconv.Itoa(answered.status), method, path).Inc()
		s.metrics.duration.WithLabelValues(method, path).Observe(took.Seconds())
		s.log(r, answered, took)
	})
}

// log leaves out successful probes and scrapes, which would outnumber all other lines.
func (s *Service) log(r *http.Request, answered *recorder, took time.Duration) {
	if isProbe(r) && answered.status == http.StatusOK && !s.Settings.LogProbes {
		return
	}
	level := slog.LevelInfo
	if answered.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Logger.Log(r.Context(), level, "request",
		"method", r.Method, "path", r.URL.Path, "status", answered.status, "bytes", answered.bytes,
		"duration_ms", float64(took.Microseconds())/1000, "remote", r.RemoteAddr, "user_agent", r.UserAgent(),
		"request_id", r.Header.Get("X-Request-Id"))
}

// boundedPath keeps the number of time series bounded: every path without a route counts as one.
func (s *Service) boundedPath(r *http.Request) string {
	if r.Pattern != "" {
		return routePath(r.Pattern)
	}
	if s.paths[r.URL.Path] {
		return r.URL.Path
	}
	return "other"
}

// routePath is a route's pattern without its method.
func routePath(pattern string) string {
	if _, path, found := strings.Cut(pattern, " "); found {
		pattern = path
	}
	return strings.TrimSuffix(pattern, "{$}")
}

func boundedMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
