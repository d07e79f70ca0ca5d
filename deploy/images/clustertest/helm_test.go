package clustertest

import (
	"strings"
	"testing"
)

const chart = `mkdir -p /tmp/tiny/templates; cd /tmp/tiny
printf 'apiVersion: v2\nname: tiny\nversion: 0.1.0\n' >Chart.yaml
printf 'text: first\n' >values.yaml
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  text: {{ .Values.text | quote }}\n' >templates/config.yaml
`

func TestHelmInstallsUpgradesRollsBackAndUninstallsWithTheRightsOfANamespace(t *testing.T) {
	text := func() string {
		return must(t, "get", "configmap", "tiny", "--ignore-not-found", "-o", "jsonpath={.data.text}")
	}
	run(t, chart+"helm install tiny . --wait")
	if got := text(); got != "first" {
		t.Errorf("installed: %q", got)
	}
	run(t, "helm upgrade tiny /tmp/tiny --set text=second --wait")
	if got := text(); got != "second" {
		t.Errorf("upgraded: %q", got)
	}
	run(t, "helm rollback tiny 1 --wait")
	if got := text(); got != "first" {
		t.Errorf("rolled back: %q", got)
	}
	if history := run(t, "helm history tiny"); strings.Count(history, "\n") != 4 {
		t.Errorf("got %s", history)
	}
	run(t, "helm uninstall tiny --wait")
	if got := text(); got != "" {
		t.Errorf("left: %q", got)
	}
	if output, err := inNamespace("exec", "toolbox", "--", "kubectl", "get", "namespaces"); err == nil {
		t.Errorf("the account has rights beyond its namespace: %s", output)
	}
}
