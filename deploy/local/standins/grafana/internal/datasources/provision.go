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
	ReadOnly bool
	// Prune removes it once no file names it any more.
	Prune bool
}

// Provision is what all files together say.
type Provision struct {
	DataSources []Provisioned
	Deletions   []string
}

// provisionedUID follows from the name, so that dashboards can name it before it is there.
func provisionedUID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("P%X", sum[:8])
}

// Provision obeys the files: all of what they say, or nothing.
func (d *DataSources) Provision(files Provision) error {
	defaults := 0
	for _, one := range files.DataSources {
		if one.IsDefault {
			defaults++
		}
	}
	if defaults > 1 {
		return errors.New("datasource.yaml config is invalid. Only one datasource per organization can be marked as default")
	}
	return d.store.Write(func(tx *store.Tx) error {
		if err := d.prune(tx, files); err != nil {
			return err
		}
		for _, one := range files.DataSources {
			if err := d.provision(tx, one); err != nil {
				return fmt.Errorf("data source %q: %w", one.Name, err)
			}
		}
		return nil
	})
}

// prune removes what the files delete by name, and what they made, do not name any more, and said to prune.
func (d *DataSources) prune(tx *store.Tx, files Provision) error {
	return table.DeleteAll(tx, func(_ string, one *DataSource) bool {
		isNamed := slices.ContainsFunc(files.DataSources, func(other Provisioned) bool { return other.Name == one.Name })
		return slices.Contains(files.Deletions, one.Name) || (one.Prune && !isNamed)
	})
}

func (d *DataSources) provision(tx *store.Tx, file Provisioned) error {
	one, err := table.Find(tx, func(other *DataSource) bool { return other.Name == file.Name })
	if err != nil {
		return err
	}
	switch {
	case one == nil:
		one = &DataSource{}
		if file.UID == "" {
			file.UID = provisionedUID(file.Name)
		}
	case file.Version != 0 && file.Version < one.Version:
		slog.Warn("data source not provisioned", "name", file.Name, "reason", "its version is older than the stored one")
		return nil
	default:
		one.Password = ""
	}
	one.ReadOnly, one.Prune = file.ReadOnly, file.Prune
	if err := d.save(tx, one, file.Input); err != nil {
		return err
	}
	if file.Version != 0 {
		one.Version = file.Version
	}
	return table.Put(tx, one.UID, one)
}
