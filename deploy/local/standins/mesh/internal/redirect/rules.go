// Package redirect leads a pod's TCP traffic through its proxy, by the rules that proxy-init's documentation lists.
package redirect

import (
	"fmt"
	"net"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// maxPortsPerRule is how many ports iptables takes in one multiport match, in which a range counts twice.
const maxPortsPerRule = 15

// Settings are what a pod's annotations change.
type Settings struct {
	SkipInbound  names.Ports
	SkipOutbound names.Ports
	SkipSubnets  []string
}

// FromAnnotations reads the pod's annotations, then the namespace's.
func FromAnnotations(pod, namespace map[string]string) (Settings, error) {
	value := func(key string) string {
		if own, ok := pod[key]; ok {
			return own
		}
		return namespace[key]
	}
	inbound, err := names.ParsePorts(value(names.SkipInboundPorts), nil)
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", names.SkipInboundPorts, err)
	}
	outbound, err := names.ParsePorts(value(names.SkipOutboundPorts), nil)
	if err != nil {
		return Settings{}, fmt.Errorf("%s: %w", names.SkipOutboundPorts, err)
	}
	settings := Settings{SkipInbound: inbound, SkipOutbound: outbound}
	for _, subnet := range strings.Split(value(names.SkipSubnets), ",") {
		if subnet = strings.TrimSpace(subnet); subnet == "" {
			continue
		}
		if _, _, err := net.ParseCIDR(subnet); err != nil {
			return Settings{}, fmt.Errorf("%s: %w", names.SkipSubnets, err)
		}
		settings.SkipSubnets = append(settings.SkipSubnets, subnet)
	}
	return settings, nil
}

// Rules is the input of iptables-restore for a pod's network namespace. Declaring a chain empties it, and the built-in
// chains are named too, so that a second run leaves the same rules.
func Rules(settings Settings) string {
	var b strings.Builder
	rule := func(comment, format string, arguments ...any) {
		fmt.Fprintf(&b, format+" -m comment --comment proxy-init/%s\n", append(arguments, comment)...)
	}
	b.WriteString("*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n")
	b.WriteString(":PROXY_INIT_REDIRECT - [0:0]\n:PROXY_INIT_OUTPUT - [0:0]\n")
	exempt := append(names.Ports{{First: names.ControlPort, Last: names.ControlPort}, {First: names.AdminPort, Last: names.AdminPort}},
		settings.SkipInbound...)
	for _, ports := range multiports(exempt) {
		rule("ignore-port-"+strings.ReplaceAll(ports, ":", "-"), "-A PROXY_INIT_REDIRECT -p tcp -m multiport --dports %s -j RETURN", ports)
	}
	for _, subnet := range settings.SkipSubnets {
		rule("ignore-subnet", "-A PROXY_INIT_REDIRECT -s %s -j RETURN", subnet)
	}
	rule("redirect-all-incoming-to-proxy-port", "-A PROXY_INIT_REDIRECT -p tcp -j REDIRECT --to-ports %d", names.InboundPort)
	rule("install-proxy-init-prerouting", "-A PREROUTING -j PROXY_INIT_REDIRECT")
	rule("ignore-proxy-user-id", "-A PROXY_INIT_OUTPUT -m owner --uid-owner %d -j RETURN", names.ProxyUser)
	rule("ignore-loopback", "-A PROXY_INIT_OUTPUT -o lo -j RETURN")
	for _, ports := range multiports(settings.SkipOutbound) {
		rule("ignore-port-"+strings.ReplaceAll(ports, ":", "-"), "-A PROXY_INIT_OUTPUT -p tcp -m multiport --dports %s -j RETURN", ports)
	}
	rule("redirect-all-outgoing-to-proxy-port", "-A PROXY_INIT_OUTPUT -p tcp -j REDIRECT --to-ports %d", names.OutboundPort)
	rule("install-proxy-init-output", "-A OUTPUT -j PROXY_INIT_OUTPUT")
	b.WriteString("COMMIT\n")
	return b.String()
}

func multiports(ports names.Ports) []string {
	var matches []string
	var current []string
	used := 0
	for _, r := range ports {
		text, size := fmt.Sprint(r.First), 1
		if r.Last != r.First {
			text, size = fmt.Sprintf("%d:%d", r.First, r.Last), 2
		}
		if used+size > maxPortsPerRule {
			matches, current, used = append(matches, strings.Join(current, ",")), nil, 0
		}
		current, used = append(current, text), used+size
	}
	if len(current) > 0 {
		matches = append(matches, strings.Join(current, ","))
	}
	return matches
}
