// Package parts reads what can be added to a running cluster, such as an ingress: its images, and the objects that run them.
package parts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/objects"
	"seaworthy/deploy/local/internal/runtime"
)

// contentAnnotation on a workload's pods makes Kubernetes replace them when an image changes under the same name.
const contentAnnotation = "seaworthy.dev/part-content"

// workloads are the kinds that are waited for until their pods are ready.
var workloads = []string{"Deployment", "DaemonSet", "StatefulSet"}

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Part is what one folder holds.
type Part struct {
	Name   string
	Images []runtime.Archive
	// NetworkPlugins are programs that run for every pod that starts, after those that connect it.
	NetworkPlugins []string
	// Definitions are applied first: namespaces, and the CRDs of objects that follow.
	Definitions []kubeapi.Object
	Objects     []kubeapi.Object
}

// Open reads images/*.tar, network-plugins/* and objects.yaml below the folder. A part without objects is its images,
// for whoever installs them in a namespace of their own.
func Open(name, folder string) (*Part, error) {
	if !namePattern.MatchString(name) {
		return nil, fmt.Errorf("%q is not a part's name: lower-case letters, digits and dashes", name)
	}
	archives, err := runtime.ListArchives(filepath.Join(folder, "images"))
	if err != nil {
		return nil, err
	}
	manifest := filepath.Join(folder, "objects.yaml")
	content, err := os.ReadFile(manifest)
	if errors.Is(err, fs.ErrNotExist) && len(archives) > 0 {
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("the part %s has neither images nor objects: %w", name, err)
	}
	all, err := objects.Parse(string(content))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	plugins, err := filepath.Glob(filepath.Join(folder, "network-plugins", "*"))
	if err != nil {
		return nil, err
	}
	part := &Part{Name: name, Images: archives, NetworkPlugins: plugins}
	for _, object := range all {
		reference, err := object.Reference()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", manifest, err)
		}
		switch reference.Kind {
		case "Namespace", "CustomResourceDefinition":
			part.Definitions = append(part.Definitions, object)
		default:
			part.Objects = append(part.Objects, object)
		}
	}
	return part, part.mark()
}

// mark writes what the images hold into the workloads that use them.
func (p *Part) mark() error {
	sum := sha256.New()
	for _, archive := range p.Images {
		fmt.Fprintln(sum, archive.Name, archive.Content)
	}
	content := hex.EncodeToString(sum.Sum(nil))[:16]
	for _, object := range p.Objects {
		if !isWorkload(object) {
			continue
		}
		spec, _ := object["spec"].(map[string]any)
		template, _ := spec["template"].(map[string]any)
		if template == nil {
			return fmt.Errorf("%s of the part %s has no template of its pods", object["kind"], p.Name)
		}
		metadata := child(template, "metadata")
		child(metadata, "annotations")[contentAnnotation] = content
	}
	return nil
}

// Workloads are the objects whose pods have to be ready.
func (p *Part) Workloads() []kubeapi.Object {
	var found []kubeapi.Object
	for _, object := range p.Objects {
		if isWorkload(object) {
			found = append(found, object)
		}
	}
	return found
}

// References name all that the part removes when it no longer lists it. Definitions stay: with one of them, everything
// that people made of its kind would go.
func (p *Part) References() ([]kubeapi.Reference, error) {
	references := make([]kubeapi.Reference, 0, len(p.Objects))
	for _, object := range p.Objects {
		reference, err := object.Reference()
		if err != nil {
			return nil, err
		}
		references = append(references, reference)
	}
	return references, nil
}

func isWorkload(object kubeapi.Object) bool {
	kind, _ := object["kind"].(string)
	return slices.Contains(workloads, kind)
}

// child gives the map below a key, which it adds where there is none.
func child(parent map[string]any, key string) map[string]any {
	found, _ := parent[key].(map[string]any)
	if found == nil {
		found = map[string]any{}
		parent[key] = found
	}
	return found
}
