package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/prerequisites"
)

func TestEachVerbTakesItsOwnFlagsOnly(t *testing.T) {
	v, err := read("down", []string{"--dir", "/x", "--purge"})
	if err != nil || v.dir != "/x" || !v.purge {
		t.Errorf("got %+v, %v", v, err)
	}
	if v, err := read("up", nil); err != nil || v.dir != layout.DefaultDir {
		t.Errorf("got %+v, %v", v, err)
	}
	for _, wrong := range [][]string{{"up", "--purge"}, {"up", "extra"}, {"load-image"}, {"add"}, {"add", "ingress"}, {"remove"}, {"remove", "a", "b"}, {"dance"}, {"status", "--dir"}} {
		if _, err := read(wrong[0], wrong[1:]); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

func TestExitCodesTellFailureFromAnUnsupportedMachine(t *testing.T) {
	if code := exitCode(&prerequisites.Unsupported{Missing: []string{"it needs root"}}); code != exitUnsupported {
		t.Errorf("got %d", code)
	}
	if code := exitCode(errors.New("port taken")); code != exitFailed {
		t.Errorf("got %d", code)
	}
}

func TestHelpNamesEveryVerbAndAWrongOneIsAnError(t *testing.T) {
	var out, faults bytes.Buffer
	if code := Run(nil, &out, &faults); code != exitDone {
		t.Errorf("got %d", code)
	}
	for _, name := range []string{"up", "down", "status", "load-image", "add", "remove", "kubectl"} {
		if !strings.Contains(out.String(), "seaworthy-cluster "+name) {
			t.Errorf("help does not mention %s", name)
		}
	}
	if code := Run([]string{"dance"}, &out, &faults); code != exitUsage || !strings.Contains(faults.String(), "dance") {
		t.Errorf("got %d, %s", code, faults.String())
	}
}
