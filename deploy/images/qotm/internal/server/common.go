package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"seaworthy/deploy/images/qotm/internal/faults"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

type stateAnswer struct {
	Status string `json:"status"`
}

// routeCommon adds the addresses that every service has.
func (s *Service) routeCommon() {
	s.routePlain("GET /healthz", s.getHealth)
	s.routePlain("GET /readyz", s.getReadiness)
	s.routePlain("GET /status", s.getStatus)
	s.routePlain("GET /fault", s.getFault)
	s.routePlain("POST /fault", s.postFault)
	s.routePlain("DELETE /fault", s.deleteFault)
	s.routePlain("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}).ServeHTTP)
}

func (s *Service) getHealth(w http.ResponseWriter, _ *http.Request) {
	s.Answer(w, http.StatusOK, stateAnswer{Status: "alive"})
}

// getReadiness does not ask the upstreams: one that fails would take every service before it out of its Service.
func (s *Service) getReadiness(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.draining.Load():
		s.Answer(w, http.StatusServiceUnavailable, stateAnswer{Status: "draining"})
	case !s.Fault.Get().Ready:
		s.Answer(w, http.StatusServiceUnavailable, stateAnswer{Status: "not ready, as ordered"})
	default:
		s.Answer(w, http.StatusOK, stateAnswer{Status: "ready"})
	}
}

// Status is how a service and what is behind it are.
type Status struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Server  string `json:"server"`
	Ready   bool   `json:"ready"`
	// Fault is left out where none is ordered.
	Fault     *faults.Fault    `json:"fault,omitempty"`
	Upstreams []UpstreamStatus `json:"upstreams"`
}

// UpstreamStatus is how an upstream is, or why that is not known.
type UpstreamStatus struct {
	Name    string  `json:"name"`
	Address string  `json:"address"`
	Status  *Status `json:"status,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// StatusTimeout is how long the first service on the way asks for states. The next one has half of it, so that a service which
// hangs does not silence the one that asks it.
const StatusTimeout = 800 * time.Millisecond

// Status asks every upstream at the same time.
func (s *Service) Status(ctx context.Context, timeout time.Duration) Status {
	fault := s.Fault.Get()
	status := Status{
		Service: s.Settings.Service, Version: s.Settings.Version, Server: s.Settings.Server,
		Ready: fault.Ready && !s.draining.Load(), Upstreams: make([]UpstreamStatus, len(s.upstreams)),
	}
	if fault != faults.None {
		status.Fault = &fault
	}
	// The trace of a request is about its work, not about looking after the services.
	ctx, cancel := context.WithTimeout(telemetry.Untraced(ctx), timeout)
	defer cancel()
	var asked sync.WaitGroup
	for at, name := range s.upstreamNames() {
		asked.Go(func() {
			client := s.upstreams[name]
			found := UpstreamStatus{Name: name, Address: client.Address.String()}
			answer := Status{}
			if err := client.Get(ctx, "/status", &answer); err != nil {
				found.Error = err.Error()
			} else {
				found.Status = &answer
			}
			status.Upstreams[at] = found
		})
	}
	asked.Wait()
	return status
}

func (s *Service) getStatus(w http.ResponseWriter, r *http.Request) {
	s.Answer(w, http.StatusOK, s.Status(r.Context(), StatusTimeout/2))
}

func (s *Service) getFault(w http.ResponseWriter, _ *http.Request) {
	s.Answer(w, http.StatusOK, s.Fault.Get())
}

func (s *Service) postFault(w http.ResponseWriter, r *http.Request) {
	before := s.Fault.Get()
	changed, err := s.Fault.Update(func(current faults.Fault) (faults.Fault, error) {
		return current.Change(http.MaxBytesReader(w, r.Body, maxBodyBytes), s.Settings.FaultLimits())
	})
	if err != nil {
		s.Fail(w, http.StatusBadRequest, err.Error())
		return
	}
	s.Logger.WarnContext(r.Context(), "fault changed", "fault", changed)
	s.faultChanged(before, changed)
	s.Answer(w, http.StatusOK, changed)
}

func (s *Service) deleteFault(w http.ResponseWriter, r *http.Request) {
	before := s.Fault.Get()
	cleared, _ := s.Fault.Update(func(faults.Fault) (faults.Fault, error) { return faults.None, nil })
	s.Logger.InfoContext(r.Context(), "fault cleared")
	s.faultChanged(before, cleared)
	s.Answer(w, http.StatusOK, cleared)
}

// faultChanged lets clients meet another certificate soon, and not only when they connect anew for another reason.
func (s *Service) faultChanged(before, after faults.Fault) {
	if before.Certificate != after.Certificate {
		s.certificateChanges.Add(1)
	}
}
