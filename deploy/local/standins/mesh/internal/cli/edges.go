package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// edges are the clients and servers between which a connection is open.
func (c *command) edges(ctx context.Context, what string) error {
	asked, err := parseTarget(what)
	if err != nil {
		return err
	}
	if asked.name != "" || asked.label == "service" {
		return fmt.Errorf("edges are shown of all deployments or all pods, not of %q", what)
	}
	src, dst := asked.label, "dst_"+asked.label
	found, err := c.query(ctx, fmt.Sprintf(`sum(tcp_open_connections{direction="outbound",%s!="",%s!=""}) by (namespace, dst_namespace, %s, %s, no_tls_reason) > 0`, src, dst, src, dst))
	if err != nil {
		return err
	}
	var lines [][]string
	for _, s := range found {
		from, to := s.labels["namespace"], s.labels["dst_namespace"]
		if from == c.namespace || to == c.namespace {
			lines = append(lines, []string{s.labels[src], s.labels[dst], from, to, secured(s.labels["no_tls_reason"])})
		}
	}
	if len(lines) == 0 {
		fmt.Fprintln(c.err, "No edges found.")
		return nil
	}
	slices.SortFunc(lines, slices.Compare)
	header := []string{"SRC", "DST", "SRC_NS", "DST_NS", "SECURED"}
	writeTable(c.out, slices.Insert(slices.Clone(lines), 0, header), len(header))
	for _, line := range lines {
		if line[4] == secured(noProxy) {
			fmt.Fprintf(c.err, "%s of %s has no proxy, so that %s speaks to it in plain text.\n", line[1], line[3], line[0])
		}
	}
	return nil
}

// noProxy is the reason that proxies give where a server's pod is not meshed.
const noProxy = "not_provided_by_service_discovery"

// secured puts the reason for plain text in words; without one the connection is secured.
func secured(reason string) string {
	if reason == "" {
		return "√"
	}
	words := strings.Split(reason, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}
