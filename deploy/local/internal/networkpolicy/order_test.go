package networkpolicy

import (
	"slices"
	"strings"
	"testing"

	"github.com/cloudnativelabs/kube-router/v2/pkg/utils"
)

// chainOf is one chain in memory; what else a handler can do is missing.
type chainOf struct {
	utils.IPTablesHandler
	rules *[]string
}

func (c chainOf) List(string, string) ([]string, error) { return slices.Clone(*c.rules), nil }

func (c chainOf) Insert(_, _ string, position int, rule ...string) error {
	*c.rules = slices.Insert(*c.rules, position, strings.Join(rule, " "))
	return nil
}

func (c chainOf) Delete(_, _ string, rule ...string) error {
	position := int(rule[0][0] - '0')
	*c.rules = slices.Delete(*c.rules, position, position+1)
	return nil
}

func TestTheControllersFirstRuleComesRightBehindTheRefusals(t *testing.T) {
	rules := []string{"-P FORWARD ACCEPT", "-A FORWARD -j KUBE-SERVICES", "-A FORWARD -j SEAWORTHY-FORWARD", "-A FORWARD -j SEAWORTHY-UNSYNCED"}
	handler := behindRefusals{chainOf{rules: &rules}}
	if err := handler.Insert("filter", "FORWARD", 1, "-A FORWARD -j KUBE-ROUTER-FORWARD"); err != nil {
		t.Fatal(err)
	}
	if rules[3] != "-A FORWARD -j KUBE-ROUTER-FORWARD" || rules[4] != "-A FORWARD -j SEAWORTHY-UNSYNCED" {
		t.Errorf("got %q", rules)
	}
	seen, err := handler.List("filter", "FORWARD")
	if err != nil || len(seen) != 3 || seen[0] != rules[0] || seen[1] != rules[3] {
		t.Errorf("the controller sees %q, %v", seen, err)
	}
	if err := handler.Delete("filter", "FORWARD", "1"); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(rules, "-A FORWARD -j KUBE-ROUTER-FORWARD") || len(rules) != 4 {
		t.Errorf("another rule was deleted, left are %q", rules)
	}
}

func TestAChainWithoutRefusalsIsCountedAsItIs(t *testing.T) {
	rules := []string{"-N KUBE-ROUTER-INPUT", "-A KUBE-ROUTER-INPUT -j RETURN"}
	handler := behindRefusals{chainOf{rules: &rules}}
	if err := handler.Insert("filter", "KUBE-ROUTER-INPUT", 1, "first"); err != nil {
		t.Fatal(err)
	}
	seen, err := handler.List("filter", "KUBE-ROUTER-INPUT")
	if err != nil || rules[1] != "first" || !slices.Equal(seen, rules) {
		t.Errorf("got %q, seen %q, %v", rules, seen, err)
	}
}
