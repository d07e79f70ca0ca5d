// Package faults is how a service misbehaves on purpose: what can be ordered, what is in force, and the memory it takes.
package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// Fault is how the service misbehaves on purpose.
type Fault struct {
	// ErrorRate is the share of requests, 0 to 1, that are refused with status 500.
	ErrorRate float64 `json:"error_rate"`
	// LatencyMilliseconds is added to every request.
	LatencyMilliseconds int64 `json:"latency_ms"`
	// JitterMilliseconds is the most that is added to the latency, by chance and differently for each request.
	JitterMilliseconds int64 `json:"jitter_ms"`
	// Ready is what the readiness probe is told.
	Ready bool `json:"ready"`
	// MemoryMiB is held, after growing by GrowthMiB a second.
	MemoryMiB int64 `json:"memory_mb"`
	// LeakKiB is kept of every request, and never given back.
	LeakKiB int64 `json:"leak_kb"`
	// Down is the upstream that refuses every connection.
	Down string `json:"down"`
	// Hang is the upstream that never answers.
	Hang string `json:"hang"`
	// Certificate is Expired where the server shows a certificate that is no longer valid.
	Certificate string `json:"certificate"`
}

// Expired is the one thing that can be wrong with a certificate.
const Expired = "expired"

// None is a service as it should be.
var None = Fault{Ready: true}

const (
	// maxLatency keeps a typing mistake from holding connections for hours.
	maxLatency = 60 * time.Second
	// maxMemoryMiB lies above every sensible limit of a container.
	maxMemoryMiB = 4096
)

// Limits say which faults a service can have.
type Limits struct {
	Service   string
	Upstreams []string
	TLS       bool
}

// Latency is what a request waits, with a chance from 0 up to 1 for the jitter.
func (f Fault) Latency(chance float64) time.Duration {
	return time.Duration(float64(f.LatencyMilliseconds)+math.Round(chance*float64(f.JitterMilliseconds))) * time.Millisecond
}

// Validate refuses what this service cannot do.
func (f Fault) Validate(limits Limits) error {
	if !(f.ErrorRate >= 0 && f.ErrorRate <= 1) {
		return fmt.Errorf("error_rate must be from 0 to 1, not %v", f.ErrorRate)
	}
	for _, bounded := range []struct {
		name       string
		value, max int64
	}{
		{"latency_ms", f.LatencyMilliseconds, maxLatency.Milliseconds()},
		{"jitter_ms", f.JitterMilliseconds, maxLatency.Milliseconds()},
		{"memory_mb", f.MemoryMiB, maxMemoryMiB},
		{"leak_kb", f.LeakKiB, maxMemoryMiB << 10},
	} {
		if bounded.value < 0 || bounded.value > bounded.max {
			return fmt.Errorf("%s must be from 0 to %d, not %d", bounded.name, bounded.max, bounded.value)
		}
	}
	if f.Down != "" && f.Down == f.Hang {
		return fmt.Errorf("%s cannot be down and hang at the same time", f.Down)
	}
	if f.Certificate != "" && f.Certificate != Expired {
		return fmt.Errorf("certificate must be empty or %q, not %q", Expired, f.Certificate)
	}
	if f.Certificate != "" && !limits.TLS {
		return errors.New("certificate: this server has none; start it with QOTM_TLS_SECRET")
	}
	return errors.Join(limits.knows("down", f.Down), limits.knows("hang", f.Hang))
}

func (l Limits) knows(field, upstream string) error {
	if upstream == "" || slices.Contains(l.Upstreams, upstream) {
		return nil
	}
	if len(l.Upstreams) == 0 {
		return fmt.Errorf("%s: %s asks no other service", field, l.Service)
	}
	return fmt.Errorf("%s must be one of %s, which %s asks, not %q", field, strings.Join(l.Upstreams, ", "), l.Service, upstream)
}

// Change reads a fault from JSON over the current one: fields that it does not mention keep their values.
func (f Fault) Change(body io.Reader, limits Limits) (Fault, error) {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return f, fmt.Errorf("expected JSON like {\"error_rate\":0.5,\"latency_ms\":300,\"ready\":false}: %w", err)
	}
	if decoder.More() {
		return f, errors.New("expected one JSON object")
	}
	return f, f.Validate(limits)
}

// Active says for each fault, by its name in JSON, whether it is in force.
func (f Fault) Active() map[string]bool {
	return map[string]bool{
		"error_rate":  f.ErrorRate > 0,
		"latency_ms":  f.LatencyMilliseconds > 0,
		"jitter_ms":   f.JitterMilliseconds > 0,
		"ready":       !f.Ready,
		"memory_mb":   f.MemoryMiB > 0,
		"leak_kb":     f.LeakKiB > 0,
		"down":        f.Down != "",
		"hang":        f.Hang != "",
		"certificate": f.Certificate != "",
	}
}
