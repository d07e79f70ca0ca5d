package main

import (
	"hash/maphash"
	"log/slog"
	"sync"
	"time"
)

// limits bound what Prometheus has to remember. It keeps each series in memory for as long as its newest block is open,
// whoever changes their labels at every scrape leaves a new one each time, and its own limits count one scrape alone.
type limits struct {
	// remembered is how long a series counts that is no longer seen: as long as Prometheus keeps it in memory.
	remembered time.Duration
	// perNamespace is far above what a lab's proxies have, all is what there is memory for, and share what a namespace has even
	// when others have used that up.
	perNamespace, all, share int
}

var standard = limits{remembered: 45 * time.Minute, perNamespace: 40000, all: 200000, share: 2000}

// budget knows the series of each namespace, by their hashes, and when each was seen last.
type budget struct {
	limits
	seed  maphash.Seed
	now   func() time.Time
	mutex sync.Mutex
	known map[string]map[uint64]time.Time
	total int
	swept time.Time
}

func newBudget(limits limits, now func() time.Time) *budget {
	return &budget{limits: limits, seed: maphash.MakeSeed(), now: now, known: map[string]map[uint64]time.Time{}, swept: now()}
}

// admits tells whether there is room for a series of a target: a known one has its room.
func (b *budget) admits(namespace, target string, series []byte) bool {
	hash := maphash.Hash{}
	hash.SetSeed(b.seed)
	_, _ = hash.WriteString(target)
	_, _ = hash.Write(series)
	key := hash.Sum64()
	b.mutex.Lock()
	defer b.mutex.Unlock()
	now := b.now()
	if now.Sub(b.swept) > b.remembered/10 {
		b.sweep(now)
	}
	known := b.known[namespace]
	if _, isKnown := known[key]; !isKnown {
		if len(known) >= b.perNamespace || (b.total >= b.all && len(known) >= b.share) {
			return false
		}
		if known == nil {
			known = map[uint64]time.Time{}
			b.known[namespace] = known
		}
		b.total++
	}
	known[key] = now
	return true
}

// sweep forgets what Prometheus has forgotten.
func (b *budget) sweep(now time.Time) {
	b.swept = now
	for namespace, known := range b.known {
		for key, seen := range known {
			if now.Sub(seen) > b.remembered {
				delete(known, key)
				b.total--
			}
		}
		if len(known) == 0 {
			delete(b.known, namespace)
		}
	}
	slog.Debug("series counted", "series", b.total, "namespaces", len(b.known))
}
