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

func TestAnAddedNetworkPluginRunsLastAndStays(t *testing.T) {
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
		if err := AddNetworkPlugin(folder, program); err != nil {
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
}
