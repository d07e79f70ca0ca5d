package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
)

const (
	maxQueries = 100
	// queryTimeout is the real one's default of dataproxy.timeout.
	queryTimeout = 30 * time.Second
	// maxPassed bounds an answer that is passed on. One that is larger breaks off, so that nobody takes the part for the whole.
	maxPassed = 64 << 20
)

// targetedQuery is one query with the data source that it names.
type targetedQuery struct {
	prometheus.Query
	DataSource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Hide bool `json:"hide"`
}

// UnmarshalJSON gives the defaults that the real one gives.
func (q *targetedQuery) UnmarshalJSON(content []byte) error {
	type plain targetedQuery
	read := plain{Query: prometheus.Query{RefID: "A", MaxDataPoints: 100}}
	if err := json.Unmarshal(content, &read); err != nil {
		return err
	}
	*q = targetedQuery(read)
	return nil
}

// text reads a time that is sent as text or as a number.
type text string

func (t *text) UnmarshalJSON(content []byte) error {
	*t = text(strings.Trim(string(content), `"`))
	return nil
}

func (s *Server) query(r *request) (any, error) {
	var asked struct {
		From    text            `json:"from"`
		To      text            `json:"to"`
		Queries []targetedQuery `json:"queries"`
	}
	if err := r.read(&asked); err != nil {
		return nil, err
	}
	if len(asked.Queries) == 0 {
		return nil, problem.Typed(http.StatusBadRequest, "query.noQueries", "no queries found")
	}
	if len(asked.Queries) > maxQueries {
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana runs up to %d queries at a time", maxQueries)
	}
	now := time.Now()
	from, err := prometheus.ParseTime(string(asked.From), now)
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "bad request data: from: %s", err)
	}
	to, err := prometheus.ParseTime(string(asked.To), now)
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "bad request data: to: %s", err)
	}
	servers := make([]*prometheus.Server, len(asked.Queries))
	for at := range asked.Queries {
		asked.Queries[at].From, asked.Queries[at].To = from, to
		if servers[at], err = s.target(&asked.Queries[at]); err != nil {
			return nil, err
		}
	}
	return s.runAll(r, asked.Queries, servers), nil
}

// target finds the data source of a query.
func (s *Server) target(query *targetedQuery) (*prometheus.Server, error) {
	uid := query.DataSource.UID
	switch uid {
	case "":
		return nil, problem.Typed(http.StatusBadRequest, "query.invalidDatasourceId",
			"query does not contain a valid data source identifier: %s", query.RefID)
	case "__expr__", "-- Grafana --", "grafana":
		return nil, problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know the built-in data source %s", uid)
	}
	one, err := s.DataSources.Get(func(other *datasources.DataSource) bool { return other.UID == uid })
	if err != nil {
		return nil, err
	}
	return one.Server()
}

// runAll answers 400 where any query failed, with the results of the others.
func (s *Server) runAll(r *request, queries []targetedQuery, servers []*prometheus.Server) reply {
	results, status := map[string]*prometheus.Result{}, http.StatusOK
	var lock sync.Mutex
	var running sync.WaitGroup
	for at := range queries {
		if queries[at].Hide {
			continue
		}
		running.Go(func() {
			result := servers[at].Run(r.Context(), &queries[at].Query, queryTimeout)
			lock.Lock()
			defer lock.Unlock()
			results[queries[at].RefID] = result
			if result.Error != "" {
				status = http.StatusBadRequest
			}
		})
	}
	running.Wait()
	return reply{status, fields{"results": results}}
}

// readPosts are the calls of Prometheus' API that read, and may be sent as POST.
var readPosts = []string{"api/v1/query", "api/v1/query_range", "api/v1/series", "api/v1/labels", "api/v1/query_exemplars"}

// passToDataSource forwards a request to Prometheus' own API.
func (s *Server) passToDataSource(r *request) (any, error) {
	return s.pass(r, r.PathValue("path"))
}

func (s *Server) pass(r *request, path string) (any, error) {
	one, err := s.find(r)
	if err != nil {
		return nil, err
	}
	server, err := one.Server()
	if err != nil {
		return nil, err
	}
	isRead := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !isRead && (r.Method != http.MethodPost || !slices.Contains(readPosts, path)) {
		return nil, problem.New(http.StatusForbidden, "non allow-listed %ss not allowed on proxied Prometheus datasource", r.Method)
	}
	address, err := server.Address(path, r.URL.Query())
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "%s", err)
	}
	forward := &httputil.ReverseProxy{
		Transport: prometheus.Transport,
		Rewrite: func(proxied *httputil.ProxyRequest) {
			proxied.Out.URL, proxied.Out.Host = address, address.Host
			// The person's own password and session are none of the data source's affair.
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer", "Accept-Encoding"} {
				proxied.Out.Header.Del(name)
			}
		},
		ModifyResponse: checkPassed,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			send(w, reply{http.StatusBadGateway, fields{"message": fmt.Sprintf("Data source %s: %s", one.Name, err)}})
		},
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTimeout)
	defer cancel()
	forward.ServeHTTP(r.writer, r.WithContext(ctx))
	return nil, nil
}

// checkPassed refuses a redirect, and keeps the answer from setting cookies or being run as a page on this origin.
func checkPassed(response *http.Response) error {
	if response.StatusCode/100 == 3 && response.StatusCode != http.StatusNotModified {
		return errors.New("it redirects elsewhere, which is not followed")
	}
	response.Header.Del("Set-Cookie")
	response.Header.Set("Content-Security-Policy", "sandbox")
	response.Body = http.MaxBytesReader(nil, response.Body, maxPassed)
	return nil
}
