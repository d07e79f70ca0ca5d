package networkpolicy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"

	"seaworthy/deploy/local/internal/layout"
)

// behindRefusals lets the controller count a chain's rules from behind the cluster's own refusals. It wants to be the
// first rule and accepts what no policy forbids, so that without this a pod without policies could leave the cluster.
type behindRefusals struct{ utils.IPTablesHandler }

// Insert puts the rule at the position, counted from behind the refusals.
func (h behindRefusals) Insert(table, chain string, position int, rule ...string) error {
	rules, err := h.IPTablesHandler.List(table, chain)
	if err != nil {
		return err
	}
	return h.IPTablesHandler.Insert(table, chain, position+refusals(rules, chain), rule...)
}

// Delete removes the rule of that specification, or of that number counted from behind the refusals.
func (h behindRefusals) Delete(table, chain string, rule ...string) error {
	if position, err := strconv.Atoi(rule[0]); err == nil && len(rule) == 1 {
		rules, err := h.IPTablesHandler.List(table, chain)
		if err != nil {
			return err
		}
		rule = []string{strconv.Itoa(position + refusals(rules, chain))}
	}
	return h.IPTablesHandler.Delete(table, chain, rule...)
}

// List gives the chain's own line and the rules behind the refusals.
func (h behindRefusals) List(table, chain string) ([]string, error) {
	rules, err := h.IPTablesHandler.List(table, chain)
	if hidden := refusals(rules, chain); err == nil && hidden > 0 {
		return append(rules[:1:1], rules[1+hidden:]...), nil
	}
	return rules, err
}

// ListChains leaves out the chains of the last synchronization, which the next one's restore deletes.
func (h behindRefusals) ListChains(table string) ([]string, error) {
	chains, err := h.IPTablesHandler.ListChains(table)
	return slices.DeleteFunc(chains, func(chain string) bool {
		return strings.HasPrefix(chain, "KUBE-POD-FW-") || strings.HasPrefix(chain, "KUBE-NWPLCY-")
	}), err
}

// refusals counts the rules up to the one that leads to the cluster's refusals. The first line is the chain itself.
func refusals(rules []string, chain string) int {
	for at, rule := range rules {
		if strings.HasSuffix(rule, "-j "+layout.RefusalChain(chain)) {
			return at
		}
	}
	return 0
}
