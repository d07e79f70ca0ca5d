package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// row is one workload's traffic.
type row struct {
	name, status      string
	pods              count
	succeeded, failed float64
	latencies         [3]float64
	connections       float64
}

// scope is how the series of one question are selected, and by which labels they are told apart.
type scope struct{ selector, namespace, name string }

// scopeOf follows viz: a workload's own inbound series; for a Service, or from one client, the outbound ones of clients.
func (c *command) scopeOf(asked target) (scope, error) {
	if c.from == "" && asked.label != "service" {
		return scope{fmt.Sprintf(`direction="inbound",namespace=%q`, c.namespace), "namespace", asked.label}, nil
	}
	selected := scope{fmt.Sprintf(`direction="outbound",dst_namespace=%q`, c.namespace), "dst_namespace", "dst_" + asked.label}
	if c.from == "" {
		return selected, nil
	}
	client, err := parseTarget(c.from)
	if err != nil {
		return scope{}, err
	}
	if client.label == "service" {
		return scope{}, fmt.Errorf("a Service sends no traffic: name a workload after --from")
	}
	selected.selector += fmt.Sprintf(",%s=%q,namespace=%q", client.label, client.name, cmp.Or(c.fromNamespace, c.namespace))
	return selected, nil
}

func (c *command) stat(ctx context.Context, what string) error {
	asked, err := parseTarget(what)
	if err != nil {
		return err
	}
	rows, err := c.workloads(ctx, asked)
	if err != nil {
		return err
	}
	selected, err := c.scopeOf(asked)
	if err != nil {
		return err
	}
	if err := c.measure(ctx, rows, selected); err != nil {
		return err
	}
	header := []string{"NAME", "MESHED", "SUCCESS", "RPS", "LATENCY_P50", "LATENCY_P95", "LATENCY_P99", "TCP_CONN"}
	if asked.label == "pod" {
		header = slices.Insert(header, 1, "STATUS")
	}
	lines := [][]string{header}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		found := rows[name]
		isSilent := found.succeeded+found.failed == 0
		isHidden := found.pods.meshed == 0 && !c.unmeshed && c.from == ""
		if asked.label == "service" && isSilent || asked.label != "service" && isHidden {
			continue
		}
		lines = append(lines, found.cells(asked, c.window.Seconds()))
	}
	if len(lines) == 1 {
		fmt.Fprintln(c.err, "No traffic found.")
		fmt.Fprintln(c.err, c.reason(what, asked, rows))
		return nil
	}
	writeTable(c.out, lines, 1)
	return nil
}

// reason says why there is no row, and what to do about it; the real command leaves that to its reader.
func (c *command) reason(what string, asked target, rows map[string]*row) string {
	pods := 0
	for _, found := range rows {
		pods += found.pods.total
	}
	switch {
	case len(rows) == 0:
		return fmt.Sprintf("There is no %s in the namespace %s.", what, c.namespace)
	case asked.label == "service":
		return "The requests to a Service are counted by the proxies of its clients: no meshed pod has sent one in the last " + c.window.String() + "."
	case pods == 0:
		return fmt.Sprintf("There is no pod of %s in the namespace %s that a proxy could count for.", what, c.namespace)
	default:
		return fmt.Sprintf("Nothing of it is meshed: none of its %d pods has a proxy, and only a proxy counts. Mesh a Deployment by\n"+
			"  kubectl get deploy NAME -n %s -o yaml | linkerd inject - | kubectl apply -f -\n"+
			"and send it requests. With --unmeshed, what has no proxy is listed too.", pods, c.namespace)
	}
}

// workloads lists what there is; a Service has no pods of its own here, as with the real command.
func (c *command) workloads(ctx context.Context, asked target) (map[string]*row, error) {
	objects, err := c.list(ctx, asked)
	if err != nil {
		return nil, err
	}
	pods, err := c.pods(ctx, c.namespace)
	if err != nil {
		return nil, err
	}
	counts := meshed(pods, asked.label)
	rows := map[string]*row{}
	for _, object := range objects {
		if asked.name == "" || asked.name == object.Name {
			rows[object.Name] = &row{name: object.Name, pods: counts[object.Name]}
		}
	}
	if asked.label == "pod" {
		for _, pod := range pods {
			if found, ok := rows[pod.Name]; ok {
				found.status = string(pod.Status.Phase)
			}
		}
	}
	return rows, nil
}

// measure fills in the numbers by the queries that viz asks.
func (c *command) measure(ctx context.Context, rows map[string]*row, s scope) error {
	window := fmt.Sprintf("%ds", int(c.window.Seconds()))
	by := s.namespace + ", " + s.name
	each := func(set func(*row, sample), format string, arguments ...any) error {
		samples, err := c.query(ctx, fmt.Sprintf(format, arguments...))
		for _, found := range samples {
			if workload, ok := rows[found.labels[s.name]]; ok {
				set(workload, found)
			}
		}
		return err
	}
	responses := func(r *row, found sample) {
		if rounded := math.Round(found.value); found.labels["classification"] == "success" {
			r.succeeded += rounded
		} else {
			r.failed += rounded
		}
	}
	if err := each(responses, `sum(increase(response_total{%s}[%s])) by (%s, classification, tls)`, s.selector, window, by); err != nil {
		return err
	}
	for place, quantile := range []string{"0.5", "0.95", "0.99"} {
		latency := func(r *row, found sample) { r.latencies[place] = math.Round(found.value) }
		err := each(latency, `histogram_quantile(%s, sum(irate(response_latency_ms_bucket{%s}[%s])) by (le, %s))`, quantile, s.selector, window, by)
		if err != nil {
			return err
		}
	}
	connections := func(r *row, found sample) { r.connections = found.value }
	return each(connections, `sum(tcp_open_connections{%s}) by (%s)`, s.selector, by)
}

// cells are a row's columns. Without responses everything is a dash, connections too, as viz prints it.
func (r *row) cells(asked target, seconds float64) []string {
	cells := []string{r.name}
	if asked.label == "pod" {
		cells = append(cells, r.status)
	}
	if asked.label == "service" {
		cells = append(cells, "-")
	} else {
		cells = append(cells, fmt.Sprintf("%d/%d", r.pods.meshed, r.pods.total))
	}
	total := r.succeeded + r.failed
	if total == 0 {
		return append(cells, strings.Fields("- - - - - -")...)
	}
	cells = append(cells, fmt.Sprintf("%.2f%%", r.succeeded/total*100), fmt.Sprintf("%.1frps", total/seconds))
	for _, latency := range r.latencies {
		cells = append(cells, fmt.Sprintf("%.0fms", latency))
	}
	return append(cells, fmt.Sprintf("%.0f", r.connections))
}
