package api

import (
	"net/http"
	"strconv"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
)

func (s *Server) addServiceAccounts(mux *http.ServeMux) {
	const base = "/api/serviceaccounts"
	admin := func(verb string) permission {
		return permission{role: accounts.Admin, action: "serviceaccounts:" + verb}
	}
	s.route(mux, "GET "+base+"/search", admin("read"), s.searchServiceAccounts)
	s.route(mux, "POST "+base, admin("create"), reading(s.addServiceAccount))
	s.route(mux, "GET "+base+"/{id}", admin("read"), numbered(func(_ *request, id int64) (any, error) {
		one, err := s.Accounts.Get(id, true)
		if err != nil {
			return nil, err
		}
		return s.serviceAccount(one)
	}))
	s.route(mux, "DELETE "+base+"/{id}", admin("delete"), numbered(func(_ *request, id int64) (any, error) {
		return done("Service account deleted", s.Accounts.Delete(id, true))
	}))
	s.route(mux, "GET "+base+"/{id}/tokens", admin("read"), numbered(func(_ *request, id int64) (any, error) {
		all, err := s.Accounts.ListTokens(id)
		return shown(all, func(one *accounts.Token) fields {
			return fields{
				"id": one.ID, "name": one.Name, "created": one.Created, "expiration": one.Expires, "hasExpired": one.HasExpired(),
			}
		}, err)
	}))
	s.route(mux, "POST "+base+"/{id}/tokens", admin("write"), numbered(s.addToken))
	s.route(mux, "DELETE "+base+"/{id}/tokens/{token}", admin("write"), numbered(func(r *request, id int64) (any, error) {
		token, _ := strconv.ParseInt(r.PathValue("token"), 10, 64) // what is no number is no token's
		return done("API key deleted", s.Accounts.DeleteToken(id, token))
	}))
}

func (s *Server) serviceAccount(one *accounts.Account) (fields, error) {
	tokens, err := s.Accounts.ListTokens(one.ID)
	return fields{
		"id": one.ID, "uid": one.UID, "name": one.Name, "login": one.Login, "orgId": orgID, "isDisabled": one.IsDisabled,
		"role": one.Role, "tokens": len(tokens), "avatarUrl": "", "createdAt": one.Created, "updatedAt": one.Updated,
	}, err
}

func (s *Server) searchServiceAccounts(r *request) (any, error) {
	all, err := s.Accounts.List(true)
	if err != nil {
		return nil, err
	}
	found := []fields{}
	for _, one := range matching(r, all) {
		form, err := s.serviceAccount(one)
		if err != nil {
			return nil, err
		}
		found = append(found, form)
	}
	return fields{
		"totalCount": len(found), "serviceAccounts": part(r, found, "perpage"),
		"page": r.count("page", 1, 1<<20), "perPage": r.count("perpage", 1000, 5000),
	}, nil
}

func (s *Server) addServiceAccount(_ *request, given struct {
	Name       string
	Role       accounts.Role
	IsDisabled bool
},
) (any, error) {
	one, err := s.Accounts.AddService(given.Name, given.Role, given.IsDisabled)
	if err != nil {
		return nil, err
	}
	form, err := s.serviceAccount(one)
	return reply{http.StatusCreated, form}, err
}

func (s *Server) addToken(r *request, id int64) (any, error) {
	return reading(func(_ *request, given struct {
		Name          string
		SecondsToLive int64
	},
	) (any, error) {
		token, secret, err := s.Accounts.AddToken(id, given.Name, time.Duration(given.SecondsToLive)*time.Second)
		if err != nil {
			return nil, err
		}
		return fields{"id": token.ID, "name": token.Name, "key": secret}, nil
	})(r)
}
