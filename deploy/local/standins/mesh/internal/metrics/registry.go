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
)

// maxSamples is far above what a pod needs, and less than Prometheus takes from one: a pod that asks ever more addresses is
// counted for the first ones.
const maxSamples = 10000

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

// histogram has a count for each bucket and one for what is above the last.
type histogram struct {
	counts []uint64
	sum    int64
}

// Registry holds everything that was counted, by the metric's name and the labels' text.
type Registry struct {
	mutex      sync.Mutex
	values     map[string]map[string]float64
	histograms map[string]map[string]*histogram
	samples    int
}

// NewRegistry is empty.
func NewRegistry() *Registry {
	return &Registry{values: map[string]map[string]float64{}, histograms: map[string]map[string]*histogram{}}
}

// find gives the series of a metric, and whether there is room for one of so many samples that is not among them.
func find[T any](r *Registry, families map[string]map[string]T, name, key string, samples int) (series map[string]T, isRoom bool) {
	if families[name] == nil {
		families[name] = map[string]T{}
	}
	if _, known := families[name][key]; !known {
		if r.samples+samples > maxSamples {
			return nil, false
		}
		r.samples += samples
	}
	return families[name], true
}

// Add adds to a counter, or moves a gauge.
func (r *Registry) Add(name string, labels Labels, amount float64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	key := labels.key()
	if series, ok := find(r, r.values, name, key, 1); ok {
		series[key] += amount
	}
}

// Observe adds one latency to a histogram.
func (r *Registry) Observe(name string, labels Labels, milliseconds int64) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	key := labels.key()
	series, ok := find(r, r.histograms, name, key, len(buckets)+3)
	if !ok {
		return
	}
	if series[key] == nil {
		series[key] = &histogram{counts: make([]uint64, len(buckets)+1)}
	}
	place, _ := slices.BinarySearch(buckets, milliseconds)
	series[key].counts[place]++
	series[key].sum += milliseconds
}

// Sample is a value that is read from elsewhere at the moment of a scrape.
type Sample struct {
	Name   string
	Labels Labels
	Value  float64
}

// Write gives everything in Prometheus' text format.
func (r *Registry) Write(out io.Writer, samples []Sample) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	lines := map[string][]string{}
	for _, sample := range samples {
		lines[sample.Name] = append(lines[sample.Name], line(sample.Name, sample.Labels.key(), sample.Value))
	}
	for name, series := range r.values {
		for _, key := range slices.Sorted(maps.Keys(series)) {
			lines[name] = append(lines[name], line(name, key, series[key]))
		}
	}
	for name, series := range r.histograms {
		for _, key := range slices.Sorted(maps.Keys(series)) {
			lines[name] = append(lines[name], series[key].lines(name, key)...)
		}
	}
	text := &strings.Builder{}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		kind := "gauge"
		if r.histograms[name] != nil {
			kind = "histogram"
		} else if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		fmt.Fprintf(text, "# TYPE %s %s\n%s", name, kind, strings.Join(lines[name], ""))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func line(name, key string, value float64) string {
	return name + "{" + key + "} " + strconv.FormatFloat(value, 'f', -1, 64) + "\n"
}

func (h *histogram) lines(name, key string) []string {
	var lines []string
	total := uint64(0)
	for place, count := range h.counts {
		total += count
		bound := "+Inf"
		if place < len(buckets) {
			bound = strconv.FormatInt(buckets[place], 10)
		}
		lines = append(lines, line(name+"_bucket", fmt.Sprintf("%s,le=%q", key, bound), float64(total)))
	}
	return append(lines, line(name+"_sum", key, float64(h.sum)), line(name+"_count", key, float64(total)))
}
