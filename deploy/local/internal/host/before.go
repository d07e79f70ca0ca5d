// Package host changes the machine for the cluster (addresses, routes, firewall, kernel settings, control groups) and
// changes it back.
package host

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

// Before is what the machine looked like before the cluster touched it, as far as the cluster will change it.
type Before struct {
	BootID  string            `json:"boot_id"`
	Sysctls map[string]string `json:"sysctls"`
	// Chains lists the firewall chains that existed, as "iptables filter NAME".
	Chains []string `json:"chains"`
	// Missing lists the folders that upstream programs create at fixed places and that were not there.
	Missing []string `json:"missing"`
}

// fixedFolders are written by the kubelet, containerd and the network plugins whatever their settings say.
var fixedFolders = []string{
	"/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/var/log/pods",
	"/run/containerd", "/run/netns", "/opt/containerd", "/etc/cni", "/usr/libexec/kubernetes",
}

// Capture notes the machine's state.
func Capture() Before {
	before := Before{BootID: process.BootID(), Sysctls: readSysctls()}
	for _, tool := range firewallTools {
		for _, chain := range listChains(savedRules(tool)) {
			before.Chains = append(before.Chains, tool+" "+chain)
		}
	}
	for _, path := range fixedFolders {
		if _, err := os.Lstat(path); os.IsNotExist(err) {
			before.Missing = append(before.Missing, path)
		}
	}
	return before
}

// Save keeps the state for the time when the cluster is taken down, perhaps by another process.
func (b Before) Save(folder layout.Layout) error {
	content, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return layout.WriteFile(folder.HostBefore(), content, 0o644)
}

// LoadBefore gives the state that was noted since the machine's last boot, if any was.
func LoadBefore(folder layout.Layout) *Before {
	content, err := os.ReadFile(folder.HostBefore())
	before := &Before{}
	if err != nil || json.Unmarshal(content, before) != nil || before.BootID != process.BootID() {
		return nil
	}
	return before
}

// run gives what the command printed, or an error with what it complained of.
func run(name string, arguments ...string) (string, error) {
	output, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		return string(output), fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return string(output), nil
}
