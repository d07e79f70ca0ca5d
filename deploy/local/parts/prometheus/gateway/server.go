package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// maxQueryBytes is far above the length of any query that a person writes.
const maxQueryBytes = 16 << 10

// errNotAuthenticated is the answer to a token that the cluster does not know.
var errNotAuthenticated = errors.New("the token is not one of this cluster's ServiceAccounts")

// identify gives the namespace of the ServiceAccount that a token belongs to.
type identify func(ctx context.Context, token string) (namespace string, err error)

// gateway answers queries about the caller's own namespace.
type gateway struct {
	identify identify
	proxy    *httputil.ReverseProxy
}

func newGateway(prometheus *url.URL, identify identify) http.Handler {
	g := &gateway{identify: identify, proxy: &httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(prometheus)
			request.Out.Header.Del("Authorization")
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			slog.Error("prometheus not reached", "error", err)
			refuse(w, http.StatusBadGateway, "unavailable", "Prometheus does not answer")
		},
	}}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	for _, path := range []string{"/api/v1/query", "/api/v1/query_range"} {
		routes.HandleFunc("GET "+path, g.query)
		routes.HandleFunc("POST "+path, g.query)
	}
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not_found", "only /api/v1/query and /api/v1/query_range are answered")
	})
	return routes
}

func (g *gateway) query(w http.ResponseWriter, r *http.Request) {
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		refuse(w, http.StatusUnauthorized, "unauthorized", "send your ServiceAccount's token: Authorization: Bearer ...")
		return
	}
	namespace, err := g.identify(r.Context(), token)
	if errors.Is(err, errNotAuthenticated) {
		refuse(w, http.StatusUnauthorized, "unauthorized", err.Error())
		return
	}
	if err != nil {
		slog.Error("token not reviewed", "error", err)
		refuse(w, http.StatusBadGateway, "unavailable", "the cluster could not say whose token it is")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxQueryBytes)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	query := r.Form.Get("query")
	if len(query) > maxQueryBytes {
		refuse(w, http.StatusBadRequest, "bad_data", fmt.Sprintf("the query is longer than %d bytes", maxQueryBytes))
		return
	}
	limited, err := enforce(query, namespace)
	if err != nil {
		refuse(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	g.proxy.ServeHTTP(w, rewrite(r, limited))
}

// rewrite puts every parameter into the address, each of them once: the one that was checked is the one that counts.
func rewrite(r *http.Request, query string) *http.Request {
	parameters := url.Values{"query": {query}}
	for _, name := range []string{"time", "start", "end", "step", "timeout", "limit", "lookback_delta"} {
		if value := r.Form.Get(name); value != "" {
			parameters.Set(name, value)
		}
	}
	outgoing, _ := http.NewRequestWithContext(r.Context(), http.MethodGet, r.URL.Path+"?"+parameters.Encode(), nil)
	return outgoing
}

// refuse answers an error as Prometheus's own interface writes it.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"status": "error", "errorType": kind, "error": message})
}
