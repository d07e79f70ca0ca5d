package prometheus

import (
	"testing"
	"time"
)

func query(span time.Duration, points int64, interval string) *Query {
	from := time.Unix(1_700_000_000, 0)
	return &Query{From: from, To: from.Add(span), MaxDataPoints: points, Interval: interval}
}

// The examples of the specification, and the edges between its intervals.
func TestTheStepIsOneOfGrafanasIntervalsAndNotBelowTheScrapeInterval(t *testing.T) {
	for _, example := range []struct {
		span             time.Duration
		points           int64
		interval, scrape string
		expected         time.Duration
	}{
		{time.Hour, 1000, "", "15s", 15 * time.Second},
		{6 * time.Hour, 1000, "", "15s", 20 * time.Second},
		{day, 1000, "", "15s", time.Minute},
		{day, 1000, "", "", time.Minute},
		{12500 * time.Second, 1000, "", "1s", 10 * time.Second},
		{12501 * time.Second, 1000, "", "1s", 15 * time.Second},
		{210 * 1000 * time.Second, 1000, "", "1s", 2 * time.Minute},
		{450 * 1000 * time.Second, 1000, "", "1s", 5 * time.Minute},
		{time.Hour, 1000, "2m", "15s", 2 * time.Minute},
		{time.Hour, 1000, "$__rate_interval", "15s", time.Minute},
		{time.Hour, 1000, "$__interval", "30s", 30 * time.Second},
		// Prometheus refuses more than 11,000 points, however many are asked for.
		{7 * day, 1_000_000, "", "15s", time.Minute},
		{time.Minute, 100, "", "1ms", 500 * time.Millisecond},
	} {
		step, err := query(example.span, example.points, example.interval).step(example.scrape)
		if err != nil || step != example.expected {
			t.Errorf("%+v: got %s, %v", example, step, err)
		}
	}
	if _, err := query(time.Hour, 100, "often").step("15s"); err == nil {
		t.Error("an interval that is none was taken")
	}
}

func TestARateHoldsFourScrapesOrAnIntervalAndOne(t *testing.T) {
	for _, example := range []struct {
		intervalMS               float64
		own, scrape, expectation string
	}{
		{15_000, "", "15s", "1m0s"},
		{60_000, "", "15s", "1m15s"},
		{60_000, "30s", "15s", "2m0s"},
		{0, "", "", "1m0s"},
	} {
		asked := query(time.Hour, 100, example.own)
		asked.Expr, asked.IntervalMS = "$__rate_interval", example.intervalMS
		if found := asked.interpolate(time.Minute, example.scrape); found != example.expectation {
			t.Errorf("%+v: got %s", example, found)
		}
	}
}

func TestTheVariablesOfTheServerAreReplacedAndOthersLeft(t *testing.T) {
	asked := query(90*time.Minute, 100, "")
	asked.Expr = "$__interval ${__interval} $__interval_ms $__range ${__range_s} $__range_ms $job ${namespace}"
	expected := "1m 1m 60000 5400s 5400 5400000 $job ${namespace}"
	if found := asked.interpolate(time.Minute, "15s"); found != expected {
		t.Errorf("got %s", found)
	}
}

func TestATimeIsMillisecondsOrRelativeToNow(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	for text, expected := range map[string]time.Time{
		"1699999999999": now.Add(-time.Millisecond), "now": now, "now-6h": now.Add(-6 * time.Hour), "now+30s": now.Add(30 * time.Second),
		"now-2d": now.Add(-2 * day), "now-1w": now.Add(-week),
	} {
		if found, err := ParseTime(text, now); err != nil || !found.Equal(expected) {
			t.Errorf("%s: got %s, %v", text, found, err)
		}
	}
	for _, text := range []string{"", "yesterday", "now-", "now*2h", "now/d", "now-6x"} {
		if found, err := ParseTime(text, now); err == nil {
			t.Errorf("%q: taken for %s", text, found)
		}
	}
}
