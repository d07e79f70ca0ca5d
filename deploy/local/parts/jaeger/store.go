package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	config "github.com/jaegertracing/jaeger/internal/storage/v1/memory"
	"github.com/jaegertracing/jaeger/internal/storage/v2/memory"
	"go.uber.org/zap"
)

func newStore(maxTraces int) (*memory.Store, error) {
	return memory.NewStore(config.Configuration{MaxTraces: maxTraces})
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

// watchMemory drops all traces when they take more memory than allowed, until the context ends. The store limits the number of
// traces of a tenant, but neither their size nor the number of tenants, and both are in the hands of whoever sends.
func watchMemory(ctx context.Context, maxBytes uint64, store *memory.Store, logger *zap.Logger) {
	ticker := time.NewTicker(memoryInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			limitMemory(maxBytes, store, logger)
		}
	}
}

func limitMemory(maxBytes uint64, store *memory.Store, logger *zap.Logger) {
	if heapBytes() <= maxBytes {
		return
	}
	runtime.GC()
	used := heapBytes()
	if used <= maxBytes {
		return
	}
	if err := store.Purge(); err != nil {
		logger.Error("traces not dropped", zap.Error(err))
		return
	}
	logger.Warn("traces dropped", zap.Uint64("used_bytes", used), zap.Uint64("max_bytes", maxBytes))
	debug.FreeOSMemory()
}
