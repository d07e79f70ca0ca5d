// Package front is the page that people open: the quote of the moment, who said it, and how the services behind it are.
package front

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"seaworthy/deploy/images/qotm/internal/qotm"
	"seaworthy/deploy/images/qotm/internal/server"
	"seaworthy/deploy/images/qotm/internal/store"
	"seaworthy/deploy/images/qotm/internal/upstream"
)

//go:embed page.html style.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "page.html"))

// view is what the page shows.
type view struct {
	Quote    *qotm.Answer
	Problem  string
	TraceID  string
	Services []row
	// Text and Author are what was typed, Refusal why it was not taken, and Added whether it was.
	Text, Author, Refusal string
	Added                 bool
}

// row is one service's state.
type row struct {
	Depth                                 int
	Name, Version, Server, State, Problem string
	OK                                    bool
}

type pages struct {
	service  *server.Service
	upstream *upstream.Client
}

// Register adds the service's addresses. A front without a qotm has nothing to show.
func Register(service *server.Service) error {
	p := &pages{service: service, upstream: service.Upstream("qotm")}
	if p.upstream == nil {
		return errors.New("QOTM_URL is not set: it says where qotm is, such as http://qotm")
	}
	service.Route("GET /{$}", p.get)
	service.Route("POST /{$}", p.add)
	service.Route("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, files, "style.css")
	})
	return nil
}

func (p *pages) get(w http.ResponseWriter, r *http.Request) {
	p.render(w, r, http.StatusOK, view{Added: r.URL.Query().Has("added")})
}

// add takes the form of the page: the quote's way leads through qotm to the store.
func (p *pages) add(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	quote := store.Quote{Text: strings.TrimSpace(r.PostFormValue("text")), Author: strings.TrimSpace(r.PostFormValue("author"))}
	typed := view{Text: quote.Text, Author: quote.Author}
	err := p.upstream.Do(r.Context(), http.MethodPost, "/quotes", quote, nil)
	var refused *upstream.StatusError
	switch {
	case err == nil:
		// Relative, as all links of the page: an ingress may serve it below a path.
		w.Header().Set("Location", ".?added")
		w.WriteHeader(http.StatusSeeOther)
	case errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity:
		typed.Refusal = refused.Message
		p.render(w, r, http.StatusUnprocessableEntity, typed)
	default:
		p.service.Logger.ErrorContext(r.Context(), "quote not added", "upstream", "qotm", "reason", err.Error())
		typed.Refusal = err.Error()
		p.render(w, r, upstream.GatewayStatus(err), typed)
	}
}

// render asks for the quote and for the states at the same time. The page answers with the quote's failure, since that is what
// it is for; a service behind it that is ill alone does not fail it.
func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, shown view) {
	states := make(chan server.Status, 1)
	go func() { states <- p.service.Status(r.Context(), server.StatusTimeout) }()
	quote := qotm.Answer{}
	if err := p.upstream.Get(r.Context(), "/", &quote); err != nil {
		p.service.Logger.ErrorContext(r.Context(), "quote not shown", "upstream", "qotm", "reason", err.Error())
		shown.Problem = err.Error()
		if status == http.StatusOK {
			status = upstream.GatewayStatus(err)
		}
	} else {
		shown.Quote = &quote
	}
	if span := trace.SpanContextFromContext(r.Context()); span.IsValid() {
		shown.TraceID = span.TraceID().String()
		w.Header().Set("X-Trace-Id", shown.TraceID)
	}
	shown.Services = rows(<-states, 0)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'")
	p.service.Page(w, r, status, page, shown)
}

// rows lists a service and what is behind it.
func rows(status server.Status, depth int) []row {
	own := row{Depth: depth, Name: status.Service, Version: status.Version, Server: status.Server, State: "ready", OK: true}
	if status.Fault != nil {
		own.State, own.OK = "misbehaves, as ordered", false
	}
	if !status.Ready {
		own.State, own.OK = "not ready", false
	}
	listed := []row{own}
	for _, behind := range status.Upstreams {
		if behind.Status == nil {
			listed = append(listed, row{Depth: depth + 1, Name: behind.Name, State: "does not answer", Problem: behind.Error})
			continue
		}
		listed = append(listed, rows(*behind.Status, depth+1)...)
	}
	return listed
}
