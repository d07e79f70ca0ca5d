package api

import (
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

// addAlerting answers for the rules of Prometheus, and refuses rules of Grafana's own.
func (s *Server) addAlerting(mux *http.ServeMux) {
	const read = "alert.rules:read"
	for _, kind := range []string{"rules", "alerts"} {
		s.route(mux, "GET /api/prometheus/{uid}/api/v1/"+kind, accounts.Viewer, read, func(r *request) (any, error) {
			if r.PathValue("uid") == "grafana" {
				name := map[string]string{"rules": "groups", "alerts": "alerts"}[kind]
				return fields{"status": "success", "data": fields{name: []any{}}}, nil
			}
			return s.pass(r, "api/v1/"+kind)
		})
	}
	s.route(mux, "/api/v1/provisioning/{rest...}", accounts.Viewer, read, func(*request) (any, error) {
		return nil, problem.New(http.StatusNotImplemented,
			"This is a stand-in for Grafana, and it has no alert rules of its own: write alert rules in Prometheus")
	})
}

func (s *Server) reload(r *request) (any, error) {
	message, err := "", error(nil)
	switch kind := r.PathValue("kind"); kind {
	case "dashboards":
		message, err = "Dashboards config reloaded", s.Provisioning.ReloadDashboards()
	case "datasources":
		message, err = "Datasources config reloaded", s.Provisioning.ReloadDataSources()
	default:
		return nil, problem.Unknown("provisioning of " + kind)
	}
	if err != nil {
		return nil, problem.New(http.StatusInternalServerError, "%s", err)
	}
	return fields{"message": message}, nil
}

// addPages hands out the page's files, and names every call that is not known.
func (s *Server) addPages(mux *http.ServeMux) {
	unknown := func(r *request) (any, error) { return nil, problem.Unknown(r.Method + " " + r.URL.Path) }
	s.open(mux, "/api/", unknown)
	s.open(mux, "/apis/", unknown)
	s.open(mux, "/metrics", unknown)
	mux.Handle("GET /public/", s.publicFiles())
	mux.HandleFunc("GET /favicon.ico", http.NotFound)
	mux.HandleFunc("GET /login", s.servePage)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
			return
		}
		if s.identify(&request{Request: r, writer: w}) != nil {
			http.Redirect(w, r, "/login?redirect_to="+url.QueryEscape(r.URL.RequestURI()), http.StatusFound)
			return
		}
		s.servePage(w, r)
	})
}

// servePage hands out the page, which itself says what addresses it does not know.
func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; "+
		"img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFile(w, r, filepath.Join(s.Public, "index.html"))
}

// publicFiles lists no folder. Files whose names hold a hash of their content may be kept.
func (s *Server) publicFiles() http.Handler {
	files := http.StripPrefix("/public/", http.FileServer(http.Dir(s.Public)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") || path.Base(r.URL.Path) == "index.html" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		files.ServeHTTP(w, r)
	})
}
