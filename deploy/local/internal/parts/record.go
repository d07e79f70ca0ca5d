package parts

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/progress"
)

// LoadApplied gives the objects that the part's last version applied.
func LoadApplied(folder layout.Layout, name string) ([]kubeapi.Reference, error) {
	content, err := os.ReadFile(folder.PartObjects(name))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var references []kubeapi.Reference
	if err := json.Unmarshal(content, &references); err != nil {
		return nil, fmt.Errorf("%s is not a list of objects: %w", folder.PartObjects(name), err)
	}
	return references, nil
}

// SaveApplied records them, before they are applied, so that a crash leaves no object that nobody knows of.
func SaveApplied(folder layout.Layout, name string, references []kubeapi.Reference) error {
	content, err := json.MarshalIndent(references, "", "  ")
	if err != nil {
		return err
	}
	return layout.WriteFile(folder.PartObjects(name), append(content, '\n'), 0o644)
}

// Union lists what is in either list, once.
func Union(one, other []kubeapi.Reference) []kubeapi.Reference {
	all := slices.Clone(one)
	for _, reference := range other {
		if !slices.Contains(all, reference) {
			all = append(all, reference)
		}
	}
	return all
}

// Status is how far one part is.
type Status struct {
	Name string
	progress.Status
}

// ListStatuses reads the status file of each part, in order of when they began.
func ListStatuses(folder layout.Layout) ([]Status, error) {
	paths, err := filepath.Glob(filepath.Join(folder.Parts(), "*.status.json"))
	if err != nil {
		return nil, err
	}
	var statuses []Status
	for _, path := range paths {
		status, err := progress.Read(path)
		if err != nil {
			return nil, err
		}
		if status != nil {
			name := strings.TrimSuffix(filepath.Base(path), ".status.json")
			statuses = append(statuses, Status{Name: name, Status: *status})
		}
	}
	slices.SortFunc(statuses, func(one, other Status) int { return int(one.StartedAt - other.StartedAt) })
	return statuses, nil
}
