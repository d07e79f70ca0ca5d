package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// fault is how the service misbehaves on purpose.
type fault struct {
	// ErrorRate is the share of quotes, 0 to 1, that are refused with status 500.
	ErrorRate float64 `json:"error_rate"`
	// LatencyMilliseconds is added to every quote.
	LatencyMilliseconds int64 `json:"latency_ms"`
	// Ready is what the readiness probe is told.
	Ready bool `json:"ready"`
}

// maxLatency keeps a typing mistake from holding connections for hours.
const maxLatency = 60 * time.Second

var noFault = fault{Ready: true}

func (f fault) latency() time.Duration {
	return time.Duration(f.LatencyMilliseconds) * time.Millisecond
}

func (f fault) validate() error {
	if !(f.ErrorRate >= 0 && f.ErrorRate <= 1) {
		return fmt.Errorf("error_rate must be from 0 to 1, not %v", f.ErrorRate)
	}
	if f.LatencyMilliseconds < 0 || f.latency() > maxLatency {
		return fmt.Errorf("latency_ms must be from 0 to %d, not %d", maxLatency.Milliseconds(), f.LatencyMilliseconds)
	}
	return nil
}

// change reads a fault from JSON over the current one: fields that it does not mention keep their values.
func (f fault) change(body io.Reader) (fault, error) {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return f, fmt.Errorf("expected JSON like {\"error_rate\":0.5,\"latency_ms\":300,\"ready\":false}: %w", err)
	}
	if decoder.More() {
		return f, errors.New("expected one JSON object")
	}
	return f, f.validate()
}

// faultState is the fault in force, shared by all requests.
type faultState struct {
	mutex   sync.RWMutex
	current fault
}

func (s *faultState) get() fault {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.current
}

// update replaces the fault unless the change is refused.
func (s *faultState) update(change func(fault) (fault, error)) (fault, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	next, err := change(s.current)
	if err != nil {
		return s.current, err
	}
	s.current = next
	return next, nil
}
