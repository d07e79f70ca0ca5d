package parts

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/progress"
)

const manifest = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: demo }
---
apiVersion: v1
kind: Namespace
metadata: { name: demo }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: demo }
spec:
  template:
    spec: { containers: [] }
`

func write(t *testing.T, content string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "objects.yaml"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestDefinitionsComeBeforeWhatNeedsThemWhereverTheyStand(t *testing.T) {
	part, err := Open("web", write(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	if len(part.Definitions) != 1 || part.Definitions[0]["kind"] != "Namespace" || len(part.Objects) != 2 {
		t.Errorf("got %v and %v", part.Definitions, part.Objects)
	}
}

func TestANamespaceIsNotAmongWhatANewerVersionRemoves(t *testing.T) {
	part, err := Open("web", write(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	references, err := part.References()
	if err != nil || len(references) != 2 {
		t.Fatalf("got %v, %v", references, err)
	}
	for _, reference := range references {
		if reference.Kind == "Namespace" {
			t.Errorf("got %v", reference)
		}
	}
}

func TestTheContentOfTheImagesStandsInThePodsThatUseThem(t *testing.T) {
	part, err := Open("web", write(t, manifest))
	if err != nil {
		t.Fatal(err)
	}
	workloads := part.Workloads()
	if len(workloads) != 1 {
		t.Fatalf("got %v", workloads)
	}
	spec, _ := workloads[0]["spec"].(map[string]any)
	template, _ := spec["template"].(map[string]any)
	metadata, _ := template["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	if value, _ := annotations[contentAnnotation].(string); len(value) != 16 {
		t.Errorf("got %v", annotations)
	}
}

func TestAPartThatCannotBeReadIsRefusedWithItsReason(t *testing.T) {
	for _, example := range []struct{ name, content, expected string }{
		{"../web", manifest, "not a part's name"},
		{"web", "kind: Service\n", "apiVersion, kind and name"},
		{"web", "a: [", "objects.yaml"},
		{"web", "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x, namespace: y }\n", "no template"},
	} {
		if _, err := Open(example.name, write(t, example.content)); err == nil || !strings.Contains(err.Error(), example.expected) {
			t.Errorf("expected %q, got %v", example.expected, err)
		}
	}
	if _, err := Open("web", t.TempDir()); err == nil || !strings.Contains(err.Error(), "has neither images nor objects") {
		t.Errorf("got %v", err)
	}
}

func TestAPartMayBeNothingButImages(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "images"), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(folder, "images", "web.tar"))
	if err != nil {
		t.Fatal(err)
	}
	content := `[{"Config":"web.json","RepoTags":["seaworthy.local/web:1"],"Layers":["layer.tar"]}]`
	archive := tar.NewWriter(file)
	if err := archive.WriteHeader(&tar.Header{Name: "manifest.json", Mode: 0o644, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(archive.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	part, err := Open("web", folder)
	if err != nil || len(part.Images) != 1 || len(part.Objects)+len(part.Definitions)+len(part.Workloads()) != 0 {
		t.Errorf("got %+v, %v", part, err)
	}
}

func TestWhatWasAppliedIsRemembered(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir()}
	if err := os.Mkdir(folder.Parts(), 0o755); err != nil {
		t.Fatal(err)
	}
	if found, err := LoadApplied(folder, "web"); err != nil || len(found) != 0 {
		t.Fatalf("got %v, %v", found, err)
	}
	one := kubeapi.Reference{Version: "v1", Kind: "Service", Namespace: "demo", Name: "web"}
	other := kubeapi.Reference{Version: "v1", Kind: "Service", Namespace: "demo", Name: "old"}
	if err := SaveApplied(folder, "web", Union([]kubeapi.Reference{one}, []kubeapi.Reference{one, other})); err != nil {
		t.Fatal(err)
	}
	found, err := LoadApplied(folder, "web")
	if err != nil || len(found) != 2 || found[1] != other {
		t.Errorf("got %v, %v", found, err)
	}
}

func TestPartsAreListedInTheOrderTheyBegan(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir()}
	if err := os.Mkdir(folder.Parts(), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mesh", "ingress"} {
		if err := progress.NewReporter(folder.PartStatus(name), &strings.Builder{}, 3).Finish(""); err != nil {
			t.Fatal(err)
		}
	}
	statuses, err := ListStatuses(folder)
	if err != nil || len(statuses) != 2 || statuses[0].Name != "mesh" || statuses[1].Phase != progress.Ready {
		t.Errorf("got %v, %v", statuses, err)
	}
}
