package datasources

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Provisioned is a data source of a file.
type Provisioned struct {
	Input
	OrgID    int  `json:"orgId"`
	Editable bool `json:"editable"`
}

// Provision obeys the files: all of what they say, or nothing. What they delete by name goes first.
func (d *DataSources) Provision(files []Provisioned, deletions []string) error {
	defaults := 0
	for _, one := range files {
		if one.IsDefault {
			defaults++
		}
	}
	if defaults > 1 {
		return errors.New("datasource.yaml config is invalid. Only one datasource per organization can be marked as default")
	}
	return d.file.Write(func(data *stored) error {
		data.DataSources = slices.DeleteFunc(data.DataSources, func(one *DataSource) bool { return slices.Contains(deletions, one.Name) })
		for _, file := range files {
			if err := data.provision(file); err != nil {
				return fmt.Errorf("data source %q: %w", file.Name, err)
			}
		}
		return nil
	})
}

func (s *stored) provision(file Provisioned) error {
	one := store.Find(s.DataSources, func(other *DataSource) bool { return other.Name == file.Name })
	switch {
	case one == nil && file.UID == "":
		// The uid follows from the name, so that dashboards can name it before it is there.
		sum := sha256.Sum256([]byte(file.Name))
		file.UID = fmt.Sprintf("P%X", sum[:8])
	case one != nil && file.Version != 0 && file.Version < one.Version:
		slog.Warn("data source not provisioned", "name", file.Name, "reason", "its version is older than the stored one")
		return nil
	}
	// In a file every other way of access means this one.
	file.Access = "proxy"
	one, err := s.save(one, file.Input)
	if err != nil {
		return err
	}
	one.ReadOnly = !file.Editable
	if file.Version != 0 {
		one.Version = file.Version
	}
	return nil
}
