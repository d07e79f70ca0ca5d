// Package provisioning keeps data sources and dashboards as files say.
package provisioning

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
)

// Provisioning reads the files below one folder.
type Provisioning struct {
	Folder      string
	DataSources *datasources.DataSources
	Dashboards  *dashboards.Dashboards

	lock sync.Mutex
	stop func()
}

// Start reads all of it, and then follows the dashboards' files. It says what of the folder is not obeyed.
func (p *Provisioning) Start() error {
	for _, kind := range []string{"alerting", "plugins", "access-control"} {
		for _, name := range p.files(kind) {
			slog.Error("provisioning file ignored", "file", name,
				"reason", "this stand-in for Grafana has no "+kind+" files; write alert rules in Prometheus")
		}
	}
	if err := p.ReloadDataSources(); err != nil {
		return fmt.Errorf("data sources: %w", err)
	}
	if err := p.ReloadDashboards(); err != nil {
		return fmt.Errorf("dashboards: %w", err)
	}
	return nil
}

// dataSourceFile is one file of the folder datasources.
type dataSourceFile struct {
	Prune       bool                      `json:"prune"`
	DataSources []datasources.Provisioned `json:"datasources"`
	Deletions   []struct {
		Name string `json:"name"`
	} `json:"deleteDatasources"`
}

// ReloadDataSources obeys the files anew: all of them, or none where one is wrong.
func (p *Provisioning) ReloadDataSources() error {
	var all []datasources.Provisioned
	var deletions []string
	for _, name := range p.files("datasources") {
		var file dataSourceFile
		if err := readFile(name, &file); err != nil {
			return err
		}
		if file.Prune {
			return fmt.Errorf("%s: this stand-in for Grafana does not know prune: name what is to go in deleteDatasources", name)
		}
		for _, deletion := range file.Deletions {
			deletions = append(deletions, deletion.Name)
		}
		for _, one := range file.DataSources {
			if one.OrgID > 1 {
				return fmt.Errorf("%s: data source %q: %w", name, one.Name, errOrganisation)
			}
			all = append(all, one)
		}
	}
	return p.DataSources.Provision(all, deletions)
}

var errOrganisation = errors.New("this stand-in for Grafana has one organisation, of the number 1")

// files lists the YAML files directly inside a folder. One that cannot be read is no reason to stop.
func (p *Provisioning) files(kind string) []string {
	folder := filepath.Join(p.Folder, kind)
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		slog.Error("provisioning folder not read", "folder", folder, "error", err)
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
			names = append(names, filepath.Join(folder, name))
		}
	}
	return names
}

// readFile decodes one file with its variables replaced, in values but not in keys.
func readFile(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var document map[string]any
	if err := yaml.Unmarshal(content, &document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	// Without a version it is of the oldest form, which is a different one.
	if version := fmt.Sprint(document["apiVersion"]); version != "1" {
		return fmt.Errorf("%s: apiVersion is %s: this stand-in for Grafana knows the form of apiVersion: 1", path, version)
	}
	expanded, err := expandAll(document)
	if err == nil {
		content, err = json.Marshal(expanded)
	}
	if err == nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func expandAll(value any) (any, error) {
	var err error
	switch found := value.(type) {
	case string:
		return expand(found)
	case []any:
		for at := range found {
			if found[at], err = expandAll(found[at]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range found {
			if found[key], err = expandAll(found[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

var reference = regexp.MustCompile(`\$\$|\$__(env|file)\{([^}]*)\}|\$\{(\w+)\}|\$(\w+)`)

// expand replaces `$NAME`, `${NAME}`, `$__env{NAME}` and `$__file{PATH}`, and `$$` by a dollar. What it puts in stays as it is.
func expand(text string) (string, error) {
	var failed error
	expanded := reference.ReplaceAllStringFunc(text, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		switch {
		case found == "$$":
			return "$"
		case parts[1] == "file":
			content, err := os.ReadFile(parts[2])
			failed = errors.Join(failed, err)
			return strings.TrimSpace(string(content))
		}
		return os.Getenv(parts[2] + parts[3] + parts[4])
	})
	return expanded, failed
}
