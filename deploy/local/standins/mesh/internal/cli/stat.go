package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// row is one workload's traffic.
type row struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	// Traffic is absent where there were no responses.
	Success *float64 `json:"success"`
	RPS     *float64 `json:"rps"`
	P50     *int64   `json:"latency_ms_p50"`
	P95     *int64   `json:"latency_ms_p95"`
	P99     *int64   `json:"latency_ms_p99"`
	TCP     *int64   `json:"tcp_open_connections"`

	status        string
	pods          *count
	succeeded     float64
	failed        float64
	latencies     [3]float64
	connections   float64
	read, written float64
}

// scope is how the series of one question are selected, and by which labels they are grouped.
type scope struct{ selector, namespace, name string }

// scopeOf follows viz: a workload's own inbound series, or the outbound ones of clients where a side is named.
func (c *command) scopeOf(asked target, namespace string) (scope, error) {
	direction, own, label := "inbound", "namespace", asked.label
	var more string
	other, side := c.to, "dst_"
	switch {
	case c.to != "" && c.from != "":
		return scope{}, fmt.Errorf("--to and --from exclude each other")
	case c.from != "":
		other, side = c.from, ""
		own, label = "dst_namespace", "dst_"+asked.label
	case asked.label == "service":
		own, label = "dst_namespace", "dst_service"
	}
	if other != "" {
		parsed, err := parseTarget(other)
		if err != nil {
			return scope{}, err
		}
		more = fmt.Sprintf(",%s%s=%q", side, parsed.label, parsed.name)
		if parsed.label == "service" && side == "" {
			return scope{}, fmt.Errorf("a Service sends no traffic: name a workload after --from")
		}
	}
	if other != "" || asked.label == "service" {
		direction = "outbound"
	}
	selector := fmt.Sprintf(`direction=%q%s`, direction, more)
	if namespace != "" {
		selector += fmt.Sprintf(",%s=%q", own, namespace)
	}
	if asked.name != "" {
		selector += fmt.Sprintf(",%s=%q", label, asked.name)
	}
	return scope{selector, own, label}, nil
}

func (c *command) stat(ctx context.Context, what string) error {
	asked, err := parseTarget(what)
	if err != nil {
		return err
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	namespace := c.namespace
	if namespace == "" && !c.all {
		namespace = api.namespace
	}
	if c.all {
		namespace = ""
	}
	rows, err := c.workloads(ctx, api, asked, namespace)
	if err != nil {
		return err
	}
	selected, err := c.scopeOf(asked, namespace)
	if err != nil {
		return err
	}
	if err := c.measure(ctx, rows, selected); err != nil {
		return err
	}
	shown := slices.Collect(maps.Values(rows))
	shown = slices.DeleteFunc(shown, func(r *row) bool {
		hidden := r.pods != nil && r.pods.meshed == 0 && !c.unmeshed && c.from == ""
		return hidden || (r.pods == nil && r.succeeded+r.failed == 0)
	})
	slices.SortFunc(shown, func(a, b *row) int { return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name)) })
	if len(shown) == 0 {
		fmt.Fprintln(c.err, "No traffic found.")
		return nil
	}
	return c.print(shown, asked)
}

// workloads lists what there is; a Service has no pods of its own here, as with the real command.
func (c *command) workloads(ctx context.Context, api *kube, asked target, namespace string) (map[string]*row, error) {
	objects, err := api.list(ctx, asked.path, asked.label+"s", namespace)
	if err != nil {
		return nil, err
	}
	pods, err := api.pods(ctx, namespace)
	if err != nil {
		return nil, err
	}
	counts, statuses := meshed(pods, asked.label), map[string]string{}
	for _, pod := range pods {
		statuses[pod.Namespace+"/"+pod.Name] = string(pod.Status.Phase)
	}
	rows := map[string]*row{}
	for _, object := range objects {
		if asked.name != "" && asked.name != object.Name {
			continue
		}
		key := object.Namespace + "/" + object.Name
		found := &row{Namespace: object.Namespace, Kind: asked.label, Name: object.Name, status: statuses[key]}
		if asked.label != "service" {
			counted := counts[key]
			found.pods = &counted
		}
		rows[key] = found
	}
	return rows, nil
}

// measure fills in the numbers by the queries that viz asks.
func (c *command) measure(ctx context.Context, rows map[string]*row, s scope) error {
	window := fmt.Sprintf("%ds", int(c.window.Seconds()))
	by := s.namespace + ", " + s.name
	each := func(expression string, set func(*row, sample)) error {
		samples, err := c.query(ctx, expression)
		for _, found := range samples {
			if workload, ok := rows[found.labels[s.namespace]+"/"+found.labels[s.name]]; ok {
				set(workload, found)
			}
		}
		return err
	}
	err := each(fmt.Sprintf(`sum(increase(response_total{%s}[%s])) by (%s, classification, tls)`, s.selector, window, by), func(r *row, found sample) {
		if rounded := math.Round(found.value); found.labels["classification"] == "success" {
			r.succeeded += rounded
		} else {
			r.failed += rounded
		}
	})
	if err != nil {
		return err
	}
	for place, quantile := range []string{"0.5", "0.95", "0.99"} {
		err := each(fmt.Sprintf(`histogram_quantile(%s, sum(irate(response_latency_ms_bucket{%s}[%s])) by (le, %s))`, quantile, s.selector, window, by),
			func(r *row, found sample) { r.latencies[place] = math.Round(found.value) })
		if err != nil {
			return err
		}
	}
	if err := each(fmt.Sprintf(`sum(tcp_open_connections{%s}) by (%s)`, s.selector, by), func(r *row, found sample) { r.connections = found.value }); err != nil {
		return err
	}
	peer := "src"
	if c.to != "" || c.from != "" {
		peer = "dst"
	}
	for metric, set := range map[string]func(*row, sample){
		"tcp_read_bytes_total":  func(r *row, found sample) { r.read = found.value / c.window.Seconds() },
		"tcp_write_bytes_total": func(r *row, found sample) { r.written = found.value / c.window.Seconds() },
	} {
		if err := each(fmt.Sprintf(`sum(increase(%s{%s,peer=%q}[%s])) by (%s)`, metric, s.selector, peer, window, by), set); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) print(rows []*row, asked target) error {
	for _, r := range rows {
		r.finish(c.window.Seconds())
	}
	if c.output == "json" {
		encoder := json.NewEncoder(c.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(rows)
	}
	header := []string{"NAME", "MESHED", "SUCCESS", "RPS", "LATENCY_P50", "LATENCY_P95", "LATENCY_P99", "TCP_CONN"}
	left := 1
	if asked.label == "pod" {
		header = slices.Insert(header, 1, "STATUS")
	}
	if c.output == "wide" {
		header = append(header, "READ_BYTES/SEC", "WRITE_BYTES/SEC")
	}
	if c.all {
		header, left = slices.Insert(header, 0, "NAMESPACE"), 2
	}
	lines := [][]string{header}
	for _, r := range rows {
		lines = append(lines, r.cells(c, asked))
	}
	writeTable(c.out, lines, left)
	return nil
}

func (r *row) finish(seconds float64) {
	total := r.succeeded + r.failed
	if total == 0 {
		return
	}
	success, rps, tcp := r.succeeded/total, total/seconds, int64(r.connections)
	p50, p95, p99 := int64(r.latencies[0]), int64(r.latencies[1]), int64(r.latencies[2])
	r.Success, r.RPS, r.TCP, r.P50, r.P95, r.P99 = &success, &rps, &tcp, &p50, &p95, &p99
}

// cells are a row's columns. Without responses everything is a dash, connections too, as viz prints it.
func (r *row) cells(c *command, asked target) []string {
	cells := []string{r.Name}
	if c.all {
		cells = []string{r.Namespace, r.Name}
	}
	if asked.label == "pod" {
		cells = append(cells, r.status)
	}
	pods := "-"
	if r.pods != nil {
		pods = fmt.Sprintf("%d/%d", r.pods.meshed, r.pods.total)
	}
	cells = append(cells, pods)
	values := []string{"-", "-", "-", "-", "-", "-", "-", "-"}
	if r.Success != nil {
		values = []string{
			fmt.Sprintf("%.2f%%", *r.Success*100), fmt.Sprintf("%.1frps", *r.RPS), fmt.Sprintf("%dms", *r.P50), fmt.Sprintf("%dms", *r.P95),
			fmt.Sprintf("%dms", *r.P99), fmt.Sprint(*r.TCP), fmt.Sprintf("%.1fB/s", r.read), fmt.Sprintf("%.1fB/s", r.written),
		}
	}
	if c.output != "wide" {
		values = values[:6]
	}
	return append(cells, values...)
}

// shortIdentity is sa.ns.
func shortIdentity(identity string) string {
	account, namespace, ok := names.ParseIdentity(identity)
	if !ok {
		return strings.TrimSpace(identity)
	}
	return account + "." + namespace
}
