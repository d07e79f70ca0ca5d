// Package objects applies and removes the objects that go with the charts: namespaces, a Host, network policies.
package objects

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/cluster/internal/releases"
	"seaworthy/deploy/cluster/internal/tools"
)

// Object is one Kubernetes object.
type Object map[string]any

// Read reads the documents of a file and labels each as installed by this command.
func Read(path string) ([]Object, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var read []Object
	for _, document := range strings.Split("\n"+string(content), "\n---") {
		object := Object{}
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(object) == 0 {
			continue
		}
		if object.Kind() == "" || object.Name() == "" {
			return nil, fmt.Errorf("%s: an object needs a kind and a name", path)
		}
		object.labels()[releases.OwnerLabel] = releases.Owner
		read = append(read, object)
	}
	return read, nil
}

// Kind is the object's kind, with its group, as kubectl takes it.
func (o Object) Kind() string {
	kind, _ := o["kind"].(string)
	version, _ := o["apiVersion"].(string)
	group, name, found := strings.Cut(version, "/")
	if !found || kind == "" {
		return kind
	}
	return kind + "." + name + "." + group
}

// Name is the object's name.
func (o Object) Name() string { return o.metadata("name") }

func (o Object) namespace() string { return o.metadata("namespace") }

func (o Object) String() string {
	kind, _ := o["kind"].(string)
	if o.namespace() == "" {
		return kind + " " + o.Name()
	}
	return kind + " " + o.namespace() + "/" + o.Name()
}

func (o Object) metadata(key string) string {
	metadata, _ := o["metadata"].(map[string]any)
	value, _ := metadata[key].(string)
	return value
}

func (o Object) labels() map[string]any {
	metadata, _ := o["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		o["metadata"] = metadata
	}
	labels, _ := metadata["labels"].(map[string]any)
	if labels == nil {
		labels = map[string]any{}
		metadata["labels"] = labels
	}
	return labels
}

func (o Object) isNamespace() bool { return o["kind"] == "Namespace" }

// isOurs tells whether a live object was installed by this command.
func (o Object) isOurs() bool { return o.labels()[releases.OwnerLabel] == releases.Owner }

// Find reads the object as it is in the cluster; nil when there is none, or not even its kind.
func Find(ctx context.Context, run tools.Run, object Object) (Object, error) {
	arguments := []string{"get", object.Kind(), object.Name(), "--ignore-not-found", "--output", "json", "--request-timeout", "30s"}
	if namespace := object.namespace(); namespace != "" {
		arguments = append(arguments, "--namespace", namespace)
	}
	out, err := run(ctx, nil, "kubectl", arguments...)
	if tools.Said(err, "the server doesn't have a resource type") {
		return nil, nil
	}
	if err != nil || len(strings.TrimSpace(string(out))) == 0 {
		return nil, err
	}
	found := Object{}
	return found, json.Unmarshal(out, &found)
}

// Apply makes the objects be as given. A namespace that somebody else made gets the settings, and stays theirs.
func Apply(ctx context.Context, run tools.Run, all []Object) error {
	for _, object := range all {
		if object.isNamespace() {
			found, err := Find(ctx, run, object)
			if err != nil {
				return err
			}
			if found != nil && !found.isOurs() {
				delete(object.labels(), releases.OwnerLabel)
			}
		}
		content, err := json.Marshal(object)
		if err != nil {
			return err
		}
		if _, err := run(ctx, content, "kubectl", "apply", "--server-side", "--force-conflicts",
			"--field-manager", "seaworthy-deploy-cluster", "--filename", "-"); err != nil {
			return fmt.Errorf("%s cannot be applied: %w", object, err)
		}
	}
	return nil
}

// Remove takes away those of the objects that this command installed, the last one first, and says what it left and why.
func Remove(ctx context.Context, run tools.Run, all []Object) (left []string, err error) {
	for at := len(all) - 1; at >= 0; at-- {
		object := all[at]
		found, err := Find(ctx, run, object)
		if err != nil {
			return left, err
		}
		if found == nil {
			continue
		}
		if !found.isOurs() {
			left = append(left, object.String()+", which this command did not install")
			continue
		}
		if object.isNamespace() {
			others, err := contents(ctx, run, object.Name())
			if err != nil {
				return left, err
			}
			if len(others) > 0 {
				left = append(left, fmt.Sprintf("%s, in which there is still %s", object, strings.Join(others, ", ")))
				continue
			}
		}
		arguments := []string{"delete", object.Kind(), object.Name(), "--ignore-not-found", "--timeout", "2m"}
		if namespace := object.namespace(); namespace != "" {
			arguments = append(arguments, "--namespace", namespace)
		}
		if _, err := run(ctx, nil, "kubectl", arguments...); err != nil {
			return left, fmt.Errorf("%s cannot be removed: %w", object, err)
		}
	}
	return left, nil
}

// contents lists what a namespace holds that somebody could miss: each namespace has the accounts and ConfigMaps besides. What
// is going already, or goes with its owner, is not counted.
func contents(ctx context.Context, run tools.Run, namespace string) ([]string, error) {
	out, err := run(ctx, nil, "kubectl", "get",
		"deployments,statefulsets,daemonsets,jobs,cronjobs,pods,services,persistentvolumeclaims", "--namespace", namespace,
		"--output", "json", "--request-timeout", "30s")
	if err != nil {
		return nil, err
	}
	list := struct {
		Items []struct {
			Kind     string
			Metadata struct {
				Name              string
				DeletionTimestamp string
				OwnerReferences   []any
			}
		}
	}{}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, err
	}
	var held []string
	for _, item := range list.Items {
		if item.Metadata.DeletionTimestamp == "" && len(item.Metadata.OwnerReferences) == 0 {
			held = append(held, item.Kind+" "+item.Metadata.Name)
		}
	}
	return held, nil
}
