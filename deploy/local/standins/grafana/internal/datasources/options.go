package datasources

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
)

// options are the keys of jsonData that the server obeys; the page reads the others.
type options struct {
	TimeInterval          string `json:"timeInterval"`
	QueryTimeout          string `json:"queryTimeout"`
	HTTPMethod            string `json:"httpMethod"`
	CustomQueryParameters string `json:"customQueryParameters"`
	TLSSkipVerify         bool   `json:"tlsSkipVerify"`
}

// refused are the switches of jsonData that would change how Prometheus is reached.
var refused = []string{"tlsAuth", "tlsAuthWithCACert", "sigV4Auth", "oauthPassThru", "enableSecureSocksProxy"}

func parseOptions(content json.RawMessage) (options, error) {
	found, all := options{}, map[string]any{}
	if len(content) == 0 {
		return found, nil
	}
	if err := json.Unmarshal(content, &all); err != nil {
		return found, problem.New(http.StatusBadRequest, "bad request data: jsonData: %s", err)
	}
	for _, key := range refused {
		if all[key] == true {
			return found, problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know the data source setting %s", key)
		}
	}
	if err := json.Unmarshal(content, &found); err != nil {
		return found, problem.New(http.StatusBadRequest, "bad request data: jsonData: %s", err)
	}
	if found.HTTPMethod = strings.ToUpper(found.HTTPMethod); found.HTTPMethod == "" {
		found.HTTPMethod = http.MethodPost
	}
	if found.HTTPMethod != http.MethodGet && found.HTTPMethod != http.MethodPost {
		return found, problem.New(http.StatusBadRequest, "bad request data: jsonData.httpMethod is GET or POST, not %q", found.HTTPMethod)
	}
	for key, text := range map[string]string{"timeInterval": found.TimeInterval, "queryTimeout": found.QueryTimeout} {
		if text == "" {
			continue
		}
		if _, err := prometheus.ParseInterval(text); err != nil {
			return found, problem.New(http.StatusBadRequest, "bad request data: jsonData.%s: %s", key, err)
		}
	}
	return found, nil
}

// Server says how the data source is reached, with its secrets.
func (d *DataSources) Server(one *DataSource) (*prometheus.Server, error) {
	found, err := parseOptions(one.JSONData)
	if err != nil {
		return nil, err
	}
	custom, err := url.ParseQuery(found.CustomQueryParameters)
	if err != nil {
		return nil, fmt.Errorf("jsonData.customQueryParameters: %w", err)
	}
	server := &prometheus.Server{
		URL: one.URL, Method: found.HTTPMethod, ScrapeInterval: found.TimeInterval, Timeout: found.QueryTimeout,
		Parameters: custom, Headers: http.Header{}, SkipVerify: found.TLSSkipVerify,
	}
	if one.BasicAuth {
		server.User = one.BasicAuthUser
	}
	return server, d.addSecrets(server, one)
}

// addSecrets adds the password, and the headers whose names stand in jsonData and whose values are secrets.
func (d *DataSources) addSecrets(server *prometheus.Server, one *DataSource) error {
	names := map[string]any{}
	if err := json.Unmarshal(one.JSONData, &names); err != nil {
		return err
	}
	for key, sealed := range one.Sealed {
		secret, err := d.store.Unseal(sealed)
		if err != nil {
			return err
		}
		if key == "basicAuthPassword" {
			server.Password = secret
		} else if number, isHeader := strings.CutPrefix(key, "httpHeaderValue"); isHeader {
			if name, _ := names["httpHeaderName"+number].(string); name != "" {
				server.Headers.Set(name, secret)
			}
		}
	}
	return nil
}
