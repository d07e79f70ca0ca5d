// Package parts reads what can be added to a running cluster, such as an ingress: its images, and the objects that run them.
package parts

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/objects"
	"seaworthy/deploy/local/internal/runtime"
)

// contentAnnotation on a workload's pods makes Kubernetes replace them when an image changes under the same name, or a file that
// they read at their start.
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

// mark writes into the workloads what the images hold, and the ConfigMaps and Secrets that they name.
func (p *Part) mark() error {
	images := &strings.Builder{}
	for _, archive := range p.Images {
		fmt.Fprintln(images, archive.Name, archive.Content)
	}
	for _, object := range p.Workloads() {
		spec, _ := object["spec"].(map[string]any)
		template, _ := spec["template"].(map[string]any)
		if template == nil {
			return fmt.Errorf("%s of the part %s has no template of its pods", object["kind"], p.Name)
		}
		files, err := p.filesOf(object, template)
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte(images.String() + files))
		child(child(template, "metadata"), "annotations")[contentAnnotation] = hex.EncodeToString(sum[:])[:16]
	}
	return nil
}

// filesOf gives the content of the ConfigMaps and Secrets of a workload's namespace whose name stands in its template.
func (p *Part) filesOf(workload kubeapi.Object, template map[string]any) (string, error) {
	text, err := json.Marshal(template)
	if err != nil {
		return "", err
	}
	own, err := workload.Reference()
	if err != nil {
		return "", err
	}
	files := ""
	for _, object := range p.Objects {
		named, err := object.Reference()
		if err != nil {
			return "", err
		}
		isFile := named.Version == "v1" && (named.Kind == "ConfigMap" || named.Kind == "Secret")
		if !isFile || named.Namespace != own.Namespace || !strings.Contains(string(text), strconv.Quote(named.Name)) {
			continue
		}
		content, err := json.Marshal(object)
		if err != nil {
			return "", err
		}
		files += string(content) + "\n"
	}
	return files, nil
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
