package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

// NetworkPlugins is where Debian's package puts the programs that connect a pod to the network.
const NetworkPlugins = "/usr/lib/cni"

// AddNetworkPlugin has a program run last for every pod that starts from now on, also after the cluster's next start. It
// reads the pod from the API as the kubelet.
func AddNetworkPlugin(folder layout.Layout, program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(NetworkPlugins, filepath.Base(program))); err == nil {
		return fmt.Errorf("%s: the machine has a network plugin of that name", program)
	}
	if err := layout.WriteFile(filepath.Join(folder.NetworkPlugins(), filepath.Base(program)), content, 0o755); err != nil {
		return err
	}
	return writeNetworkSettings(folder)
}

// linkNetworkPlugins puts the machine's plugins into the cluster's own folder, where those that were added lie beside them:
// nothing of the cluster is left on the machine.
func linkNetworkPlugins(folder layout.Layout) error {
	entries, err := os.ReadDir(NetworkPlugins)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		link := filepath.Join(folder.NetworkPlugins(), entry.Name())
		if err := os.Symlink(filepath.Join(NetworkPlugins, entry.Name()), link); err != nil && !os.IsExist(err) {
			return err
		}
	}
	return nil
}

// addedNetworkPlugins are the files that are no links, without one whose writing was cut short.
func addedNetworkPlugins(folder layout.Layout) ([]string, error) {
	entries, err := os.ReadDir(folder.NetworkPlugins())
	if err != nil {
		return nil, err
	}
	var added []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), ".") {
			added = append(added, entry.Name())
		}
	}
	return added, nil
}

func writeNetworkSettings(folder layout.Layout) error {
	added, err := addedNetworkPlugins(folder)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(networkSettings(folder, added), "", "  ")
	if err != nil {
		return err
	}
	return layout.WriteFile(filepath.Join(folder.NetworkConfig(), "10-seaworthy.conflist"), append(content, '\n'), 0o644)
}

func networkSettings(folder layout.Layout, added []string) map[string]any {
	plugins := []map[string]any{
		{
			"type": "bridge", "bridge": layout.Bridge, "isGateway": true, "hairpinMode": true,
			"ipam": map[string]any{
				"type": "host-local", "dataDir": folder.NetworkLeases(),
				"ranges": [][]map[string]string{{{"subnet": layout.PodSubnet}}},
				"routes": []map[string]string{{"dst": "0.0.0.0/0"}},
			},
		},
		{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
	}
	for _, name := range added {
		plugins = append(plugins, map[string]any{
			"type": name, "apiServer": layout.APIServerURL(),
			"certificateAuthority": folder.Credential("ca.crt"),
			"clientCertificate":    folder.Credential("kubelet-client.crt"),
			"clientKey":            folder.Credential("kubelet-client.key"),
		})
	}
	return map[string]any{"cniVersion": "0.4.0", "name": "seaworthy", "plugins": plugins}
}
