package main

import (
	"cmp"
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	config "github.com/jaegertracing/jaeger/internal/storage/v1/memory"
	"github.com/jaegertracing/jaeger/internal/storage/v2/api/tracestore"
	"github.com/jaegertracing/jaeger/internal/storage/v2/memory"
	"github.com/jaegertracing/jaeger/internal/tenancy"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
)

// stores are one of Jaeger's stores in memory for each tenant. Jaeger's own store knows tenants too, but can only forget all of
// them at once: then whoever sends too much would take everybody's traces away.
type stores struct {
	maxTraces int
	mutex     sync.RWMutex
	tenants   map[string]*memory.Store
	// empty is what a tenant that never sent anything has.
	empty *memory.Store
}

func newStores(maxTraces int) (*stores, error) {
	empty, err := newStore(maxTraces)
	return &stores{maxTraces: maxTraces, tenants: map[string]*memory.Store{}, empty: empty}, err
}

func newStore(maxTraces int) (*memory.Store, error) {
	return memory.NewStore(config.Configuration{MaxTraces: maxTraces})
}

// find gives what a tenant has sent.
func (s *stores) find(tenant string) *memory.Store {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if store, found := s.tenants[tenant]; found {
		return store
	}
	return s.empty
}

// write keeps traces for a tenant.
func (s *stores) write(ctx context.Context, tenant string, traces ptrace.Traces) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	store, found := s.tenants[tenant]
	if !found {
		made, err := newStore(s.maxTraces)
		if err != nil {
			return err
		}
		store, s.tenants[tenant] = made, made
	}
	return store.WriteTraces(tenancy.WithTenant(ctx, tenant), traces)
}

// share is what a tenant's traces take.
type share struct {
	tenant string
	bytes  int
}

// slotBytes is what a store takes for each trace that it has room for.
const slotBytes = 96

// shares lists the tenants, the largest first.
func (s *stores) shares() []share {
	sizer := &ptrace.ProtoMarshaler{}
	all := tracestore.TraceQueryParams{SearchDepth: s.maxTraces, Attributes: pcommon.NewMap()}
	listed := make([]share, 0, len(s.tenants))
	for tenant, store := range s.tenants {
		found := share{tenant: tenant, bytes: s.maxTraces * slotBytes}
		for traces := range store.FindTraces(tenancy.WithTenant(context.Background(), tenant), all) {
			for _, one := range traces {
				found.bytes += sizer.TracesSize(one)
			}
		}
		listed = append(listed, found)
	}
	slices.SortFunc(listed, func(a, b share) int { return cmp.Compare(b.bytes, a.bytes) })
	return listed
}

// drop forgets the largest tenants, until half of all is forgotten.
func (s *stores) drop() []share {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	listed := s.shares()
	total, dropped := 0, 0
	for _, one := range listed {
		total += one.bytes
	}
	for at, one := range listed {
		if 2*dropped >= total {
			return listed[:at]
		}
		dropped += one.bytes
		delete(s.tenants, one.tenant)
	}
	return listed
}

// memoryInterval is short: a sender fills a tenth of a second with several megabytes.
const memoryInterval = 200 * time.Millisecond

const heapMetric = "/memory/classes/heap/objects:bytes"

// heapBytes is the size of all objects, those included that the next collection frees.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: heapMetric}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchMemory limits what all traces take, until the context ends. A store limits the number of a tenant's traces, but neither
// their size nor the number of tenants, and both are in the hands of whoever sends.
func watchMemory(ctx context.Context, maxBytes uint64, kept *stores, logger *zap.Logger) {
	ticker := time.NewTicker(memoryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			limitMemory(maxBytes, kept, logger)
		}
	}
}

func limitMemory(maxBytes uint64, kept *stores, logger *zap.Logger) {
	if heapBytes() <= maxBytes {
		return
	}
	runtime.GC()
	used := heapBytes()
	if used <= maxBytes {
		return
	}
	for _, one := range kept.drop() {
		logger.Warn("traces dropped", zap.String("tenant", one.tenant), zap.Int("bytes", one.bytes), zap.Uint64("used_bytes", used))
	}
	debug.FreeOSMemory()
}
