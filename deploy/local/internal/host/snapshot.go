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

// Snapshot is the state of the machine before the cluster changed it, as far as the cluster will change it.
type Snapshot struct {
	BootID  string            `json:"boot_id"`
	Sysctls map[string]string `json:"sysctls"`
	// Chains lists the firewall chains that existed, as "iptables filter NAME".
	Chains []string `json:"chains"`
	// Sets lists the firewall's address sets that existed.
	Sets []string `json:"sets"`
	// Missing lists the folders that upstream programs create at fixed places and that were not there.
	Missing []string `json:"missing"`
}

// fixedFolders are created by the kubelet, containerd and the network plugins whatever their settings say.
var fixedFolders = []string{
	"/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/var/log/pods",
	"/run/containerd", "/run/netns", "/opt/containerd", "/etc/cni", "/usr/libexec/kubernetes",
}

// Capture reads the state of the machine.
func Capture() Snapshot {
	snapshot := Snapshot{BootID: process.BootID(), Sysctls: readSysctls(), Sets: listSets()}
	for _, tool := range firewallTools {
		for _, chain := range listChains(savedRules(tool)) {
			snapshot.Chains = append(snapshot.Chains, tool+" "+chain)
		}
	}
	for _, path := range fixedFolders {
		if _, err := os.Lstat(path); os.IsNotExist(err) {
			snapshot.Missing = append(snapshot.Missing, path)
		}
	}
	return snapshot
}

// Save writes the state for the process that will stop the cluster.
func (s Snapshot) Save(folder layout.Layout) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return layout.WriteFile(folder.HostSnapshot(), content, 0o644)
}

// LoadSnapshot gives the state that was saved since the machine's last boot, if any was.
func LoadSnapshot(folder layout.Layout) *Snapshot {
	content, err := os.ReadFile(folder.HostSnapshot())
	snapshot := &Snapshot{}
	if err != nil || json.Unmarshal(content, snapshot) != nil || snapshot.BootID != process.BootID() {
		return nil
	}
	return snapshot
}

// run gives the output of the command, which is part of the error when it fails.
func run(name string, arguments ...string) (string, error) {
	output, err := exec.Command(name, arguments...).CombinedOutput()
	if err != nil {
		return string(output), fmt.Errorf("%s %s: %w: %s", name, strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return string(output), nil
}
