// Package api answers Grafana's HTTP API, and hands out the files of the page.
package api

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/provisioning"
	"seaworthy/deploy/local/standins/grafana/internal/settings"
)

const (
	// Version is that of the Grafana whose behaviour this stands in for.
	Version = "12.4.3"
	// Commit stands where the real one's commit does.
	Commit  = "stand-in"
	maxBody = 8 << 20
	// orgID is the number of the one organisation.
	orgID = 1
)

// Server is all that answers requests.
type Server struct {
	Settings     *settings.Settings
	Accounts     *accounts.Accounts
	DataSources  *datasources.DataSources
	Dashboards   *dashboards.Dashboards
	Provisioning *provisioning.Provisioning
	// Public is the folder of the page's files.
	Public string
}

// request is a request with who asks.
type request struct {
	*http.Request
	writer  http.ResponseWriter
	account *accounts.Account
}

// reply is an answer with a status other than 200.
type reply struct {
	status int
	body   any
}

type fields = map[string]any

// handler gives the body of an answer.
type handler func(*request) (any, error)

// Handler is the whole table of routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.addSession(mux)
	s.addPeople(mux)
	s.addDataSources(mux)
	s.addDashboards(mux)
	s.addFolders(mux)
	s.addAlerting(mux)
	s.addPages(mux)
	return s.withHeaders(mux)
}

// withHeaders says on every answer what this is, and bounds every body.
func (s *Server) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Stand-In", "Grafana")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-store")
		if !s.Settings.AllowEmbedding {
			header.Set("X-Frame-Options", "deny")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		started := time.Now()
		next.ServeHTTP(w, r)
		slog.Debug("request answered", "method", r.Method, "path", r.URL.Path, "duration", time.Since(started))
	})
}

// route adds an answer for those who are signed in and have a role. The action is the name that Grafana has for it.
func (s *Server) route(mux *http.ServeMux, pattern string, role accounts.Role, action string, answer handler) {
	s.open(mux, pattern, func(r *request) (any, error) {
		if err := s.identify(r); err != nil {
			return nil, err
		}
		if !r.account.May(role) {
			return nil, &problem.Problem{Status: http.StatusForbidden, Body: fields{
				"title": "Access denied", "accessErrorId": "ACE" + strconv.FormatInt(time.Now().Unix()%1e10, 10),
				"message": "You'll need additional permissions to perform this action. Permissions needed: " + action,
			}}
		}
		return answer(r)
	})
}

// open adds an answer for everybody.
func (s *Server) open(mux *http.ServeMux, pattern string, answer handler) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		asked := &request{Request: r, writer: w}
		body, err := answer(asked)
		if err != nil {
			fail(asked, err)
		} else if body != nil {
			send(w, body)
		}
	})
}

func send(w http.ResponseWriter, body any) {
	status := http.StatusOK
	if other, isReply := body.(reply); isReply {
		status, body = other.status, other.body
	}
	content, err := json.Marshal(body)
	if err != nil {
		slog.Error("answer not encoded", "error", err)
		status, content = http.StatusInternalServerError, []byte(`{"message":"Internal Server Error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(content)
}

// fail answers a refusal in its own words, and a fault with nothing but that there was one.
func fail(r *request, err error) {
	w := r.writer
	var refused *problem.Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		send(w, reply{http.StatusRequestEntityTooLarge, fields{"message": "The request is larger than this stand-in for Grafana reads"}})
	case errors.As(err, &refused):
		send(w, reply{refused.Status, refused.Body})
	default:
		slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		send(w, reply{http.StatusInternalServerError, fields{"message": "Internal Server Error"}})
	}
}

// read decodes the body. What is not JSON is refused as the real one does.
func (r *request) read(into any) error {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return problem.BadRequest(err)
	}
	return nil
}

// reading gives a handler the body of its request.
func reading[T any](answer func(*request, T) (any, error)) handler {
	return func(r *request) (any, error) {
		var given T
		if err := r.read(&given); err != nil {
			return nil, err
		}
		return answer(r, given)
	}
}

// count reads a number of the query, within bounds.
func (r *request) count(name string, usual, most int) int {
	value, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || value <= 0 {
		return usual
	}
	return min(value, most)
}

// part cuts the asked page out of a list.
func part[T any](r *request, all []T) []T {
	page, length := r.count("page", 1, 1<<20), r.count("limit", 1000, 5000)
	start := min(len(all), (page-1)*length)
	return all[start:min(len(all), start+length)]
}

// shown gives each of a list its form of the API.
func shown[T any](all []T, form func(T) fields) (any, error) {
	list := make([]fields, 0, len(all))
	for _, one := range all {
		list = append(list, form(one))
	}
	return list, nil
}
