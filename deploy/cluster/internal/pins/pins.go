// Package pins reads pins.yaml: what is installed, from where, in which version, and the digest that its chart must have.
package pins

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/yaml"
)

// Unknown is the digest of a chart that nobody could read when it was pinned: the one that is met first is locked.
const Unknown = "unknown"

var digestPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Pins is the whole file, in the order in which it is installed.
type Pins struct {
	Parts []Part `json:"parts"`
}

// Part is something that a lab can require, or that the platform's staff look at.
type Part struct {
	Name    string `json:"name"`
	Product string `json:"product"`
	// Needs are parts that must be there first.
	Needs []string `json:"needs,omitempty"`
	// StandIns are the parts of the local cluster whose place it takes.
	StandIns []string `json:"stand_ins,omitempty"`
	// Before and After are files of objects/ that are applied around the releases.
	Before   string    `json:"before,omitempty"`
	After    string    `json:"after,omitempty"`
	Releases []Release `json:"releases"`
	// Images are the hosts that the nodes pull from.
	Images []string `json:"images"`
	// PodImages are prefixes of the images that it adds to other people's pods.
	PodImages []string `json:"pod_images,omitempty"`
}

// Release is one chart, installed once.
type Release struct {
	Name       string `json:"name"`
	Namespace  string `json:"namespace"`
	Repository string `json:"repository"`
	Chart      string `json:"chart"`
	Version    string `json:"version"`
	// Digest is the SHA-256 of the chart's archive, or "unknown".
	Digest string `json:"digest"`
	// Values is a file of values/.
	Values string `json:"values,omitempty"`
	// Kubernetes is the range of versions that the chart is for, as it says itself.
	Kubernetes string `json:"kubernetes,omitempty"`
	// Definitions are resource definitions alone: with them everybody's objects would go, so that they are kept.
	Definitions bool `json:"definitions,omitempty"`
	// Local says what of it the local cluster has from its start: "has" leaves the release out there.
	Local string `json:"local,omitempty"`
	// Identity marks the release that wants Linkerd's trust anchor and issuer.
	Identity bool `json:"identity,omitempty"`
	// NetworkPlugin marks the release that wants to know where the node keeps its network plugins.
	NetworkPlugin bool `json:"network_plugin,omitempty"`
}

// ID names the chart in the lock.
func (r Release) ID() string {
	return strings.TrimSuffix(r.Repository, "/") + "/" + r.Chart + "@" + r.Version
}

// Archive is the name of the chart's file.
func (r Release) Archive() string { return r.Chart + "-" + r.Version + ".tgz" }

// Read reads and checks the file.
func Read(path string) (*Pins, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	read := &Pins{}
	if err := yaml.UnmarshalStrict(content, read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if faults := read.faults(); len(faults) > 0 {
		return nil, fmt.Errorf("%s: %s", path, strings.Join(faults, "; "))
	}
	return read, nil
}

func (p *Pins) faults() []string {
	var faults []string
	add := func(format string, arguments ...any) { faults = append(faults, fmt.Sprintf(format, arguments...)) }
	var names, releases []string
	for _, part := range p.Parts {
		if part.Name == "" || part.Product == "" {
			add("a part needs a name and a product")
		}
		if slices.Contains(names, part.Name) {
			add("the part %s is listed twice", part.Name)
		}
		for _, need := range part.Needs {
			if !slices.Contains(names, need) {
				add("%s needs %s, which does not come before it", part.Name, need)
			}
		}
		names = append(names, part.Name)
		for _, release := range part.Releases {
			for _, fault := range release.faults() {
				add("%s: %s", release.Name, fault)
			}
			id := release.Namespace + "/" + release.Name
			if slices.Contains(releases, id) {
				add("the release %s is listed twice", id)
			}
			releases = append(releases, id)
		}
	}
	return faults
}

func (r Release) faults() []string {
	var faults []string
	if r.Name == "" || r.Namespace == "" || r.Chart == "" {
		faults = append(faults, "a release needs a name, a namespace and a chart")
	}
	if !strings.HasPrefix(r.Repository, "https://") && !strings.HasPrefix(r.Repository, "oci://") && !isLoopback(r.Repository) {
		faults = append(faults, fmt.Sprintf("the repository must be https:// or oci://, not %q", r.Repository))
	}
	if _, err := semver.StrictNewVersion(r.Version); err != nil {
		faults = append(faults, fmt.Sprintf("the version must be exact, such as 1.2.3, not %q", r.Version))
	}
	if r.Digest != Unknown && !digestPattern.MatchString(r.Digest) {
		faults = append(faults, fmt.Sprintf("the digest must be 64 hexadecimal digits or %q, not %q", Unknown, r.Digest))
	}
	if _, err := semver.NewConstraint(r.Kubernetes); r.Kubernetes != "" && err != nil {
		faults = append(faults, fmt.Sprintf("kubernetes is no range of versions: %q", r.Kubernetes))
	}
	if r.Local != "" && r.Local != "has" {
		faults = append(faults, fmt.Sprintf("local is \"has\" or left out, not %q", r.Local))
	}
	return faults
}

// isLoopback allows what a test serves on the machine itself.
func isLoopback(repository string) bool {
	return strings.HasPrefix(repository, "http://127.0.0.1:")
}

// Choose gives the named parts and what they need, in the order of the file; all of them when none is named.
func (p *Pins) Choose(names []string) ([]Part, error) {
	if len(names) == 0 {
		return p.Parts, nil
	}
	wanted := map[string]bool{}
	var want func(name string) error
	want = func(name string) error {
		at := slices.IndexFunc(p.Parts, func(part Part) bool { return part.Name == name })
		if at < 0 {
			return fmt.Errorf("there is no part %q; there are %s", name, strings.Join(p.names(), ", "))
		}
		wanted[name] = true
		for _, need := range p.Parts[at].Needs {
			if err := want(need); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range names {
		if err := want(name); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(p.Parts), func(part Part) bool { return !wanted[part.Name] }), nil
}

// ChooseToRemove gives the named parts and what needs them, in the order in which they go.
func (p *Pins) ChooseToRemove(names []string) ([]Part, error) {
	if _, err := p.Choose(names); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	var chosen []Part
	for _, part := range p.Parts {
		needsOne := slices.ContainsFunc(part.Needs, func(need string) bool { return wanted[need] })
		if len(names) == 0 || slices.Contains(names, part.Name) || needsOne {
			wanted[part.Name] = true
			chosen = append(chosen, part)
		}
	}
	slices.Reverse(chosen)
	return chosen, nil
}

func (p *Pins) names() []string {
	var names []string
	for _, part := range p.Parts {
		names = append(names, part.Name)
	}
	return names
}
