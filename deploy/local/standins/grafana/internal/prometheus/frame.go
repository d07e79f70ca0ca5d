package prometheus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Frame is Grafana's table of columns: here a column of times and one of values for each series.
type Frame struct {
	Schema Schema    `json:"schema"`
	Data   FrameData `json:"data"`
}

// Schema describes the columns.
type Schema struct {
	RefID  string  `json:"refId,omitempty"`
	Meta   Meta    `json:"meta"`
	Fields []Field `json:"fields"`
}

// Meta says where the frame came from.
type Meta struct {
	Type                string         `json:"type,omitempty"`
	TypeVersion         []int          `json:"typeVersion,omitempty"`
	Custom              map[string]any `json:"custom,omitempty"`
	ExecutedQueryString string         `json:"executedQueryString,omitempty"`
	Notices             []Notice       `json:"notices,omitempty"`
}

// Notice is what Prometheus, or the stand-in, has to say about a result.
type Notice struct {
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

// Field is one column.
type Field struct {
	Name     string            `json:"name"`
	Type     string            `json:"type"`
	TypeInfo map[string]any    `json:"typeInfo"`
	Labels   map[string]string `json:"labels,omitempty"`
	Config   map[string]any    `json:"config,omitempty"`
}

// FrameData is the content of the columns. JSON has no NaN or infinity: their places stand in Entities.
type FrameData struct {
	Values   []any       `json:"values"`
	Entities []*Entities `json:"entities,omitempty"`
}

// Entities lists the places of the values that JSON cannot hold.
type Entities struct {
	NaN    []int `json:"NaN,omitempty"`
	Inf    []int `json:"Inf,omitempty"`
	NegInf []int `json:"NegInf,omitempty"`
}

func newFrame(refID string) *Frame {
	return &Frame{Schema: Schema{RefID: refID, Fields: []Field{}}, Data: FrameData{Values: []any{}}}
}

func (f *Frame) addNotice(severity, text string) {
	f.Schema.Meta.Notices = append(f.Schema.Meta.Notices, Notice{Severity: severity, Text: text})
}

// sample is a time in milliseconds and a value, `[1700000000.5,"1"]` in Prometheus' API.
type sample struct {
	time  int64
	value float64
}

func (s *sample) UnmarshalJSON(content []byte) error {
	at, text, _ := bytes.Cut(bytes.Trim(content, "[] \n"), []byte(","))
	seconds, noTime := strconv.ParseFloat(string(bytes.TrimSpace(at)), 64)
	value, noValue := strconv.ParseFloat(string(bytes.Trim(text, `" `)), 64)
	s.time, s.value = int64(math.Round(seconds*1000)), value
	if noTime != nil || noValue != nil {
		return fmt.Errorf("%.40s is not a sample", content)
	}
	return nil
}

type series struct {
	Metric     map[string]string `json:"metric"`
	Value      *sample           `json:"value"`
	Values     []sample          `json:"values"`
	Histogram  json.RawMessage   `json:"histogram"`
	Histograms json.RawMessage   `json:"histograms"`
}

// series are those of a matrix or a vector, or the one sample of a scalar.
func (a *answer) series() (all []series, err error) {
	switch a.Data.ResultType {
	case "matrix", "vector":
		err = json.Unmarshal(a.Data.Result, &all)
	case "scalar":
		all = []series{{Value: &sample{}}}
		err = json.Unmarshal(a.Data.Result, all[0].Value)
	default:
		err = fmt.Errorf("this stand-in for Grafana does not show results of the type %q", a.Data.ResultType)
	}
	return all, err
}

// frames makes one frame for each series, or one without columns where there is none.
func (q *sentQuery) frames(read *answer) ([]*Frame, error) {
	all, err := read.series()
	if err != nil {
		return nil, err
	}
	frames, left := []*Frame{}, 0
	for _, one := range all {
		if one.Histogram != nil || one.Histograms != nil {
			left++
		}
		if one.Value != nil || len(one.Values) > 0 {
			frames = append(frames, q.frame(read.Data.ResultType, one))
		}
	}
	if len(frames) == 0 {
		frames = append(frames, newFrame(q.RefID))
	}
	frames[0].addNotices(read, left)
	return frames, nil
}

func (f *Frame) addNotices(read *answer, left int) {
	for _, text := range read.Warnings {
		f.addNotice("warning", text)
	}
	for _, text := range read.Infos {
		f.addNotice("info", text)
	}
	if left > 0 {
		f.addNotice("warning", fmt.Sprintf("This stand-in for Grafana left out the native histograms of %d series.", left))
	}
}

func (q *sentQuery) frame(resultType string, one series) *Frame {
	frame := newFrame(q.RefID)
	frame.Schema.Meta = Meta{
		Type: "numeric-multi", TypeVersion: []int{0, 1},
		Custom: map[string]any{"resultType": resultType},
	}
	if resultType == "matrix" {
		frame.Schema.Meta.Type = "timeseries-multi"
	}
	if one.Value != nil {
		one.Values = []sample{*one.Value}
	}
	times, values, entities := make([]int64, len(one.Values)), make([]*float64, len(one.Values)), &Entities{}
	for at := range one.Values {
		point := &one.Values[at]
		if times[at] = point.time; entities.accept(at, point.value) {
			values[at] = &point.value
		}
	}
	frame.Data.Values = []any{times, values}
	if len(entities.NaN)+len(entities.Inf)+len(entities.NegInf) > 0 {
		frame.Data.Entities = []*Entities{nil, entities}
	}
	frame.Schema.Fields = q.fields(one.Metric)
	return frame
}

func (q *sentQuery) fields(labels map[string]string) []Field {
	name, config := "Value", map[string]any(nil)
	if metric := labels["__name__"]; metric != "" {
		name = metric
	}
	if legend := q.legend(labels); legend != "" {
		config = map[string]any{"displayNameFromDS": legend}
	}
	return []Field{
		{
			Name: "Time", Type: "time", TypeInfo: map[string]any{"frame": "time.Time"},
			Config: map[string]any{"interval": q.step.Milliseconds()},
		},
		{Name: name, Type: "number", TypeInfo: map[string]any{"frame": "float64"}, Labels: labels, Config: config},
	}
}

// accept says whether JSON can hold a value, and notes the place of one that it cannot.
func (e *Entities) accept(at int, value float64) bool {
	switch {
	case math.IsNaN(value):
		e.NaN = append(e.NaN, at)
	case math.IsInf(value, 1):
		e.Inf = append(e.Inf, at)
	case math.IsInf(value, -1):
		e.NegInf = append(e.NegInf, at)
	default:
		return true
	}
	return false
}

var legendPattern = regexp.MustCompile(`\{\{\s*(.+?)\s*\}\}`)

// legend is the name of a series: the query's own template, or the metric with its labels.
func (q *sentQuery) legend(labels map[string]string) string {
	legend := metricName(labels)
	switch {
	case q.LegendFormat == "__auto" && len(labels) > 0:
		return ""
	case q.LegendFormat != "" && q.LegendFormat != "__auto":
		legend = legendPattern.ReplaceAllStringFunc(q.LegendFormat, func(found string) string {
			return labels[legendPattern.FindStringSubmatch(found)[1]]
		})
	}
	if legend == "{}" {
		return q.expression
	}
	return legend
}

func metricName(labels map[string]string) string {
	pairs := []string{}
	for label, value := range labels {
		if label != "__name__" {
			pairs = append(pairs, fmt.Sprintf("%s=%q", label, value))
		}
	}
	sort.Strings(pairs)
	if name := labels["__name__"]; len(pairs) == 0 && name != "" {
		return name
	}
	return labels["__name__"] + "{" + strings.Join(pairs, ", ") + "}"
}
