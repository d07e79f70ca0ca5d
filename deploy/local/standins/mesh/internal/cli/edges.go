package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// edge is a client and a server between which a connection is open.
type edge struct {
	Src         string `json:"src"`
	SrcNS       string `json:"src_namespace"`
	Dst         string `json:"dst"`
	DstNS       string `json:"dst_namespace"`
	Client      string `json:"client_id"`
	Server      string `json:"server_id"`
	NoTLSReason string `json:"no_tls_reason"`
}

func (c *command) edges(ctx context.Context, what string) error {
	asked, err := parseTarget(what)
	if err != nil {
		return err
	}
	if asked.name != "" || asked.label == "service" {
		return fmt.Errorf("edges are shown of all deployments, statefulsets, daemonsets or pods, not of %q", what)
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	namespace := c.namespace
	if namespace == "" && !c.all {
		namespace = api.namespace
	}
	src, dst := asked.label, "dst_"+asked.label
	found, err := c.query(ctx, fmt.Sprintf(`sum(tcp_open_connections{direction="outbound",%s!="",%s!=""}) by (namespace, dst_namespace, %s, %s, tls, no_tls_reason, server_id) > 0`, src, dst, src, dst))
	if err != nil {
		return err
	}
	pods, err := api.pods(ctx, map[bool]string{true: "", false: namespace}[c.all])
	if err != nil {
		return err
	}
	clients := map[string]string{}
	for _, pod := range pods {
		kind, name := cluster.Owner(&pod)
		if asked.label == "pod" {
			kind, name = "pod", pod.Name
		}
		if kind == asked.label {
			clients[pod.Namespace+"/"+name] = names.Identity(pod.Spec.ServiceAccountName, pod.Namespace)
		}
	}
	var edges []edge
	for _, s := range found {
		between := edge{Src: s.labels[src], Dst: s.labels[dst], SrcNS: s.labels["namespace"], DstNS: s.labels["dst_namespace"], NoTLSReason: s.labels["no_tls_reason"]}
		if !c.all && between.SrcNS != namespace && between.DstNS != namespace {
			continue
		}
		if between.NoTLSReason == "" {
			between.Client, between.Server = shortIdentity(clients[between.SrcNS+"/"+between.Src]), shortIdentity(s.labels["server_id"])
		}
		edges = append(edges, between)
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.SrcNS, b.SrcNS), cmp.Compare(a.DstNS, b.DstNS), cmp.Compare(a.Src, b.Src), cmp.Compare(a.Dst, b.Dst))
	})
	return c.printEdges(edges)
}

func (c *command) printEdges(edges []edge) error {
	if c.output == "json" {
		encoder := json.NewEncoder(c.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(edges)
	}
	if len(edges) == 0 {
		fmt.Fprintln(c.err, "No edges found.")
		return nil
	}
	header := []string{"SRC", "DST", "SRC_NS", "DST_NS", "SECURED"}
	if c.output == "wide" {
		header = slices.Insert(header, 4, "CLIENT_ID", "SERVER_ID")
	}
	lines := [][]string{header}
	for _, e := range edges {
		line := []string{e.Src, e.Dst, e.SrcNS, e.DstNS}
		if c.output == "wide" {
			line = append(line, cmp.Or(e.Client, "-"), cmp.Or(e.Server, "-"))
		}
		lines = append(lines, append(line, secured(e.NoTLSReason)))
	}
	writeTable(c.out, lines, len(header))
	return nil
}

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
