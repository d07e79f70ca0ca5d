package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Query is one query of a panel, as it is sent to `/api/ds/query`.
type Query struct {
	RefID          string  `json:"refId"`
	Expr           string  `json:"expr"`
	Instant        bool    `json:"instant"`
	Range          bool    `json:"range"`
	Exemplar       bool    `json:"exemplar"`
	LegendFormat   string  `json:"legendFormat"`
	Interval       string  `json:"interval"`
	IntervalFactor int64   `json:"intervalFactor"`
	IntervalMS     float64 `json:"intervalMs"`
	MaxDataPoints  int64   `json:"maxDataPoints"`
	UTCOffsetSec   int64   `json:"utcOffsetSec"`

	From time.Time `json:"-"`
	To   time.Time `json:"-"`
}

// Result is the answer to one query.
type Result struct {
	Status      int      `json:"status"`
	Error       string   `json:"error,omitempty"`
	ErrorSource string   `json:"errorSource,omitempty"`
	Frames      []*Frame `json:"frames"`
}

// Failed is the answer of a query that was not sent.
func Failed(status int, source string, err error) *Result {
	return &Result{Status: status, Error: err.Error(), ErrorSource: source, Frames: []*Frame{}}
}

// Run sends the query: at an instant where it asks for that alone, else over its range.
func (s *Server) Run(ctx context.Context, query *Query, timeout time.Duration) *Result {
	if query.MaxDataPoints <= 0 {
		query.MaxDataPoints = 100
	}
	if query.To.Before(query.From) {
		return Failed(http.StatusBadRequest, "plugin", fmt.Errorf("the range ends before it begins"))
	}
	step, err := query.step(s.ScrapeInterval)
	if err != nil {
		return Failed(http.StatusBadRequest, "plugin", err)
	}
	sent := &sentQuery{Query: query, step: step, expression: query.interpolate(step, s.ScrapeInterval)}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	result := s.send(ctx, sent, query.Instant && !query.Range)
	if query.Instant && query.Range {
		result.append(s.send(ctx, sent, true))
	}
	if len(result.Frames) > 0 {
		result.Frames[0].Schema.Meta.ExecutedQueryString = fmt.Sprintf("Expr: %s\nStep: %s", sent.expression, step)
		if query.Exemplar {
			result.Frames[0].addNotice("warning", "This stand-in for Grafana does not ask for exemplars.")
		}
	}
	return result
}

// sentQuery is a query with its variables replaced.
type sentQuery struct {
	*Query
	step       time.Duration
	expression string
}

// align rounds down to a multiple of the step, so that the points of a moving range stay where they were.
func (q *sentQuery) align(at time.Time) string {
	step := q.step.Milliseconds()
	offset := q.UTCOffsetSec * 1000
	shifted := at.UnixMilli() + offset
	return seconds(floorTo(shifted, step) - offset)
}

func floorTo(value, multiple int64) int64 {
	rest := value % multiple
	if rest < 0 {
		rest += multiple
	}
	return value - rest
}

func seconds(milliseconds int64) string {
	return strconv.FormatFloat(float64(milliseconds)/1000, 'f', -1, 64)
}

func (s *Server) send(ctx context.Context, query *sentQuery, instant bool) *Result {
	form, path := url.Values{"query": {query.expression}}, "api/v1/query_range"
	if instant {
		path = "api/v1/query"
		form.Set("time", seconds(query.To.UnixMilli()))
	} else {
		form.Set("start", query.align(query.From))
		form.Set("end", query.align(query.To))
		form.Set("step", strconv.FormatFloat(query.step.Seconds(), 'f', -1, 64))
	}
	if s.Timeout != "" {
		form.Set("timeout", s.Timeout)
	}
	select {
	case running <- struct{}{}:
		defer func() { <-running }()
	case <-ctx.Done():
		return Failed(http.StatusServiceUnavailable, "plugin", ctx.Err())
	}
	read, err := s.ask(ctx, s.Method, path, form)
	if err != nil {
		return Failed(http.StatusInternalServerError, "downstream", err)
	}
	if read.Status != "success" {
		result := Failed(read.HTTPStatus, "downstream", fmt.Errorf("%s: %s", read.ErrorType, read.Error))
		result.Frames = []*Frame{newFrame(query.RefID)}
		return result
	}
	frames, err := query.frames(read)
	if err != nil {
		return Failed(http.StatusInternalServerError, "plugin", err)
	}
	return &Result{Status: http.StatusOK, Frames: frames}
}

// append adds the frames of the instant beside those of the range.
func (r *Result) append(other *Result) {
	if r.Error == "" {
		r.Status, r.Error, r.ErrorSource = other.Status, other.Error, other.ErrorSource
	}
	r.Frames = append(r.Frames, other.Frames...)
}
