package controlplane

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

func TestSettingsAreYAMLEvenInAFolderWithBlanks(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir() + "/a: b"}
	if err := os.MkdirAll(folder.Config(""), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteSettings(folder); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"scheduler.yaml", "kubelet.yaml", "kube-proxy.yaml"} {
		content, err := os.ReadFile(folder.Config(name))
		if err != nil {
			t.Fatal(err)
		}
		parsed := map[string]any{}
		if err := yaml.UnmarshalStrict(content, &parsed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if parsed["kind"] == nil || strings.Contains(string(content), "%!") {
			t.Errorf("%s is incomplete:\n%s", name, content)
		}
	}
}

func TestEveryComponentIsItsOwnNameInTheBinary(t *testing.T) {
	folder := layout.Layout{Dir: "/somewhere"}
	programs := []process.Program{
		Etcd(folder), APIServer(folder), ControllerManager(folder), Scheduler(folder), NetworkPolicies(folder), Kubelet(folder), Proxy(folder),
	}
	for _, program := range programs {
		if program.Args[0] != program.Name || program.Path != folder.Binary() {
			t.Errorf("%s would not start: %s %v", program.Name, program.Path, program.Args)
		}
	}
}

func TestNothingListensOnAllAddresses(t *testing.T) {
	folder := layout.Layout{Dir: "/somewhere"}
	all := kubeletSettings(folder) + proxySettings(folder) + schedulerSettings(folder)
	for _, program := range []process.Program{Etcd(folder), APIServer(folder), ControllerManager(folder), Scheduler(folder)} {
		all += strings.Join(program.Args, "\n")
	}
	if strings.Contains(all, "0.0.0.0") {
		t.Error("a component listens to other machines")
	}
}
