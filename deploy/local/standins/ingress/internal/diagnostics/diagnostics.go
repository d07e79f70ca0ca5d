// Package diagnostics answers on the port of Emissary's diagnostics: what is wrong, which routes there are, and the metrics.
package diagnostics

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/internal/envoy"
)

// Server answers.
type Server struct {
	// Current gives the model in force, or nothing before the first.
	Current func() *model.Model
	// Draining tells whether the ingress is about to stop.
	Draining func() bool
	Admin    envoy.Admin
}

// Overview is the page of /ambassador/v0/diag/ as JSON.
type Overview struct {
	System    map[string]any `json:"system"`
	Errors    [][2]string    `json:"errors"`
	Notices   [][2]string    `json:"notices"`
	RouteInfo []RouteInfo    `json:"route_info"`
}

// RouteInfo is one group of Mappings, in the order in which requests are compared with them.
type RouteInfo struct {
	Key        string          `json:"key"`
	Host       string          `json:"host"`
	Prefix     string          `json:"prefix"`
	Method     string          `json:"method"`
	Headers    []model.Matcher `json:"headers"`
	Rewrite    string          `json:"rewrite"`
	Precedence int             `json:"precedence"`
	Clusters   []RouteCluster  `json:"clusters"`
}

// RouteCluster is where a Mapping of the group leads.
type RouteCluster struct {
	Mapping string `json:"mapping"`
	Service string `json:"service"`
	// Weight is what the Mapping states, as Emissary shows it; Share is the part of the requests that goes there.
	Weight int    `json:"weight"`
	Share  int    `json:"share"`
	Type   string `json:"type_label,omitempty"`
}

// Handler is the table of addresses.
func (s Server) Handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /ambassador/v0/diag/", s.getOverview)
	routes.HandleFunc("GET /ambassador/v0/check_alive", s.getAlive)
	routes.HandleFunc("GET /ambassador/v0/check_ready", s.getReady)
	routes.HandleFunc("GET /metrics", s.getMetrics)
	return routes
}

func (s Server) getOverview(w http.ResponseWriter, r *http.Request) {
	current := s.Current()
	if current == nil {
		http.Error(w, "no configuration yet", http.StatusServiceUnavailable)
		return
	}
	overview := NewOverview(current)
	if r.URL.Query().Get("json") == "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, overview)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answers := map[string]any{
		"": overview, "errors": overview.Errors, "notices": overview.Notices, "route_info": overview.RouteInfo, "system": overview.System,
	}
	_ = json.NewEncoder(w).Encode(answers[r.URL.Query().Get("filter")])
}

func (s Server) getAlive(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") }

func (s Server) getReady(w http.ResponseWriter, r *http.Request) {
	if s.Draining() || s.Current() == nil || !s.Admin.Ready(r.Context()) {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

func (s Server) getMetrics(w http.ResponseWriter, r *http.Request) {
	metrics, err := s.Admin.Get(r.Context(), "/stats/prometheus")
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	fmt.Fprint(w, metrics)
	if current := s.Current(); current != nil {
		writeGauge(w, "ambassador_diagnostics_errors", "Number of configuration errors", len(current.Report.Errors))
		writeGauge(w, "ambassador_diagnostics_notices", "Number of configuration notices", len(current.Report.Notices))
	}
}

func writeGauge(w http.ResponseWriter, name, help string, value int) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s gauge\n%s %d\n", name, help, name, name, value)
}

// NewOverview tells what there is to tell of a model.
func NewOverview(current *model.Model) Overview {
	overview := Overview{
		System: map[string]any{
			"version":    "3.9.1",
			"stands_in":  "a stand-in for Emissary-ingress 3.9: a real Envoy with a control plane of its own",
			"env_status": map[string]int{"mappings": len(current.Report.Mappings), "listeners": len(current.Listeners)},
		},
		Errors:    lines(current.Report.Errors),
		Notices:   lines(current.Report.Notices),
		RouteInfo: []RouteInfo{},
	}
	for _, group := range current.Groups {
		overview.RouteInfo = append(overview.RouteInfo, routeInfo(group))
	}
	return overview
}

func lines(entries []model.Entry) [][2]string {
	made := [][2]string{}
	for _, entry := range entries {
		if line := [2]string{entry.Key, entry.Text}; !slices.Contains(made, line) {
			made = append(made, line)
		}
	}
	return made
}

func routeInfo(group *model.Group) RouteInfo {
	first := group.First()
	info := RouteInfo{Host: "*", Method: "*", Prefix: first.Spec.Prefix, Rewrite: "/", Headers: []model.Matcher{}}
	for _, matcher := range first.Headers {
		switch matcher.Name {
		case ":authority":
			info.Host = matcher.Value
		case ":method":
			info.Method = matcher.Value
		default:
			info.Headers = append(info.Headers, matcher)
		}
	}
	info.Key = fmt.Sprintf("http://%s%s", info.Host, info.Prefix)
	if first.Spec.Rewrite != nil {
		info.Rewrite = *first.Spec.Rewrite
	}
	if first.Spec.Precedence != nil {
		info.Precedence = *first.Spec.Precedence
	}
	if group.Redirect != nil {
		info.Clusters = append(info.Clusters, RouteCluster{
			Mapping: group.Redirect.Name.String(), Service: group.Redirect.Service.Text, Weight: 100, Share: 100, Type: "redirect",
		})
	}
	below := 0
	for _, mapping := range group.Mappings {
		weight := 100
		if mapping.Spec.Weight != nil {
			weight = *mapping.Spec.Weight
		}
		bound := max(below, min(100, mapping.Below))
		info.Clusters = append(info.Clusters, RouteCluster{
			Mapping: mapping.Name.String(), Service: mapping.Service.Text, Weight: weight, Share: bound - below,
		})
		below = bound
	}
	return info
}

var page = template.Must(template.New("overview").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Ambassador Diagnostic Overview</title>
<h1>Diagnostics</h1><p>This is {{.System.stands_in}}.</p>
<h2>Errors</h2><ul>{{range .Errors}}<li><b>{{index . 0}}</b> {{index . 1}}</li>{{else}}<li>none</li>{{end}}</ul>
<h2>Notices</h2><ul>{{range .Notices}}<li><b>{{index . 0}}</b> {{index . 1}}</li>{{else}}<li>none</li>{{end}}</ul>
<h2>Routes</h2><table><tr><th>Route<th>Method<th>Service<th>Weight<th>Share</tr>
{{range $route := .RouteInfo}}{{range .Clusters}}<tr><td>{{$route.Key}}<td>{{$route.Method}}<td>{{.Service}}<td>{{.Weight}}<td>{{.Share}} %</tr>
{{end}}{{end}}</table>
`))
