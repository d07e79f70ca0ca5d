package runtime

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"seaworthy/deploy/local/internal/layout"
)

// pluginTypes reads the order of the plugins from the network's configuration.
func pluginTypes(t *testing.T, folder layout.Layout) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder.NetworkConfig(), "10-seaworthy.conflist"))
	if err != nil {
		t.Fatal(err)
	}
	written := struct{ Plugins []struct{ Type string } }{}
	if err := json.Unmarshal(content, &written); err != nil {
		t.Fatalf("%v in %s", err, content)
	}
	var types []string
	for _, plugin := range written.Plugins {
		types = append(types, plugin.Type)
	}
	return types
}

func TestAnAddedNetworkPluginRunsLastAndStaysUntilItsPartIsRemoved(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir()}
	for path := range folder.Folders() {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(t.TempDir(), "linkerd-cni")
	if err := os.WriteFile(program, []byte("#!/bin/sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := writeNetworkSettings(folder); err != nil {
		t.Fatal(err)
	}
	if got := pluginTypes(t, folder); !slices.Equal(got, []string{"bridge", "portmap"}) {
		t.Errorf("without one: %v", got)
	}
	for range 2 {
		if err := SetNetworkPlugins(folder, "mesh", []string{program}); err != nil {
			t.Fatal(err)
		}
	}
	if got := pluginTypes(t, folder); !slices.Equal(got, []string{"bridge", "portmap", "linkerd-cni"}) {
		t.Errorf("with one: %v", got)
	}
	if err := writeNetworkSettings(folder); err != nil {
		t.Fatal(err)
	}
	if got := pluginTypes(t, folder); !slices.Equal(got, []string{"bridge", "portmap", "linkerd-cni"}) {
		t.Errorf("after another start: %v", got)
	}
	other := filepath.Join(folder.NetworkPlugins(), "somebody-elses")
	if err := os.WriteFile(other, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := SetNetworkPlugins(folder, "mesh", nil); err != nil {
		t.Fatal(err)
	}
	if got := pluginTypes(t, folder); !slices.Equal(got, []string{"bridge", "portmap"}) {
		t.Errorf("after its removal: %v", got)
	}
	if _, err := os.Stat(filepath.Join(folder.NetworkPlugins(), "linkerd-cni")); !os.IsNotExist(err) {
		t.Errorf("its program is left: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("what nobody added here is gone: %v", err)
	}
}

func TestAPluginOfAPartThatAnOlderVersionAddedStays(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir()}
	for path := range folder.Folders() {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{filepath.Join(folder.NetworkPlugins(), "linkerd-cni"), folder.PartObjects("mesh")} {
		if err := os.WriteFile(file, []byte("[]"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := SetNetworkPlugins(folder, "ingress", nil); err != nil {
		t.Fatal(err)
	}
	if got := pluginTypes(t, folder); !slices.Equal(got, []string{"bridge", "portmap", "linkerd-cni"}) {
		t.Errorf("%v", got)
	}
}
