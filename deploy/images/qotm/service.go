package main

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxBodyBytes is far above the size of any fault.
const maxBodyBytes = 4 << 10

// service handles the requests.
type service struct {
	settings settings
	logger   *slog.Logger
	metrics  *metrics
	fault    faultState
	draining atomic.Bool
	// random gives a number from 0 up to 1; tests put a known one here.
	random func() float64
	now    func() time.Time
}

// quoteAnswer is what a request for a quote gets.
type quoteAnswer struct {
	Server string `json:"server"`
	Quote  string `json:"quote"`
	Time   string `json:"time"`
}

type errorAnswer struct {
	Server string `json:"server"`
	Error  string `json:"error"`
}

type stateAnswer struct {
	Status string `json:"status"`
}

func newService(settings settings, logger *slog.Logger) *service {
	return &service{
		settings: settings,
		logger:   logger,
		metrics:  newMetrics(),
		fault:    faultState{current: settings.fault},
		random:   rand.Float64,
		now:      time.Now,
	}
}

// drain fails the readiness probe from now on.
func (s *service) drain() {
	s.draining.Store(true)
}

func (s *service) handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", s.getQuote)
	routes.HandleFunc("GET /healthz", s.getHealth)
	routes.HandleFunc("GET /readyz", s.getReadiness)
	routes.HandleFunc("GET /fault", s.getFault)
	routes.HandleFunc("POST /fault", s.postFault)
	routes.HandleFunc("DELETE /fault", s.deleteFault)
	routes.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	return s.observe(routes)
}

func (s *service) getQuote(w http.ResponseWriter, r *http.Request) {
	fault := s.fault.get()
	if latency := fault.latency(); latency > 0 {
		select {
		case <-time.After(latency):
		case <-r.Context().Done():
			return
		}
	}
	if s.random() < fault.ErrorRate {
		s.answer(w, http.StatusInternalServerError, errorAnswer{Server: s.settings.server, Error: "a fault was ordered for this request"})
		return
	}
	quote := quotes[int(s.random()*float64(len(quotes)))]
	s.answer(w, http.StatusOK, quoteAnswer{
		Server: s.settings.server,
		Quote:  quote,
		Time:   s.now().UTC().Format(time.RFC3339Nano),
	})
}

func (s *service) getHealth(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, stateAnswer{Status: "alive"})
}

func (s *service) getReadiness(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.draining.Load():
		s.answer(w, http.StatusServiceUnavailable, stateAnswer{Status: "draining"})
	case !s.fault.get().Ready:
		s.answer(w, http.StatusServiceUnavailable, stateAnswer{Status: "not ready, as ordered"})
	default:
		s.answer(w, http.StatusOK, stateAnswer{Status: "ready"})
	}
}

func (s *service) getFault(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, s.fault.get())
}

func (s *service) postFault(w http.ResponseWriter, r *http.Request) {
	changed, err := s.fault.update(func(current fault) (fault, error) {
		return current.change(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	})
	if err != nil {
		s.answer(w, http.StatusBadRequest, errorAnswer{Server: s.settings.server, Error: err.Error()})
		return
	}
	s.logger.Warn("fault changed", "error_rate", changed.ErrorRate, "latency_ms", changed.LatencyMilliseconds, "ready", changed.Ready)
	s.answer(w, http.StatusOK, changed)
}

func (s *service) deleteFault(w http.ResponseWriter, _ *http.Request) {
	cleared, _ := s.fault.update(func(fault) (fault, error) { return noFault, nil })
	s.logger.Info("fault cleared")
	s.answer(w, http.StatusOK, cleared)
}

// answer writes JSON; an error means that the client closed the connection.
func (s *service) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
