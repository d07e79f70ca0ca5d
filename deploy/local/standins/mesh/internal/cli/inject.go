package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// templates says where the metadata lies that the injector sees, for each kind that makes pods.
var templates = map[string][]string{
	"Pod": {}, "Namespace": {}, "CronJob": {"spec", "jobTemplate", "spec", "template"},
	"Deployment": {"spec", "template"}, "StatefulSet": {"spec", "template"}, "DaemonSet": {"spec", "template"},
	"ReplicaSet": {"spec", "template"}, "ReplicationController": {"spec", "template"}, "Job": {"spec", "template"},
}

// inject writes manifests with the annotation on the standard output, and what became of each on the standard error.
func (c *command) inject(source string) error {
	input := c.in
	if source != "-" {
		file, err := os.Open(source)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	}
	content, err := io.ReadAll(input)
	if err != nil {
		return err
	}
	var objects []map[string]any
	for _, document := range strings.Split("\n"+string(content), "\n---") {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return fmt.Errorf("%s is no YAML: %w", source, err)
		}
		if items, ok := object["items"].([]any); ok && object["kind"] == "List" {
			for _, item := range items {
				if inner, ok := item.(map[string]any); ok {
					objects = append(objects, inner)
				}
			}
		} else if len(object) > 0 {
			objects = append(objects, object)
		}
	}
	written, report := &bytes.Buffer{}, &bytes.Buffer{}
	for _, object := range objects {
		outcome, err := c.annotate(object)
		if err != nil {
			fmt.Fprintf(c.err, "\nError transforming resources:\n%s\n", err)
			return errReported
		}
		fmt.Fprintf(report, "%s %s\n", describe(object), outcome)
		encoded, err := yaml.Marshal(object)
		if err != nil {
			return err
		}
		fmt.Fprintf(written, "%s---\n", encoded)
	}
	if _, err := c.out.Write(written.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "\n%s\n", report)
	return nil
}

func describe(object map[string]any) string {
	name, _ := child(object, "metadata")["name"].(string)
	return fmt.Sprintf("%s %q", strings.ToLower(fmt.Sprint(object["kind"])), name)
}

// annotate adds the annotation where the injector looks for it.
func (c *command) annotate(object map[string]any) (outcome string, err error) {
	kind := fmt.Sprint(object["kind"])
	path, ok := templates[kind]
	if !ok {
		return "skipped", nil
	}
	template := object
	for _, name := range path {
		template = child(template, name)
	}
	spec, _ := template["spec"].(map[string]any)
	if isHostNetwork, _ := spec["hostNetwork"].(bool); isHostNetwork {
		return "", fmt.Errorf("failed to inject %s: hostNetwork is enabled", describe(object))
	}
	for _, list := range []string{"containers", "initContainers"} {
		containers, _ := spec[list].([]any)
		for _, entry := range containers {
			container, _ := entry.(map[string]any)
			if container["name"] == names.ProxyContainer || container["name"] == "istio-proxy" {
				return "", fmt.Errorf("failed to inject %s: it has a sidecar injected already", describe(object))
			}
		}
	}
	value := "enabled"
	if c.ingress {
		value = "ingress"
	}
	child(child(template, "metadata"), "annotations")[names.Inject] = value
	if kind == "Namespace" {
		return "annotated", nil
	}
	return "injected", nil
}

// child gives the object under a name, which it adds where there is none.
func child(object map[string]any, name string) map[string]any {
	found, ok := object[name].(map[string]any)
	if !ok {
		found = map[string]any{}
		object[name] = found
	}
	return found
}
