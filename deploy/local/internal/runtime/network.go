package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

// NetworkPlugins is where Debian's package puts the programs that connect a pod to the network.
const NetworkPlugins = "/usr/lib/cni"

// SetNetworkPlugins has a part's programs run last for every pod that starts from now on, also after the cluster's next start,
// in place of those that the part had before. They read the pod from the API as the kubelet.
func SetNetworkPlugins(folder layout.Layout, part string, programs []string) error {
	before, err := readPlugins(folder.PartNetworkPlugins(part))
	if err != nil {
		return err
	}
	names := []string{}
	for _, program := range programs {
		if err := copyPlugin(folder, program); err != nil {
			return err
		}
		names = append(names, filepath.Base(program))
	}
	content, err := json.Marshal(names)
	if err != nil {
		return err
	}
	if err := layout.WriteFile(folder.PartNetworkPlugins(part), append(content, '\n'), 0o644); err != nil {
		return err
	}
	if err := writeNetworkSettings(folder); err != nil {
		return err
	}
	// Their programs go last: until then a pod that starts runs them.
	for _, name := range before {
		if slices.Contains(names, name) {
			continue
		}
		if err := os.Remove(filepath.Join(folder.NetworkPlugins(), name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func copyPlugin(folder layout.Layout, program string) error {
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(NetworkPlugins, filepath.Base(program))); err == nil {
		return fmt.Errorf("%s: the machine has a network plugin of that name", program)
	}
	return layout.WriteFile(filepath.Join(folder.NetworkPlugins(), filepath.Base(program)), content, 0o755)
}

// readPlugins reads a part's record; without one it has no plugins.
func readPlugins(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	if err := json.Unmarshal(content, &names); err != nil {
		return nil, fmt.Errorf("%s is not a list of network plugins: %w", path, err)
	}
	return names, nil
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

// addedNetworkPlugins are those that parts recorded. Others may lie beside them, which write their own settings.
func addedNetworkPlugins(folder layout.Layout) ([]string, error) {
	applied, err := filepath.Glob(folder.PartObjects("*"))
	if err != nil {
		return nil, err
	}
	records, err := filepath.Glob(folder.PartNetworkPlugins("*"))
	if err != nil {
		return nil, err
	}
	var added []string
	for _, record := range records {
		names, err := readPlugins(record)
		if err != nil {
			return nil, err
		}
		added = append(added, names...)
	}
	for _, objects := range applied {
		part := strings.TrimSuffix(filepath.Base(objects), ".objects.json")
		if !slices.Contains(records, folder.PartNetworkPlugins(part)) {
			// A version before this one added it, and recorded no plugins.
			return unrecordedNetworkPlugins(folder, added)
		}
	}
	return added, nil
}

// unrecordedNetworkPlugins adds the files that are no links, without one whose writing was cut short.
func unrecordedNetworkPlugins(folder layout.Layout, added []string) ([]string, error) {
	entries, err := os.ReadDir(folder.NetworkPlugins())
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.Type().IsRegular() && !strings.HasPrefix(name, ".") && !slices.Contains(added, name) {
			added = append(added, name)
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
