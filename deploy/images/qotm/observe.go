package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// knownPaths keep the number of time series bounded: every other path counts as one.
var knownPaths = map[string]bool{"/": true, "/healthz": true, "/readyz": true, "/metrics": true, "/fault": true}

// probePaths are requested by probes and scrapes every second.
var probePaths = map[string]bool{"/healthz": true, "/readyz": true, "/metrics": true}

type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total", Help: "Requests answered.",
		}, []string{"code", "method", "path"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_request_duration_seconds", Help: "Time from a request's arrival to the end of its answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"method", "path"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight", Help: "Requests being answered at this moment.",
		}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
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
func (s *service) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()
		answered := &recorder{ResponseWriter: w}
		next.ServeHTTP(answered, r)
		if answered.status == 0 {
			answered.status = statusClientClosed
		}
		took := s.now().Sub(began)
		path, method := boundedPath(r.URL.Path), boundedMethod(r.Method)
		s.metrics.requests.WithLabelValues(strconv.Itoa(answered.status), method, path).Inc()
		s.metrics.duration.WithLabelValues(method, path).Observe(took.Seconds())
		s.log(r, answered, took)
	})
}

// log leaves out successful probes and scrapes, which would outnumber all other lines.
func (s *service) log(r *http.Request, answered *recorder, took time.Duration) {
	if probePaths[r.URL.Path] && answered.status == http.StatusOK && !s.settings.logProbes {
		return
	}
	s.logger.Info("request",
		"method", r.Method, "path", r.URL.Path, "status", answered.status, "bytes", answered.bytes,
		"duration_ms", float64(took.Microseconds())/1000, "remote", r.RemoteAddr, "user_agent", r.UserAgent(),
		"request_id", r.Header.Get("X-Request-Id"))
}

func boundedPath(path string) string {
	if knownPaths[path] {
		return path
	}
	return "other"
}

func boundedMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}
