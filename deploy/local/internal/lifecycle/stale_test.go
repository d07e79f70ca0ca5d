package lifecycle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/progress"
)

// known leaves what the adding of a part leaves, its objects too unless it never came so far.
func known(t *testing.T, folder layout.Layout, name, source string) {
	t.Helper()
	if err := os.MkdirAll(folder.Parts(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := progress.NewReporter(folder.PartStatus(name), &strings.Builder{}, 3).Finish(""); err != nil {
		t.Fatal(err)
	}
	if source == "" {
		return
	}
	for path, content := range map[string]string{folder.PartSource(name): source + "\n", folder.PartObjects(name): "[]\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPartsOfAnEarlierOrderAreStaleAndWhatSomebodyAddedIsNot(t *testing.T) {
	folder, cache := layout.Layout{Dir: t.TempDir()}, t.TempDir()
	known(t, folder, "mesh", filepath.Join(cache, "part-mesh-1"))
	known(t, folder, "old", filepath.Join(cache, "part-old-1"))
	known(t, folder, "own", t.TempDir())
	known(t, folder, "half", "")
	stale, err := staleParts(folder, Resources{Built: cache, Parts: []string{"mesh", "ingress"}})
	slices.Sort(stale)
	if err != nil || !slices.Equal(stale, []string{"half", "old"}) {
		t.Errorf("%v, %v", stale, err)
	}
	if stale, err := staleParts(folder, Resources{Built: cache}); err != nil || len(stale) != 0 {
		t.Errorf("without an order: %v, %v", stale, err)
	}
}

func TestTheStatusNamesNoPartThatIsGone(t *testing.T) {
	folder := layout.Layout{Dir: t.TempDir()}
	known(t, folder, "mesh", "/built/part-mesh-1")
	known(t, folder, "gone", "")
	var out strings.Builder
	if err := printParts(folder, &out); err != nil || !strings.Contains(out.String(), "mesh") || strings.Contains(out.String(), "gone") {
		t.Errorf("%s, %v", out.String(), err)
	}
}
