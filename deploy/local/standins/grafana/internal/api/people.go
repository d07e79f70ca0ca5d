package api

import (
	"net/http"
	"strconv"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

func (s *Server) addPeople(mux *http.ServeMux) {
	s.route(mux, "GET /api/org", accounts.Viewer, "orgs:read", func(*request) (any, error) {
		return fields{"id": orgID, "name": "Main Org.", "address": fields{}}, nil
	})
	s.route(mux, "GET /api/user", accounts.None, "", s.showSelf)
	s.route(mux, "GET /api/org/users", accounts.Admin, "org.users:read", func(*request) (any, error) {
		return shown(s.Accounts.List(), member)
	})
	s.route(mux, "PATCH /api/org/users/{id}", accounts.Admin, "org.users:write", reading(s.changeRole))
	s.route(mux, "POST /api/admin/users", accounts.ServerAdmin, "users:create", reading(s.addPerson))
}

func (s *Server) showSelf(r *request) (any, error) {
	one := r.account
	return fields{
		"id": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "login": one.Login, "theme": "", "orgId": orgID,
		"isGrafanaAdmin": one.IsAdmin, "isDisabled": false, "isExternal": false, "authLabels": []string{},
		"updatedAt": one.Updated, "createdAt": one.Created, "avatarUrl": "",
	}, nil
}

func member(one *accounts.Account) fields {
	return fields{
		"orgId": orgID, "userId": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "avatarUrl": "",
		"login": one.Login, "role": one.Role, "isDisabled": false, "authLabels": []string{},
	}
}

func (s *Server) addPerson(_ *request, given accounts.NewPerson) (any, error) {
	one, err := s.Accounts.AddPerson(given)
	if err != nil {
		return nil, err
	}
	return fields{"id": one.ID, "uid": one.UID, "message": "User created"}, nil
}

func (s *Server) changeRole(r *request, given struct{ Role accounts.Role }) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, problem.New(http.StatusBadRequest, "userId is invalid")
	}
	if !given.Role.IsKnown() {
		return nil, problem.New(http.StatusBadRequest, "Invalid role specified")
	}
	return fields{"message": "Organization user updated"}, s.Accounts.SetRole(id, given.Role)
}
