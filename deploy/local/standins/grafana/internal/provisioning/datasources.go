package provisioning

import (
	"encoding/json"
	"log/slog"

	"seaworthy/deploy/local/standins/grafana/internal/datasources"
)

// dataSourceFile is one file of the folder datasources.
type dataSourceFile struct {
	APIVersion  loose[int]        `json:"apiVersion"`
	Prune       loose[bool]       `json:"prune"`
	DataSources []dataSourceEntry `json:"datasources"`
	Deletions   []struct {
		Name string `json:"name"`
	} `json:"deleteDatasources"`
}

type dataSourceEntry struct {
	datasources.Input
	Version         loose[int]      `json:"version"`
	OrgID           loose[int]      `json:"orgId"`
	IsDefault       loose[bool]     `json:"isDefault"`
	BasicAuth       loose[bool]     `json:"basicAuth"`
	WithCredentials loose[bool]     `json:"withCredentials"`
	Editable        loose[bool]     `json:"editable"`
	JSONData        json.RawMessage `json:"jsonData"`
}

// ReloadDataSources obeys the files anew: all of them, or none where one is wrong.
func (p *Provisioning) ReloadDataSources() error {
	names, err := p.files("datasources")
	if err != nil {
		return err
	}
	change := datasources.Provision{}
	for _, name := range names {
		var file dataSourceFile
		if err := readFile(name, &file); err != nil {
			return err
		}
		if err := checkVersion(name, file.APIVersion); err != nil {
			return err
		}
		for _, deletion := range file.Deletions {
			change.Deletions = append(change.Deletions, deletion.Name)
		}
		for _, entry := range file.DataSources {
			if entry.OrgID.value > 1 {
				slog.Error("data source not provisioned", "name", entry.Name, "reason", "this stand-in for Grafana has one organisation, of the number 1")
				continue
			}
			change.DataSources = append(change.DataSources, entry.provisioned(file.Prune.value))
		}
	}
	return p.DataSources.Provision(change)
}

func (e *dataSourceEntry) provisioned(prune bool) datasources.Provisioned {
	input := e.Input
	input.IsDefault, input.BasicAuth, input.WithCredentials = e.IsDefault.value, e.BasicAuth.value, e.WithCredentials.value
	input.Version, input.JSONData, input.Access = e.Version.value, e.JSONData, "proxy"
	return datasources.Provisioned{Input: input, ReadOnly: !e.Editable.value, Prune: prune}
}
