// Package datasources keeps the data sources: Prometheus servers to query.
package datasources

import (
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// DataSource is one of them, as it is stored.
type DataSource struct {
	ID            int64           `json:"id"`
	UID           string          `json:"uid"`
	Name          string          `json:"name"`
	Type          string          `json:"type"`
	Access        string          `json:"access"`
	URL           string          `json:"url"`
	BasicAuth     bool            `json:"basicAuth"`
	BasicAuthUser string          `json:"basicAuthUser"`
	IsDefault     bool            `json:"isDefault"`
	JSONData      json.RawMessage `json:"jsonData"`
	Version       int             `json:"version"`
	ReadOnly      bool            `json:"readOnly"`
	Prune         bool            `json:"prune"`
	Password      string          `json:"password"`
}

// Input is what a person or a file says of one.
type Input struct {
	Name            string            `json:"name"`
	UID             string            `json:"uid"`
	Type            string            `json:"type"`
	Access          string            `json:"access"`
	URL             string            `json:"url"`
	BasicAuth       bool              `json:"basicAuth"`
	BasicAuthUser   string            `json:"basicAuthUser"`
	WithCredentials bool              `json:"withCredentials"`
	IsDefault       bool              `json:"isDefault"`
	JSONData        json.RawMessage   `json:"jsonData"`
	SecureJSONData  map[string]string `json:"secureJsonData"`
	Version         int               `json:"version"`
}

var table = store.Table[DataSource]("datasources")

// DataSources is the service.
type DataSources struct{ store *store.Store }

// New works on the given store.
func New(opened *store.Store) *DataSources { return &DataSources{store: opened} }

// List gives all, by name.
func (d *DataSources) List() ([]*DataSource, error) {
	all, err := table.All(d.store, nil)
	sort.Slice(all, func(i, j int) bool { return strings.ToLower(all[i].Name) < strings.ToLower(all[j].Name) })
	return all, err
}

var errNotFound = problem.New(http.StatusNotFound, "Data source not found")

// Get gives the first that a function accepts.
func (d *DataSources) Get(accept func(*DataSource) bool) (*DataSource, error) {
	return table.One(d.store, accept, errNotFound)
}

// Add makes a new one.
func (d *DataSources) Add(input Input) (*DataSource, error) {
	if input.UID == "" {
		input.UID = store.NewUID()
	}
	one := &DataSource{}
	return one, d.store.Write(func(tx *store.Tx) error { return d.save(tx, one, input) })
}

// Update replaces what is said of one; secrets that are not given stay.
func (d *DataSources) Update(uid string, input Input) (*DataSource, error) {
	return store.Update(d.store, func(tx *store.Tx) (*DataSource, error) {
		one, err := table.Need(tx, uid, errNotFound)
		switch {
		case err != nil:
			return nil, err
		case one.ReadOnly:
			return nil, problem.New(http.StatusForbidden, "Cannot update read-only data source")
		case input.Version != 0 && input.Version < one.Version:
			return nil, problem.New(http.StatusConflict, "Datasource has already been updated by someone else. Please reload and try again")
		}
		return one, d.save(tx, one, input)
	})
}

// Delete removes one.
func (d *DataSources) Delete(uid string) (*DataSource, error) {
	return table.Remove(d.store, uid, errNotFound, func(_ *store.Tx, one *DataSource) error {
		if one.ReadOnly {
			return problem.New(http.StatusForbidden, "Cannot delete read-only data source")
		}
		return nil
	})
}

// save writes the input over a record, which is new where it has no number yet.
func (d *DataSources) save(tx *store.Tx, one *DataSource, input Input) error {
	if err := input.check(); err != nil {
		return err
	}
	if input.UID == "" {
		input.UID = one.UID
	}
	clash, err := table.Find(tx, func(other *DataSource) bool {
		return other.ID != one.ID && (other.Name == input.Name || other.UID == input.UID)
	})
	if err != nil {
		return err
	}
	if clash != nil && clash.Name == input.Name {
		return problem.New(http.StatusConflict, "data source with the same name already exists")
	} else if clash != nil {
		return problem.New(http.StatusConflict, "data source with the same uid already exists")
	}
	if one.ID == 0 {
		if one.ID, err = table.NextID(tx); err != nil {
			return err
		}
	} else if one.UID != input.UID {
		if err := table.Delete(tx, one.UID); err != nil {
			return err
		}
	}
	if input.IsDefault {
		if err := clearDefault(tx); err != nil {
			return err
		}
	}
	one.fill(input)
	return table.Put(tx, one.UID, one)
}

func (one *DataSource) fill(input Input) {
	one.UID, one.Name, one.Type, one.Access = input.UID, input.Name, input.Type, "proxy"
	one.URL, one.BasicAuth, one.BasicAuthUser = input.URL, input.BasicAuth, input.BasicAuthUser
	one.IsDefault, one.JSONData = input.IsDefault, input.JSONData
	if len(one.JSONData) == 0 || string(one.JSONData) == "null" {
		one.JSONData = json.RawMessage("{}")
	}
	one.Version++
	if password, given := input.SecureJSONData["basicAuthPassword"]; given {
		one.Password = password
	}
}

func clearDefault(tx *store.Tx) error {
	defaults, err := table.List(tx, func(one *DataSource) bool { return one.IsDefault })
	for _, one := range defaults {
		one.IsDefault = false
		if err := table.Put(tx, one.UID, one); err != nil {
			return err
		}
	}
	return err
}

// check refuses what this stand-in could not obey.
func (i *Input) check() error {
	switch {
	case i.Name == "":
		return problem.New(http.StatusBadRequest, "bad request data: a data source needs a name")
	case i.Type != "prometheus":
		return problem.New(http.StatusBadRequest, "This is a stand-in for Grafana: of data sources it knows the type prometheus alone, not %q", i.Type)
	case i.Access != "" && i.Access != "proxy":
		return problem.New(http.StatusBadRequest, "This stand-in for Grafana asks data sources itself (access proxy), not from the browser (%s)", i.Access)
	case i.UID != "" && !store.IsUID(i.UID):
		return problem.New(http.StatusBadRequest, "uid contains illegal characters or is longer than 40")
	}
	if i.URL != "" {
		parsed, err := url.Parse(i.URL)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
			return problem.New(http.StatusBadRequest, "Validation error, invalid URL: %q is no address of the form http://host:port", i.URL)
		}
	}
	if i.WithCredentials {
		return problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know the data source setting withCredentials")
	}
	for key := range i.SecureJSONData {
		if key != "basicAuthPassword" {
			return problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know the secret %s of a data source", key)
		}
	}
	_, err := parseOptions(i.JSONData)
	return err
}
