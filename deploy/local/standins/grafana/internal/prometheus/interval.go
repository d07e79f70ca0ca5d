package prometheus

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	day  = 24 * time.Hour
	week = 7 * day
	// A month is a twelfth of 365.25 days where the calendar does not matter.
	year           = 8766 * time.Hour
	month          = year / 12
	defaultScrape  = 15 * time.Second
	maxPoints      = 11_000
	rateMultiplier = 4
)

// roundedIntervals are the ones that Grafana rounds to: the last one whose lower bound is below the exact interval.
var roundedIntervals = []struct{ above, interval time.Duration }{
	{0, time.Millisecond}, {10 * time.Millisecond, 10 * time.Millisecond}, {15 * time.Millisecond, 20 * time.Millisecond},
	{35 * time.Millisecond, 50 * time.Millisecond}, {75 * time.Millisecond, 100 * time.Millisecond},
	{150 * time.Millisecond, 200 * time.Millisecond}, {350 * time.Millisecond, 500 * time.Millisecond},
	{750 * time.Millisecond, time.Second}, {1500 * time.Millisecond, 2 * time.Second}, {3500 * time.Millisecond, 5 * time.Second},
	{7500 * time.Millisecond, 10 * time.Second}, {12500 * time.Millisecond, 15 * time.Second},
	{17500 * time.Millisecond, 20 * time.Second}, {25 * time.Second, 30 * time.Second}, {45 * time.Second, time.Minute},
	{90 * time.Second, 2 * time.Minute}, {210 * time.Second, 5 * time.Minute}, {450 * time.Second, 10 * time.Minute},
	{750 * time.Second, 15 * time.Minute}, {1050 * time.Second, 20 * time.Minute}, {25 * time.Minute, 30 * time.Minute},
	{45 * time.Minute, time.Hour}, {90 * time.Minute, 2 * time.Hour}, {150 * time.Minute, 3 * time.Hour},
	{270 * time.Minute, 6 * time.Hour}, {9 * time.Hour, 12 * time.Hour}, {day, day}, {week, week}, {31 * day, 30 * day},
	{42 * day, 365 * day},
}

func roundInterval(exact time.Duration) time.Duration {
	rounded := roundedIntervals[0].interval
	for _, entry := range roundedIntervals {
		if exact > entry.above {
			rounded = entry.interval
		}
	}
	return rounded
}

var unitPattern = regexp.MustCompile(`^(\d+)(ms|[smhdwMy])$`)

var units = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": week, "M": month, "y": year,
}

// ParseInterval reads Go's durations and Grafana's of one number and unit; `>30s` and a bare number of seconds too.
func ParseInterval(text string) (time.Duration, error) {
	text = strings.TrimSpace(strings.Trim(text, "<>"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	if parts := unitPattern.FindStringSubmatch(text); parts != nil {
		count, err := strconv.ParseInt(parts[1], 10, 64)
		if unit := units[parts[2]]; err == nil && count < math.MaxInt64/int64(unit) {
			return time.Duration(count) * unit, nil
		}
	}
	parsed, err := time.ParseDuration(text)
	if err != nil || parsed < 0 {
		return 0, fmt.Errorf("%q is not an interval such as 30s or 5m", text)
	}
	return parsed, nil
}

// formatInterval writes whole units of the greatest that fits, as `$__interval` is shown.
func formatInterval(interval time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{365 * day, "y"}, {day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if interval >= unit.size {
			return fmt.Sprintf("%d%s", interval/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%dms", max(1, interval/time.Millisecond))
}

// ParseTime reads milliseconds since 1970, or a time relative to now.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if milliseconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(milliseconds), nil
	}
	relative, isRelative := strings.CutPrefix(text, "now")
	if !isRelative {
		return time.Time{}, fmt.Errorf("%q is neither milliseconds since 1970 nor of the form now-6h", text)
	}
	if relative == "" {
		return now, nil
	}
	if strings.Contains(relative, "/") {
		return time.Time{}, fmt.Errorf("%q: this stand-in for Grafana does not round times here: send milliseconds since 1970", text)
	}
	interval, err := ParseInterval(relative[1:])
	switch {
	case err != nil:
		return time.Time{}, err
	case relative[0] == '-':
		return now.Add(-interval), nil
	case relative[0] == '+':
		return now.Add(interval), nil
	}
	return time.Time{}, fmt.Errorf("%q is not of the form now-6h", text)
}

func isVariable(interval, name string) bool {
	return interval == "$"+name || interval == "${"+name+"}" || interval == "$"+name+"_ms" || interval == "${"+name+"_ms}"
}

// step is the distance of points: what the range and the points asked for give, not below the scrape interval or the
// query's own, and never so short that Prometheus would refuse the points.
func (q *Query) step(scrape string) (time.Duration, error) {
	least, own := defaultScrape, q.Interval
	if isVariable(own, "__interval") || isVariable(own, "__rate_interval") || own == "0s" {
		own = ""
	}
	var err error
	switch {
	case own != "":
		least, err = ParseInterval(own)
	case q.IntervalMS > 0:
		least = time.Duration(q.IntervalMS * float64(time.Millisecond))
	case scrape != "":
		least, err = ParseInterval(scrape)
	}
	if err != nil {
		return 0, err
	}
	span := q.To.Sub(q.From)
	step := span / time.Duration(q.MaxDataPoints)
	if step < least {
		step = least
	} else {
		step = roundInterval(step)
	}
	step = max(step, roundInterval(span/maxPoints), time.Millisecond)
	if isVariable(q.Interval, "__rate_interval") {
		return rateInterval(step, scrape), nil
	}
	return step * time.Duration(max(1, q.IntervalFactor)), nil
}

// rateInterval holds at least four scrapes, so that a rate has points even when one is missed.
func rateInterval(interval time.Duration, scrape string) time.Duration {
	every := defaultScrape
	if scrape != "" {
		parsed, err := ParseInterval(scrape)
		if err != nil {
			return 0
		}
		every = parsed
	}
	return max(interval+every, rateMultiplier*every)
}

// interpolate replaces the variables that the server knows. Those of the dashboard are the page's affair.
func (q *Query) interpolate(step time.Duration, scrape string) string {
	rate := step
	if !isVariable(q.Interval, "__rate_interval") {
		least := q.Interval
		if isVariable(least, "__interval") {
			least = step.String()
		} else if least == "" {
			least = scrape
		}
		requested := q.IntervalMS
		if requested <= 0 {
			requested = 1000
		}
		rate = rateInterval(time.Duration(requested*float64(time.Millisecond)), least)
	}
	span := q.To.Sub(q.From)
	seconds := strconv.FormatInt(int64(math.Round(float64(span.Milliseconds())/1000)), 10)
	expression := q.Expr
	for _, variable := range [][2]string{
		{"__interval_ms", strconv.FormatInt(step.Milliseconds(), 10)}, {"__interval", formatInterval(step)},
		{"__range_ms", strconv.FormatInt(span.Milliseconds(), 10)}, {"__range_s", seconds}, {"__range", seconds + "s"},
		{"__rate_interval_ms", strconv.FormatInt(rate.Milliseconds(), 10)}, {"__rate_interval", rate.String()},
	} {
		expression = strings.ReplaceAll(expression, "$"+variable[0], variable[1])
		expression = strings.ReplaceAll(expression, "${"+variable[0]+"}", variable[1])
	}
	return expression
}
