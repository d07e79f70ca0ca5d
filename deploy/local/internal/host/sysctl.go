package host

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// changedSysctls are the kernel settings that the cluster or one of its components writes.
var changedSysctls = []string{
	"net.ipv4.ip_forward",
	"net.ipv4.conf.all.route_localnet",
	"net.bridge.bridge-nf-call-iptables",
	"net.bridge.bridge-nf-call-ip6tables",
	"net.netfilter.nf_conntrack_max",
	"net.netfilter.nf_conntrack_tcp_be_liberal",
	"net.netfilter.nf_conntrack_tcp_timeout_established",
	"net.netfilter.nf_conntrack_tcp_timeout_close_wait",
	"net.netfilter.nf_conntrack_udp_timeout",
	"net.netfilter.nf_conntrack_udp_timeout_stream",
	"vm.overcommit_memory",
	"vm.panic_on_oom",
	"kernel.panic",
	"kernel.panic_on_oops",
	"kernel.keys.root_maxkeys",
	"kernel.keys.root_maxbytes",
}

func sysctlPath(name string) string {
	return filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
}

func readSysctls() map[string]string {
	values := map[string]string{}
	for _, name := range changedSysctls {
		if content, err := os.ReadFile(sysctlPath(name)); err == nil {
			values[name] = strings.TrimSpace(string(content))
		}
	}
	return values
}

// LoadBridgeFilter asks the kernel for the module that shows bridged packets to iptables. A kernel that has it built in
// has no such module, so that only its effect counts.
func LoadBridgeFilter() error {
	exec.Command("modprobe", "br_netfilter").Run() //nolint:errcheck // judged by the file below
	if _, err := os.Stat(sysctlPath("net.bridge.bridge-nf-call-iptables")); err != nil {
		return fmt.Errorf("the kernel has no br_netfilter, without which pods cannot reach Services: %w", err)
	}
	return nil
}

// enableForwarding lets packets pass between pods, and the firewall see them: those of IPv6 too, since pods have link-local
// addresses of it, at which no policy would be asked.
func enableForwarding() error {
	for _, name := range []string{"net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"} {
		err := os.WriteFile(sysctlPath(name), []byte("1"), 0o644)
		if os.IsNotExist(err) && strings.HasSuffix(name, "ip6tables") {
			continue // a kernel without IPv6
		}
		if err != nil {
			return fmt.Errorf("the kernel setting %s cannot be changed: %w", name, err)
		}
	}
	return nil
}

// restoreSysctls writes back what differs.
func restoreSysctls(before map[string]string) []error {
	var faults []error
	now := readSysctls()
	for name, value := range before {
		if now[name] == value {
			continue
		}
		if err := os.WriteFile(sysctlPath(name), []byte(value), 0o644); err != nil {
			faults = append(faults, fmt.Errorf("the kernel setting %s cannot be set back to %s: %w", name, value, err))
		}
	}
	return faults
}
