package datasources

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Input is what a person or a file says of a data source.
type Input struct {
	Name            string            `json:"name"`
	UID             string            `json:"uid"`
	Type            string            `json:"type"`
	Access          string            `json:"access"`
	URL             string            `json:"url"`
	BasicAuth       bool              `json:"basicAuth"`
	WithCredentials bool              `json:"withCredentials"`
	IsDefault       bool              `json:"isDefault"`
	JSONData        json.RawMessage   `json:"jsonData"`
	SecureJSONData  map[string]string `json:"secureJsonData"`
	Version         int               `json:"version"`
}

func refuse(format string, arguments ...any) error {
	return problem.New(http.StatusBadRequest, format, arguments...)
}

// check refuses what this stand-in could not obey.
func (i *Input) check() error {
	switch {
	case i.Name == "":
		return refuse("bad request data: a data source needs a name")
	case i.Type != "prometheus":
		return refuse("This is a stand-in for Grafana: of data sources it knows the type prometheus alone, not %q", i.Type)
	case i.Access != "" && i.Access != "proxy":
		return refuse("This stand-in for Grafana asks data sources itself (access proxy), not from the browser (%s)", i.Access)
	case i.UID != "" && !store.IsUID(i.UID):
		return refuse("uid contains illegal characters or is longer than 40")
	case i.WithCredentials:
		return refuse("This stand-in for Grafana does not know the data source setting withCredentials")
	case i.BasicAuth:
		return refuse("This stand-in for Grafana does not know the data source setting basicAuth: it asks without a password")
	}
	for key := range i.SecureJSONData {
		return refuse("This stand-in for Grafana keeps no secrets, so not %s of a data source", key)
	}
	if i.URL != "" {
		parsed, err := url.Parse(i.URL)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
			return refuse("Validation error, invalid URL: %q is no address of the form http://host:port", i.URL)
		}
	}
	_, err := parseOptions(i.JSONData)
	return err
}

// options are the keys of jsonData that the server obeys; the page reads the others.
type options struct {
	TimeInterval string `json:"timeInterval"`
	QueryTimeout string `json:"queryTimeout"`
	HTTPMethod   string `json:"httpMethod"`
}

// refused are the switches of jsonData that would change how Prometheus is reached.
var refused = []string{
	"tlsAuth", "tlsAuthWithCACert", "tlsSkipVerify", "sigV4Auth", "oauthPassThru", "enableSecureSocksProxy",
	"customQueryParameters", "httpHeaderName1",
}

func parseOptions(content json.RawMessage) (options, error) {
	found, all := options{HTTPMethod: http.MethodPost}, map[string]any{}
	if len(content) == 0 {
		return found, nil
	}
	if err := json.Unmarshal(content, &all); err != nil {
		return found, refuse("bad request data: jsonData: %s", err)
	}
	for _, key := range refused {
		if value := all[key]; value != nil && value != false && value != "" {
			return found, refuse("This stand-in for Grafana does not know the data source setting %s", key)
		}
	}
	if err := json.Unmarshal(content, &found); err != nil {
		return found, refuse("bad request data: jsonData: %s", err)
	}
	found.HTTPMethod = strings.ToUpper(found.HTTPMethod)
	if found.HTTPMethod != http.MethodGet && found.HTTPMethod != http.MethodPost {
		return found, refuse("bad request data: jsonData.httpMethod is GET or POST, not %q", found.HTTPMethod)
	}
	for key, text := range map[string]string{"timeInterval": found.TimeInterval, "queryTimeout": found.QueryTimeout} {
		if text == "" {
			continue
		}
		if _, err := prometheus.ParseInterval(text); err != nil {
			return found, refuse("bad request data: jsonData.%s: %s", key, err)
		}
	}
	return found, nil
}

// Server says how the data source is reached.
func (one *DataSource) Server() (*prometheus.Server, error) {
	found, err := parseOptions(one.JSONData)
	if err != nil {
		return nil, err
	}
	return &prometheus.Server{
		URL: one.URL, Method: found.HTTPMethod, ScrapeInterval: found.TimeInterval, Timeout: found.QueryTimeout,
	}, nil
}
