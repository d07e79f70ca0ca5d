package lock

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seaworthy/deploy/cluster/internal/pins"
)

var (
	one   = strings.Repeat("1", 64)
	other = strings.Repeat("2", 64)
)

func release(digest string) pins.Release {
	return pins.Release{Repository: "https://example.org/", Chart: "a", Version: "1.0.0", Digest: digest}
}

func read(t *testing.T, path string, strict bool) *Lock {
	t.Helper()
	lock, err := Read(path, strict)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func TestTheFirstDigestIsRecordedAndAnotherIsRefusedFromThenOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.yaml")
	if err := read(t, path, false).Check(release(pins.Unknown), one); err != nil {
		t.Fatal(err)
	}
	lock := read(t, path, true)
	if err := lock.Check(release(pins.Unknown), one); err != nil {
		t.Errorf("the recorded digest is refused: %v", err)
	}
	err := lock.Check(release(pins.Unknown), other)
	var mismatch *Mismatch
	if !errors.As(err, &mismatch) || mismatch.Where != "lock.yaml" {
		t.Errorf("another digest passed: %v", err)
	}
	if expected, _ := read(t, path, false).Expected(release(pins.Unknown)); expected != one {
		t.Errorf("the refused digest was recorded: %s", expected)
	}
	moved := release(pins.Unknown)
	moved.Repository = "https://elsewhere.example"
	if err := lock.CheckKnown(moved); err == nil {
		t.Error("a chart of another repository has the first one's digest")
	}
}

func TestAPinnedDigestIsNeverReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.yaml")
	lock := read(t, path, false)
	if err := lock.Check(release(one), other); err == nil {
		t.Error("another digest than the pinned one passed")
	}
	if err := lock.Check(release(one), one); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a pinned digest was recorded once more: %v", err)
	}
}

func TestLockedRefusesWhatNobodyRecorded(t *testing.T) {
	lock := read(t, filepath.Join(t.TempDir(), "lock.yaml"), true)
	if err := lock.Check(release(pins.Unknown), one); err == nil || !strings.Contains(err.Error(), "--locked") {
		t.Errorf("%v", err)
	}
	if err := lock.CheckKnown(release(one)); err != nil {
		t.Error(err)
	}
}

func TestALockThatContradictsAPinIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.yaml")
	if err := os.WriteFile(path, []byte(release(one).ID()+": "+other+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := read(t, path, false).CheckKnown(release(one)); err == nil || !strings.Contains(err.Error(), "one of them is wrong") {
		t.Errorf("%v", err)
	}
}
