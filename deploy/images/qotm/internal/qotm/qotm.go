// Package qotm is the service qotm, which answers with the quote of the moment. It asks the store for the quote and the
// authors for who said it; where the environment names neither, it answers from what it was built with.
package qotm

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"seaworthy/deploy/images/qotm/internal/authors"
	"seaworthy/deploy/images/qotm/internal/server"
	"seaworthy/deploy/images/qotm/internal/store"
	"seaworthy/deploy/images/qotm/internal/upstream"
)

//go:embed page.html
var pageText string

// page is what a browser is shown; everything else gets JSON.
var page = template.Must(template.New("page").Parse(pageText))

// Answer is what a request for a quote gets. Its author is missing while nobody can say who it is.
type Answer struct {
	Server  string          `json:"server"`
	Version string          `json:"version"`
	Quote   string          `json:"quote"`
	Author  *authors.Author `json:"author"`
	Time    string          `json:"time"`
}

type pages struct {
	service *server.Service
	store   *upstream.Client
	authors *upstream.Client
	own     *store.Store
}

// Register adds the service's addresses.
func Register(service *server.Service) error {
	own, err := store.Open("")
	if err != nil {
		return err
	}
	p := &pages{service: service, store: service.Upstream("store"), authors: service.Upstream("authors"), own: own}
	service.Route("GET /{$}", p.get)
	service.Route("POST /quotes", p.add)
	return nil
}

// get needs a quote, and does without its author if it must.
func (p *pages) get(w http.ResponseWriter, r *http.Request) {
	quote, err := p.quote(r.Context())
	if err != nil {
		p.service.Logger.ErrorContext(r.Context(), "quote not found", "upstream", "store", "reason", err.Error())
		p.service.Fail(w, upstream.GatewayStatus(err), "no quote: "+err.Error())
		return
	}
	answer := Answer{Server: p.service.Settings.Server, Version: p.service.Settings.Version, Quote: quote.Text}
	author, err := p.author(r.Context(), quote.Author)
	if err != nil {
		p.service.Logger.WarnContext(r.Context(), "author not found", "upstream", "authors", "author", quote.Author, "reason", err.Error())
	} else {
		answer.Author = &author
	}
	answer.Time = p.service.Now().UTC().Format(time.RFC3339Nano)
	w.Header().Set("Vary", "Accept")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		p.service.Page(w, r, http.StatusOK, page, answer)
		return
	}
	p.service.Answer(w, http.StatusOK, answer)
}

func (p *pages) quote(ctx context.Context) (store.Quote, error) {
	if p.store == nil {
		return p.own.Pick(p.service.Random())
	}
	quote := store.Quote{}
	err := p.store.Get(ctx, "/quotes/random", &quote)
	return quote, err
}

// author takes one that the authors do not know for a name: whoever adds a quote may write any.
func (p *pages) author(ctx context.Context, id string) (authors.Author, error) {
	unknown := authors.Author{ID: id, Name: id}
	if p.authors == nil {
		if author, found := authors.Find(id); found {
			return author, nil
		}
		return unknown, nil
	}
	author := authors.Author{}
	err := p.authors.Get(ctx, "/authors/"+url.PathEscape(id), &author)
	var refused *upstream.StatusError
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return unknown, nil
	}
	return author, err
}

// add hands a new quote to the store.
func (p *pages) add(w http.ResponseWriter, r *http.Request) {
	if p.store == nil {
		p.service.Fail(w, http.StatusNotImplemented, "this server keeps no quotes: it has no STORE_URL")
		return
	}
	quote, added := store.Quote{}, store.Quote{}
	if !p.service.ReadJSON(w, r, &quote) {
		return
	}
	err := p.store.Do(r.Context(), http.MethodPost, "/quotes", quote, &added)
	var refused *upstream.StatusError
	switch {
	case err == nil:
		p.service.Answer(w, http.StatusCreated, added)
	case errors.As(err, &refused) && refused.Status/100 == 4:
		p.service.Fail(w, refused.Status, refused.Message)
	default:
		p.service.Logger.ErrorContext(r.Context(), "quote not kept", "upstream", "store", "reason", err.Error())
		p.service.Fail(w, upstream.GatewayStatus(err), "not kept: "+err.Error())
	}
}
