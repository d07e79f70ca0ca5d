// Package provisioning keeps data sources and dashboards as files say.
package provisioning

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/settings"
)

// Provisioning reads the files below one folder.
type Provisioning struct {
	Folder      string
	DataSources *datasources.DataSources
	Dashboards  *dashboards.Dashboards

	lock      sync.Mutex
	providers []*provider
	stop      func()
}

// Start reads all of it, and then follows the dashboards' files. It says what of the folder is not obeyed.
func (p *Provisioning) Start() error {
	for _, kind := range []string{"alerting", "plugins", "access-control"} {
		names, err := p.files(kind)
		if err != nil {
			return err
		}
		for _, name := range names {
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

// files lists the YAML files directly inside a folder. One that cannot be read is no reason to stop.
func (p *Provisioning) files(kind string) ([]string, error) {
	folder := filepath.Join(p.Folder, kind)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		slog.Error("provisioning folder not read", "folder", folder, "error", err)
		return nil, nil
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
			names = append(names, filepath.Join(folder, name))
		}
	}
	sort.Strings(names)
	return names, nil
}

// readFile decodes one file with its variables replaced, in values but not in keys.
func readFile(path string, into any) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var document any
	if content, err = yaml.YAMLToJSON(content); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if document, err = expand(document); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if content, err = json.Marshal(document); err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func expand(value any) (any, error) {
	var err error
	switch found := value.(type) {
	case string:
		return settings.ExpandAll(found)
	case []any:
		for at := range found {
			if found[at], err = expand(found[at]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range found {
			if found[key], err = expand(found[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// version checks the version of a file's form. Without one it is of the oldest, which is a different form.
func checkVersion(path string, version loose[int]) error {
	if version.value != 1 {
		return fmt.Errorf("%s: apiVersion is %d: this stand-in for Grafana knows the form of apiVersion: 1", path, version.value)
	}
	return nil
}

// loose reads a number or a truth value that a variable gave as text.
type loose[T int | bool] struct {
	value T
	given bool
}

func (l *loose[T]) UnmarshalJSON(content []byte) error {
	text := strings.Trim(string(content), `"`)
	if text == "" || text == "null" {
		return nil
	}
	l.given = true
	return json.Unmarshal([]byte(text), &l.value)
}
