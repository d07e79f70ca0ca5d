// Package datasources keeps the data sources: Prometheus servers to query.
package datasources

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// DataSource is one of them.
type DataSource struct {
	ID        int64           `json:"id"`
	UID       string          `json:"uid"`
	Name      string          `json:"name"`
	Type      string          `json:"type"`
	Access    string          `json:"access"`
	URL       string          `json:"url"`
	IsDefault bool            `json:"isDefault"`
	JSONData  json.RawMessage `json:"jsonData"`
	Version   int             `json:"version"`
	ReadOnly  bool            `json:"readOnly"`
}

type stored struct {
	LastID      int64         `json:"lastId"`
	DataSources []*DataSource `json:"dataSources"`
}

// DataSources is the service.
type DataSources struct{ file *store.File[stored] }

// Open reads those of a data folder.
func Open(folder string) (*DataSources, error) {
	file, err := store.Open[stored](folder, "datasources.json")
	return &DataSources{file: file}, err
}

// List gives all, by name.
func (d *DataSources) List() []*DataSource {
	all := slices.Clone(d.file.Read().DataSources)
	sort.Slice(all, func(i, j int) bool { return strings.ToLower(all[i].Name) < strings.ToLower(all[j].Name) })
	return all
}

var errNotFound = problem.New(http.StatusNotFound, "Data source not found")

// Get gives the first that a function accepts.
func (d *DataSources) Get(accept func(*DataSource) bool) (*DataSource, error) {
	return need(d.file.Read(), accept)
}

func need(data *stored, accept func(*DataSource) bool) (*DataSource, error) {
	if one := store.Find(data.DataSources, accept); one != nil {
		return one, nil
	}
	return nil, errNotFound
}

func hasUID(uid string) func(*DataSource) bool {
	return func(one *DataSource) bool { return one.UID == uid }
}

// Add makes a new one.
func (d *DataSources) Add(input Input) (one *DataSource, err error) {
	err = d.file.Write(func(data *stored) error {
		one, err = data.save(nil, input)
		return err
	})
	return one, err
}

// Update replaces what is said of one.
func (d *DataSources) Update(uid string, input Input) (one *DataSource, err error) {
	err = d.file.Write(func(data *stored) error {
		one, err = need(data, hasUID(uid))
		switch {
		case err != nil:
			return err
		case one.ReadOnly:
			return problem.New(http.StatusForbidden, "Cannot update read-only data source")
		case input.Version != 0 && input.Version < one.Version:
			return problem.New(http.StatusConflict, "Datasource has already been updated by someone else. Please reload and try again")
		}
		_, err = data.save(one, input)
		return err
	})
	return one, err
}

// Delete removes one.
func (d *DataSources) Delete(uid string) (one *DataSource, err error) {
	err = d.file.Write(func(data *stored) error {
		if one, err = need(data, hasUID(uid)); err != nil {
			return err
		}
		if one.ReadOnly {
			return problem.New(http.StatusForbidden, "Cannot delete read-only data source")
		}
		data.DataSources = slices.DeleteFunc(data.DataSources, hasUID(uid))
		return nil
	})
	return one, err
}

// save writes the input over a data source, or over a new one where there is none.
func (s *stored) save(one *DataSource, input Input) (*DataSource, error) {
	if err := input.check(); err != nil {
		return nil, err
	}
	for _, other := range s.DataSources {
		switch {
		case other == one:
		case other.Name == input.Name:
			return nil, problem.New(http.StatusConflict, "data source with the same name already exists")
		case other.UID == input.UID:
			return nil, problem.New(http.StatusConflict, "data source with the same uid already exists")
		case input.IsDefault:
			other.IsDefault = false
		}
	}
	if one == nil {
		s.LastID++
		one = &DataSource{ID: s.LastID, UID: store.NewUID(), Type: input.Type, Access: "proxy"}
		s.DataSources = append(s.DataSources, one)
	}
	if input.UID != "" {
		one.UID = input.UID
	}
	one.Name, one.URL, one.IsDefault, one.JSONData = input.Name, input.URL, input.IsDefault, input.JSONData
	if len(one.JSONData) == 0 || string(one.JSONData) == "null" {
		one.JSONData = json.RawMessage("{}")
	}
	one.Version++
	return one, nil
}
