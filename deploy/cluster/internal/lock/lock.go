// Package lock remembers the digest that each chart had when it was first fetched, and refuses another.
package lock

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/cluster/internal/pins"
)

const heading = `# The SHA-256 of each chart's archive as it was first fetched, by its address and version. Written by deploy/cluster/install;
# commit it, so that everybody gets the same charts. A chart with another digest is refused.
`

// Lock is the file lock.yaml.
type Lock struct {
	path    string
	digests map[string]string
	// strict refuses what has no recorded digest.
	strict bool
}

// Read reads the file; where there is none, nothing is recorded yet.
func Read(path string, strict bool) (*Lock, error) {
	lock := &Lock{path: path, digests: map[string]string{}, strict: strict}
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return lock, nil
	}
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(content, &lock.digests); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return lock, nil
}

// Mismatch says that a chart is not the one that was pinned or met before.
type Mismatch struct{ Chart, Expected, Met, Where string }

func (m *Mismatch) Error() string {
	return fmt.Sprintf("the chart %s has the digest %s, but %s says %s: it was changed, and is refused", m.Chart, m.Met, m.Where, m.Expected)
}

// Expected is the digest that the chart must have, and which file says so; "" when nobody knows yet.
func (l *Lock) Expected(release pins.Release) (digest, where string) {
	if release.Digest != pins.Unknown {
		return release.Digest, "pins.yaml"
	}
	if digest := l.digests[release.ID()]; digest != "" {
		return digest, filepath.Base(l.path)
	}
	return "", ""
}

// CheckKnown refuses, before anything is fetched, what has no recorded digest where that is asked for, and a lock that
// contradicts a pin.
func (l *Lock) CheckKnown(release pins.Release) error {
	expected, _ := l.Expected(release)
	if expected == "" && l.strict {
		return fmt.Errorf("%s has no recorded digest, neither in pins.yaml nor in %s, and --locked refuses it", release.ID(), filepath.Base(l.path))
	}
	if locked := l.digests[release.ID()]; locked != "" && locked != expected {
		return fmt.Errorf("%s: pins.yaml says the digest %s, but %s says %s: one of them is wrong", release.ID(), expected, filepath.Base(l.path), locked)
	}
	return nil
}

// Check takes the digest that a chart was met with: the expected one passes, another is refused, the first one is recorded.
func (l *Lock) Check(release pins.Release, met string) error {
	if err := l.CheckKnown(release); err != nil {
		return err
	}
	expected, where := l.Expected(release)
	switch {
	case expected == met:
		return nil
	case expected != "":
		return &Mismatch{Chart: release.ID(), Expected: expected, Met: met, Where: where}
	}
	l.digests[release.ID()] = met
	return l.write()
}

// write replaces the file in one step, so that a crash leaves the old one or the new one.
func (l *Lock) write() error {
	content, err := yaml.Marshal(l.digests)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(l.path), ".lock-*")
	if err != nil {
		return fmt.Errorf("the digest cannot be recorded in %s: %w", l.path, err)
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(heading + string(content))
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(file.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(file.Name(), l.path)
	}
	return err
}
