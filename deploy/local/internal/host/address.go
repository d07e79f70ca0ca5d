package host

import (
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

// addAddresses gives the node its address and claims the Service range for this machine: a request to a Service that
// has no rule yet is refused here instead of leaving through the default route.
func addAddresses() error {
	if _, err := run("ip", "address", "replace", layout.NodeAddress+"/32", "dev", "lo"); err != nil {
		return err
	}
	_, err := run("ip", "route", "replace", "local", layout.ServiceRange, "dev", "lo", "src", layout.NodeAddress)
	return err
}

// addBridge makes the pods' bridge before the first pod does, without IPv6: a link-local address on it would give pods
// a way to the machine's own servers.
func addBridge() error {
	if _, err := run("ip", "link", "add", layout.Bridge, "type", "bridge"); err != nil && !strings.Contains(err.Error(), "File exists") {
		return err
	}
	// A kernel without IPv6 has no such setting, and no need of it.
	_, _ = run("sysctl", "-q", "-w", "net.ipv6.conf."+layout.Bridge+".disable_ipv6=1")
	_, err := run("ip", "link", "set", layout.Bridge, "up")
	return err
}

// removeAddresses takes back bridge, route and address, whichever of them there are.
func removeAddresses() []error {
	var faults []error
	for _, arguments := range [][]string{
		{"link", "delete", layout.Bridge},
		{"route", "delete", "local", layout.ServiceRange, "dev", "lo"},
		{"address", "delete", layout.NodeAddress + "/32", "dev", "lo"},
	} {
		if _, err := run("ip", arguments...); err != nil && !isAbsent(err) {
			faults = append(faults, err)
		}
	}
	return faults
}

func isAbsent(err error) bool {
	for _, messages := range []string{"Cannot find device", "No such process", "Cannot assign requested address", "Address not found"} {
		if strings.Contains(err.Error(), messages) {
			return true
		}
	}
	return false
}
