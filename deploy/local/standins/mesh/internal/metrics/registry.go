// Package metrics counts a proxy's traffic under Linkerd's metric names and labels.
package metrics

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// idle is how long a series that nothing changes is shown.
const idle = 10 * time.Minute

// Labels are those of one series.
type Labels map[string]string

// With adds to labels, without changing them.
func (l Labels) With(more Labels) Labels {
	joined := Labels{}
	maps.Copy(joined, l)
	maps.Copy(joined, more)
	return joined
}

func (l Labels) key() string {
	pairs := make([]string, 0, len(l))
	for name, value := range l {
		pairs = append(pairs, name+"="+strconv.Quote(value))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

// buckets are the upper bounds of response_latency_ms.
var buckets = []int64{1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10000, 20000, 30000, 40000, 50000}

type series struct {
	value   float64
	changed time.Time
	// counts is one per bucket and one for what is above the last.
	counts []uint64
	sum    int64
}

type family struct {
	kind   string
	series map[string]*series
}

// Registry holds everything that was counted.
type Registry struct {
	mutex    sync.Mutex
	families map[string]*family
	now      func() time.Time
}

// NewRegistry is empty.
func NewRegistry() *Registry { return &Registry{families: map[string]*family{}, now: time.Now} }

func (r *Registry) find(name, kind string, labels Labels) *series {
	group, ok := r.families[name]
	if !ok {
		group = &family{kind: kind, series: map[string]*series{}}
		r.families[name] = group
	}
	key := labels.key()
	found, ok := group.series[key]
	if !ok {
		found = &series{}
		group.series[key] = found
	}
	found.changed = r.now()
	return found
}

// Add adds to a counter.
func (r *Registry) Add(name string, labels Labels, amount float64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.find(name, "counter", labels).value += amount
}

// Change moves a gauge.
func (r *Registry) Change(name string, labels Labels, amount float64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.find(name, "gauge", labels).value += amount
}

// Observe adds one latency to a histogram.
func (r *Registry) Observe(name string, labels Labels, milliseconds int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	found := r.find(name, "histogram", labels)
	if found.counts == nil {
		found.counts = make([]uint64, len(buckets)+1)
	}
	place, _ := slices.BinarySearch(buckets, milliseconds)
	found.counts[place]++
	found.sum += milliseconds
}

// Sample is a value that is read from elsewhere at the moment of a scrape.
type Sample struct {
	Name, Kind string
	Labels     Labels
	Value      float64
}

// Write gives everything in Prometheus' text format, and forgets what nothing has changed for a while. A gauge that is not
// zero stays.
func (r *Registry) Write(out io.Writer, samples []Sample) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.forget()
	text := &strings.Builder{}
	byName := map[string][]Sample{}
	for _, sample := range samples {
		byName[sample.Name] = append(byName[sample.Name], sample)
	}
	names := slices.Concat(slices.Collect(maps.Keys(r.families)), slices.Collect(maps.Keys(byName)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		group, kind := r.families[name], ""
		if group != nil {
			kind = group.kind
		} else {
			kind = byName[name][0].Kind
		}
		fmt.Fprintf(text, "# TYPE %s %s\n", name, kind)
		for _, sample := range byName[name] {
			fmt.Fprintf(text, "%s{%s} %s\n", name, sample.Labels.key(), number(sample.Value))
		}
		if group != nil {
			group.write(text, name)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func (f *family) write(text *strings.Builder, name string) {
	for _, key := range slices.Sorted(maps.Keys(f.series)) {
		found := f.series[key]
		if f.kind != "histogram" {
			fmt.Fprintf(text, "%s{%s} %s\n", name, key, number(found.value))
			continue
		}
		total := uint64(0)
		for place, count := range found.counts {
			total += count
			bound := "+Inf"
			if place < len(buckets) {
				bound = strconv.FormatInt(buckets[place], 10)
			}
			fmt.Fprintf(text, "%s_bucket{%s,le=%q} %d\n", name, key, bound, total)
		}
		fmt.Fprintf(text, "%s_sum{%s} %d\n%s_count{%s} %d\n", name, key, found.sum, name, key, total)
	}
}

func (r *Registry) forget() {
	oldest := r.now().Add(-idle)
	for name, group := range r.families {
		maps.DeleteFunc(group.series, func(_ string, s *series) bool {
			return s.changed.Before(oldest) && (group.kind != "gauge" || s.value == 0)
		})
		if len(group.series) == 0 {
			delete(r.families, name)
		}
	}
}

func number(value float64) string { return strconv.FormatFloat(value, 'f', -1, 64) }
