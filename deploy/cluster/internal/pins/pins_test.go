package pins

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestThePinsOfThisFolderAreSoundAndTheirFilesAreThere(t *testing.T) {
	folder := "../.."
	pinned, err := Read(filepath.Join(folder, "pins.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range pinned.Parts {
		for _, file := range []string{part.Before, part.After} {
			if _, err := os.Stat(filepath.Join(folder, "objects", file)); err != nil {
				t.Error(err)
			}
		}
		for _, release := range part.Releases {
			content, err := os.ReadFile(filepath.Join(folder, "values", release.Values))
			if err != nil {
				t.Error(err)
			}
			values := map[string]any{}
			if err := yaml.UnmarshalStrict(content, &values); err != nil {
				t.Errorf("%s: %v", release.Values, err)
			}
		}
		if len(part.Images) == 0 {
			t.Errorf("%s does not say where its images come from", part.Name)
		}
	}
}

func read(t *testing.T, content string) (*Pins, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pins.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path)
}

const sound = `
parts:
  - name: a
    product: A
    images: []
    releases:
      - {name: one, namespace: a, repository: "https://example.org", chart: one, version: 1.2.3, digest: unknown}
`

func TestEachMistakeInThePinsIsNamed(t *testing.T) {
	if _, err := read(t, sound); err != nil {
		t.Fatal(err)
	}
	for change, expected := range map[[2]string]string{
		{"version: 1.2.3", "version: 1"}:                             "the version must be exact",
		{"version: 1.2.3", `version: ">=1.2.3"`}:                     "the version must be exact",
		{"digest: unknown", "digest: abc"}:                           "the digest must be",
		{"https://example.org", "http://example.org"}:                "the repository must be",
		{"namespace: a,", "namespace: a, typo: 1,"}:                  "typo",
		{"    product: A\n", "    product: A\n    needs: [b]\n"}:     "needs b, which does not come before it",
		{"digest: unknown}", "digest: unknown, kubernetes: newest}"}: "no range of versions",
	} {
		if _, err := read(t, strings.Replace(sound, change[0], change[1], 1)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%v: %v", change, err)
		}
	}
}

func TestPartsBringWhatTheyNeedAndTakeWhatNeedsThemAlong(t *testing.T) {
	pinned := &Pins{Parts: []Part{{Name: "ingress"}, {Name: "mesh"}, {Name: "metrics", Needs: []string{"mesh"}}, {Name: "traces"}}}
	names := func(parts []Part, err error) string {
		if err != nil {
			return err.Error()
		}
		all := []string{}
		for _, part := range parts {
			all = append(all, part.Name)
		}
		return strings.Join(all, " ")
	}
	for asked, expected := range map[string]string{
		"": "ingress mesh metrics traces", "metrics": "mesh metrics", "metrics ingress": "ingress mesh metrics",
		"nothing": `there is no part "nothing"; there are ingress, mesh, metrics, traces`,
	} {
		if got := names(pinned.Choose(strings.Fields(asked))); got != expected {
			t.Errorf("install %q: %s", asked, got)
		}
	}
	for asked, expected := range map[string]string{"": "traces metrics mesh ingress", "mesh": "metrics mesh", "ingress": "ingress"} {
		if got := names(pinned.ChooseToRemove(strings.Fields(asked))); got != expected {
			t.Errorf("remove %q: %s", asked, got)
		}
	}
	if !slices.Equal(pinned.names(), []string{"ingress", "mesh", "metrics", "traces"}) {
		t.Error("choosing changed the pins")
	}
}
