// Package parts installs the chosen parts one after another, and removes them: each step is decided by what the cluster has,
// so that a run after a crash goes on where the last one stopped, and a run with nothing to do changes nothing.
package parts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"seaworthy/deploy/cluster/internal/charts"
	"seaworthy/deploy/cluster/internal/identity"
	"seaworthy/deploy/cluster/internal/lock"
	"seaworthy/deploy/cluster/internal/objects"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/preflight"
	"seaworthy/deploy/cluster/internal/releases"
	"seaworthy/deploy/cluster/internal/standins"
	"seaworthy/deploy/cluster/internal/tools"
)

// Installer has what every step needs.
type Installer struct {
	// Folder has values/ and objects/.
	Folder string
	Lock   *lock.Lock
	Charts *charts.Store
	Run    tools.Run
	// Local is the local cluster, or nil.
	Local   *standins.Cluster
	Timeout time.Duration
	Out     io.Writer
	Now     func() time.Time
}

// Step is one release and what is to be done to it.
type Step struct {
	Part    pins.Part
	Release pins.Release
	Chart   *charts.Chart
	Action  releases.Action
	Values  []string
	Content string
}

func (s Step) String() string {
	return fmt.Sprintf("%s: %s %s in namespace %s: %s", s.Part.Name, s.Release.Name, s.Release.Version, s.Release.Namespace, s.Action)
}

// wanted leaves out what the local cluster has from its start.
func (i *Installer) wanted(part pins.Part) []pins.Release {
	var wanted []pins.Release
	for _, release := range part.Releases {
		if i.Local == nil || release.Local != "has" {
			wanted = append(wanted, release)
		}
	}
	return wanted
}

// isInLocal says so of a part of which the local cluster has all.
func (i *Installer) isInLocal(part pins.Part) bool {
	if len(i.wanted(part)) > 0 {
		return false
	}
	i.say("%s: the local cluster has %s", part.Name, part.Product)
	return true
}

// Preflight lists all that is missing.
func (i *Installer) Preflight(ctx context.Context, chosen []pins.Part) (faults []string) {
	version, err := preflight.Version(ctx, i.Run)
	if err != nil {
		// Nothing else can be asked.
		return []string{err.Error()}
	}
	if fault := preflight.Rights(ctx, i.Run); fault != "" {
		faults = append(faults, fault)
	}
	for _, part := range chosen {
		for _, release := range i.wanted(part) {
			if err := i.Lock.CheckKnown(release); err != nil {
				faults = append(faults, err.Error())
			}
			accepted := release.Kubernetes
			if chart := i.Charts.Find(release); chart != nil && chart.Kubernetes != "" {
				accepted = chart.Kubernetes
			}
			if fault := preflight.Kubernetes(release, accepted, version); fault != "" {
				faults = append(faults, fault)
			}
			state, err := releases.Find(ctx, i.Run, release)
			if err == nil {
				_, err = releases.Decide(release, state, "")
			}
			if err != nil {
				faults = append(faults, err.Error())
			}
		}
	}
	var sources []preflight.Source
	for _, part := range chosen {
		missing := slices.DeleteFunc(i.wanted(part), func(release pins.Release) bool { return i.Charts.Find(release) != nil })
		if len(i.wanted(part)) > 0 {
			sources = preflight.Sources(sources, part, missing)
		}
	}
	return append(faults, preflight.Unreachable(ctx, sources, preflight.Bound)...)
}

// values writes what the charts want beside their files of values/ into a scratch folder, and lists all files.
func (i *Installer) values(ctx context.Context, release pins.Release, scratch string, isDry bool) ([]string, error) {
	var files []string
	if release.Values != "" {
		files = append(files, filepath.Join(i.Folder, "values", release.Values))
	}
	if release.NetworkPlugin && i.Local != nil {
		config := filepath.Join(i.Local.Dir, "config")
		content := fmt.Sprintf("destCNINetDir: %s\ndestCNIBinDir: %s\n", filepath.Join(config, "network"), filepath.Join(config, "network-plugins"))
		file := filepath.Join(scratch, release.Name+"-node.yaml")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if !release.Identity {
		return files, nil
	}
	own, err := identity.Find(ctx, i.Run, release.Namespace)
	if err == nil && !isDry {
		own, err = identity.Ensure(ctx, i.Run, release.Namespace, i.Now())
	}
	if err != nil || own == nil {
		return files, err
	}
	content, err := own.Values()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(scratch, release.Name+"-identity.yaml")
	return append(files, file), os.WriteFile(file, content, 0o600)
}

// decide makes the step of one release.
func (i *Installer) decide(ctx context.Context, part pins.Part, release pins.Release, scratch string, isDry bool) (Step, error) {
	step := Step{Part: part, Release: release, Chart: i.Charts.Find(release)}
	state, err := releases.Find(ctx, i.Run, release)
	if err != nil {
		return step, err
	}
	if step.Values, err = i.values(ctx, release, scratch, isDry); err != nil {
		return step, err
	}
	if step.Content, err = fingerprint(step.Chart, step.Values); err != nil {
		return step, err
	}
	step.Action, err = releases.Decide(release, state, step.Content)
	return step, err
}

// fingerprint changes with the chart and with every value.
func fingerprint(chart *charts.Chart, values []string) (string, error) {
	sum := sha256.New()
	if chart != nil {
		fmt.Fprintln(sum, chart.Digest)
	}
	for _, path := range values {
		content, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(path), len(content), content)
	}
	return hex.EncodeToString(sum.Sum(nil))[:32], nil
}

// readObjects reads a file of objects/; no name is no objects.
func (i *Installer) readObjects(name string) ([]objects.Object, error) {
	if name == "" {
		return nil, nil
	}
	return objects.Read(filepath.Join(i.Folder, "objects", name))
}

func (i *Installer) say(format string, arguments ...any) {
	fmt.Fprintf(i.Out, format+"\n", arguments...)
}
