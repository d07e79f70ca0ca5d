package main

import (
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/mux"
	"github.com/jaegertracing/jaeger/cmd/query/app/apiv3"
	"github.com/jaegertracing/jaeger/cmd/query/app/querysvc/v2/querysvc"
	"github.com/jaegertracing/jaeger/internal/storage/v2/memory"
	"github.com/jaegertracing/jaeger/internal/tenancy"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

type queryServer struct {
	server  *http.Server
	address string
}

// queryHandler answers Jaeger's query API for the tenant that the request names, and the probes.
func queryHandler(kept *stores, tenants *tenancy.Manager, logger *zap.Logger) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway(kept.find(tenancy.GetTenant(r.Context())), logger).ServeHTTP(w, r)
	})
	routes.Handle("/api/", tenancy.ExtractTenantHTTPHandler(tenants, api))
	return routes
}

// gateway is Jaeger's query API over one store.
func gateway(store *memory.Store, logger *zap.Logger) http.Handler {
	routes := mux.NewRouter()
	answering := apiv3.HTTPGateway{
		QueryService: querysvc.NewQueryService(store, store, querysvc.QueryServiceOptions{}),
		Logger:       logger,
		Tracer:       nooptrace.NewTracerProvider(),
	}
	answering.RegisterRoutes(routes)
	return routes
}

func startQuery(address string, kept *stores, tenants *tenancy.Manager, logger *zap.Logger) (queryServer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return queryServer{}, err
	}
	server := &http.Server{Handler: queryHandler(kept, tenants, logger), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Fatal("query API failed", zap.Error(err))
		}
	}()
	return queryServer{server: server, address: listener.Addr().String()}, nil
}
