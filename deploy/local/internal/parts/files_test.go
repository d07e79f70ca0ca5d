package parts

import (
	"strings"
	"testing"
)

const configured = `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: demo }
data: { file: VALUE }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: other }
data: { file: OTHER }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: reader, namespace: demo }
spec:
  template:
    spec: { containers: [], volumes: [{ name: files, configMap: { name: settings } }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: bystander, namespace: demo }
spec:
  template:
    spec: { containers: [] }
`

// contents gives the annotation of each workload's pods.
func contents(t *testing.T, replacements ...string) map[string]string {
	t.Helper()
	part, err := Open("web", write(t, strings.NewReplacer(replacements...).Replace(configured)))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, workload := range part.Workloads() {
		reference, err := workload.Reference()
		if err != nil {
			t.Fatal(err)
		}
		spec, _ := workload["spec"].(map[string]any)
		template, _ := spec["template"].(map[string]any)
		found[reference.Name], _ = child(child(template, "metadata"), "annotations")[contentAnnotation].(string)
	}
	return found
}

func TestAChangedFileReplacesThePodsThatReadItAndNoOthers(t *testing.T) {
	before, after := contents(t, "VALUE", "one"), contents(t, "VALUE", "two")
	if before["reader"] == after["reader"] || before["bystander"] != after["bystander"] {
		t.Errorf("%v, then %v", before, after)
	}
	if same := contents(t, "VALUE", "one", "OTHER", "changed"); same["reader"] != before["reader"] {
		t.Errorf("another namespace's file: %v, then %v", before, same)
	}
}
