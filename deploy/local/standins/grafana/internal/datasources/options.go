package datasources

import (
	"encoding/json"
	"net/http"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
)

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
	found, all := options{}, map[string]any{}
	if len(content) == 0 {
		return found, nil
	}
	if err := json.Unmarshal(content, &all); err != nil {
		return found, problem.New(http.StatusBadRequest, "bad request data: jsonData: %s", err)
	}
	for _, key := range refused {
		if value := all[key]; value != nil && value != false && value != "" {
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

// Server says how the data source is reached.
func (one *DataSource) Server() (*prometheus.Server, error) {
	found, err := parseOptions(one.JSONData)
	if err != nil {
		return nil, err
	}
	server := &prometheus.Server{
		URL: one.URL, Method: found.HTTPMethod, ScrapeInterval: found.TimeInterval, Timeout: found.QueryTimeout,
	}
	if one.BasicAuth {
		server.User, server.Password = one.BasicAuthUser, one.Password
	}
	return server, nil
}
