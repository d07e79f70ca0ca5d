package store

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"seaworthy/deploy/images/qotm/internal/server"
)

// pages answers requests from a store.
type pages struct {
	service *server.Service
	store   *Store
}

// Register opens the store and adds the service's addresses.
func Register(service *server.Service) error {
	opened, err := Open(service.Settings.StoreFile)
	if err != nil {
		return fmt.Errorf("the store cannot be opened: %w", err)
	}
	p := &pages{service: service, store: opened}
	service.Route("GET /quotes", p.list)
	service.Route("GET /quotes/random", p.random)
	service.Route("GET /quotes/{id}", p.one)
	service.Route("POST /quotes", p.add)
	service.Route("PUT /quotes/{id}", p.change)
	service.Route("DELETE /quotes/{id}", p.remove)
	return nil
}

func (p *pages) list(w http.ResponseWriter, _ *http.Request) {
	p.service.Answer(w, http.StatusOK, p.store.List())
}

func (p *pages) random(w http.ResponseWriter, r *http.Request) {
	quote, err := p.store.Pick(p.service.Random())
	p.answer(w, r, http.StatusOK, quote, err)
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) {
	quote, err := p.store.Find(id(r))
	p.answer(w, r, http.StatusOK, quote, err)
}

func (p *pages) add(w http.ResponseWriter, r *http.Request) {
	if quote, read := p.read(w, r); read {
		added, err := p.store.Add(quote)
		p.answer(w, r, http.StatusCreated, added, err)
	}
}

func (p *pages) change(w http.ResponseWriter, r *http.Request) {
	if quote, read := p.read(w, r); read {
		changed, err := p.store.Change(id(r), quote)
		p.answer(w, r, http.StatusOK, changed, err)
	}
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) {
	if err := p.store.Remove(id(r)); err != nil {
		p.answer(w, r, http.StatusOK, Quote{}, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// id gives 0, which no quote has, for a path that holds no number.
func id(r *http.Request) int {
	number, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0
	}
	return number
}

func (p *pages) read(w http.ResponseWriter, r *http.Request) (Quote, bool) {
	quote := Quote{}
	if !p.service.ReadJSON(w, r, &quote) {
		return quote, false
	}
	if err := quote.validate(); err != nil {
		p.service.Fail(w, http.StatusUnprocessableEntity, err.Error())
		return quote, false
	}
	return quote, true
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request, status int, quote Quote, err error) {
	switch {
	case err == nil:
		p.service.Answer(w, status, quote)
	case errors.Is(err, errNotFound):
		p.service.Fail(w, http.StatusNotFound, err.Error())
	case errors.Is(err, errFull):
		p.service.Fail(w, http.StatusInsufficientStorage, err.Error())
	default:
		p.service.Logger.ErrorContext(r.Context(), "store write failed", "reason", err.Error())
		p.service.Fail(w, http.StatusInternalServerError, "the quote could not be kept")
	}
}
