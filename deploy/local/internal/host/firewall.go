package host

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

// firewallTools are the commands for the two address families.
var firewallTools = []string{"iptables", "ip6tables"}

// ownedPrefixes begin the names of the chains that the cluster, kube-proxy, the kubelet and the network plugins make.
var ownedPrefixes = []string{"SEAWORTHY-", "KUBE-", "CNI-"}

// The chains behind the rules of network policies: for pods that these do not know yet, and for the API server.
const (
	unsyncedChain  = "SEAWORTHY-UNSYNCED"
	apiServerChain = "SEAWORTHY-API-SERVER"
)

// isolatePods refuses whatever a pod sends anywhere but to pods, Services and the API server. A pod that could reach
// the machine's other addresses could reach the databases and development servers on it.
//
// What is not refused goes on to the rules of network policies, which accept what they allow. Two pods of which these rules
// know neither yet, since both have just started, exchange nothing until then.
func isolatePods() error {
	rules := fmt.Sprintf(`*filter
:%[5]s - [0:0]
:%[6]s - [0:0]
:%[7]s - [0:0]
:%[8]s - [0:0]
-I FORWARD 1 -j %[5]s
-I FORWARD 2 -j %[7]s
-I INPUT 1 -j %[6]s
-I INPUT 2 -j %[8]s
-A %[5]s -i %[1]s -o %[1]s -s %[2]s -d %[2]s -j RETURN
-A %[5]s -i %[1]s -j REJECT --reject-with icmp-admin-prohibited
-A %[5]s -o %[1]s -j REJECT --reject-with icmp-admin-prohibited
-A %[5]s -s %[2]s ! -d %[2]s -j REJECT --reject-with icmp-admin-prohibited
-A %[6]s -i %[1]s -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A %[6]s -i %[1]s -d %[3]s -p tcp -m tcp --dport %[4]d -j RETURN
-A %[6]s -i %[1]s -j REJECT --reject-with icmp-admin-prohibited
-A %[7]s -i %[1]s -j DROP
-A %[8]s -i %[1]s -j ACCEPT
COMMIT
`, layout.Bridge, layout.PodRange, layout.NodeAddress, layout.APIServerPort,
		layout.RefusalChain("FORWARD"), layout.RefusalChain("INPUT"), unsyncedChain, apiServerChain)
	if err := restoreRules("iptables", rules); err != nil {
		return err
	}
	if savedRules("ip6tables") == "" && exec.Command("ip6tables", "-S", "INPUT").Run() != nil {
		return nil // no IPv6 in this kernel
	}
	return restoreRules("ip6tables", fmt.Sprintf(`*filter
:%[2]s - [0:0]
:%[3]s - [0:0]
-I FORWARD 1 -j %[2]s
-I INPUT 1 -j %[3]s
-A %[2]s -i %[1]s -j DROP
-A %[2]s -o %[1]s -j DROP
-A %[3]s -i %[1]s -j DROP
COMMIT
`, layout.Bridge, layout.RefusalChain("FORWARD"), layout.RefusalChain("INPUT")))
}

// PoliciesSynced gives nil once the rules of network policies are in the firewall. The rule that accepts what they allow is
// the last of a first synchronization, and waits behind the refusals.
func PoliciesSynced() error {
	rules := savedRules("iptables")
	accept := strings.Contains(rules, "-A KUBE-ROUTER-FORWARD -m comment --comment \"rule to explicitly ACCEPT")
	if refuse := strings.Index(rules, "-A FORWARD -j "+layout.RefusalChain("FORWARD")+"\n"); accept && refuse >= 0 {
		if follow := strings.Index(rules, "-j KUBE-ROUTER-FORWARD\n"); follow > refuse {
			return nil
		}
	}
	return errors.New("the rules of network policies are not in the firewall yet")
}

// removeChains removes every chain of the cluster that was not there before, and the rules that lead to one.
func removeChains(chainsBefore []string) []error {
	var faults []error
	for _, tool := range firewallTools {
		var keep []string
		for _, entry := range chainsBefore {
			if chain, found := strings.CutPrefix(entry, tool+" "); found {
				keep = append(keep, chain)
			}
		}
		removal := removalRules(savedRules(tool), keep)
		if removal == "" {
			continue
		}
		if err := restoreRules(tool, removal); err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

// removalRules turns the output of iptables-save into the input of iptables-restore that removes the owned chains.
func removalRules(saved string, keep []string) string {
	var script strings.Builder
	table := ""
	var detach, flush, remove []string
	for _, line := range strings.Split(saved, "\n") {
		switch {
		case strings.HasPrefix(line, "*"):
			table = line[1:]
			detach, flush, remove = nil, nil, nil
		case strings.HasPrefix(line, ":"):
			chain, _, _ := strings.Cut(line[1:], " ")
			if isOwned(chain) && !slices.Contains(keep, table+" "+chain) {
				flush = append(flush, "-F "+chain)
				remove = append(remove, "-X "+chain)
			}
		case strings.HasPrefix(line, "-A "):
			chain, target := ruleEnds(line)
			if !slices.Contains(remove, "-X "+chain) && slices.Contains(remove, "-X "+target) {
				detach = append(detach, "-D"+line[2:])
			}
		case line == "COMMIT" && len(remove) > 0:
			lines := slices.Concat([]string{"*" + table}, detach, flush, remove, []string{"COMMIT", ""})
			script.WriteString(strings.Join(lines, "\n"))
		}
	}
	return script.String()
}

// ruleEnds gives the chain that a rule stands in and the one that it leads to.
func ruleEnds(rule string) (chain, target string) {
	fields := strings.Fields(rule)
	chain = fields[1]
	for at, field := range fields[:len(fields)-1] {
		if field == "-j" || field == "-g" {
			target = fields[at+1]
		}
	}
	return chain, target
}

// listChains gives "table chain" for every chain in the output of iptables-save.
func listChains(saved string) []string {
	var chains []string
	table := ""
	for _, line := range strings.Split(saved, "\n") {
		if strings.HasPrefix(line, "*") {
			table = line[1:]
		} else if strings.HasPrefix(line, ":") {
			chain, _, _ := strings.Cut(line[1:], " ")
			chains = append(chains, table+" "+chain)
		}
	}
	return chains
}

func isOwned(chain string) bool {
	return slices.ContainsFunc(ownedPrefixes, func(prefix string) bool { return strings.HasPrefix(chain, prefix) })
}

func savedRules(tool string) string {
	output, err := exec.Command(tool + "-save").Output()
	if err != nil {
		return ""
	}
	return string(output)
}

func restoreRules(tool, rules string) error {
	command := exec.Command(tool+"-restore", "--noflush", "--wait", "10")
	command.Stdin = strings.NewReader(rules)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s-restore: %w: %s", tool, err, strings.TrimSpace(string(output)))
	}
	return nil
}
