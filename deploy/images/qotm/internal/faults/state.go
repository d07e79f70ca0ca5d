package faults

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

// GrowthMiB is how fast held memory grows in a second: slow enough to be seen growing.
const GrowthMiB = 16

const (
	growthSteps = 4
	stepBytes   = GrowthMiB << 20 / growthSteps
)

// State is the fault in force, shared by all requests, with the memory it holds.
type State struct {
	mutex   sync.RWMutex
	current Fault
	held    [][]byte
	leaked  [][]byte
	bytes   int64
}

// NewState begins with a fault.
func NewState(fault Fault) *State { return &State{current: fault} }

// Get gives the fault in force.
func (s *State) Get() Fault {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.current
}

// Update replaces the fault unless the change is refused. A fault that takes no memory any more gives it back.
func (s *State) Update(change func(Fault) (Fault, error)) (Fault, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	next, err := change(s.current)
	if err != nil {
		return s.current, err
	}
	s.current = next
	freed := s.bytes
	if next.MemoryMiB == 0 {
		s.bytes -= size(s.held)
		s.held = nil
	}
	if next.LeakKiB == 0 {
		s.bytes -= size(s.leaked)
		s.leaked = nil
	}
	if s.bytes < freed {
		debug.FreeOSMemory()
	}
	return next, nil
}

// HeldBytes is the memory that faults take.
func (s *State) HeldBytes() int64 {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	return s.bytes
}

// Leak keeps memory for one request where that is ordered.
func (s *State) Leak() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.current.LeakKiB > 0 && s.bytes < maxMemoryMiB<<20 {
		s.leaked = append(s.leaked, s.take(s.current.LeakKiB<<10))
	}
}

// Grow holds the memory that is ordered, step by step, until the context ends.
func (s *State) Grow(ctx context.Context) {
	ticker := time.NewTicker(time.Second / growthSteps)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.step()
		}
	}
}

func (s *State) step() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if missing := s.current.MemoryMiB<<20 - size(s.held); missing > 0 {
		s.held = append(s.held, s.take(min(missing, stepBytes)))
	}
}

// take writes to every page: memory that was never written to is not counted by the container's limit.
func (s *State) take(bytes int64) []byte {
	taken := make([]byte, bytes)
	for at := range taken {
		taken[at] = 1
	}
	s.bytes += bytes
	return taken
}

func size(blocks [][]byte) int64 {
	total := int64(0)
	for _, block := range blocks {
		total += int64(len(block))
	}
	return total
}
