package api

import (
	"net/http"
	"strconv"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

func (s *Server) addPeople(mux *http.ServeMux) {
	s.route(mux, "GET /api/org", permission{role: accounts.Viewer, action: "orgs:read"}, func(*request) (any, error) {
		return fields{"id": orgID, "name": "Main Org.", "address": fields{}}, nil
	})
	s.route(mux, "GET /api/user", permission{}, s.showSelf)
	s.route(mux, "PUT /api/user/password", permission{}, reading(s.changeOwnPassword))
	s.route(mux, "GET /api/org/users", permission{role: accounts.Admin, action: "org.users:read"}, func(*request) (any, error) {
		all, err := s.Accounts.List()
		return shown(all, member, err)
	})
	s.route(mux, "PATCH /api/org/users/{id}", permission{role: accounts.Admin, action: "org.users:write"}, reading(s.changeRole))
	s.route(mux, "POST /api/admin/users", permission{serverAdmin: true, action: "users:create"}, reading(s.addPerson))
}

func (s *Server) showSelf(r *request) (any, error) {
	one := r.account
	if one.IsAnonymous {
		return nil, problem.New(http.StatusNotFound, "user not found")
	}
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

func (s *Server) changeOwnPassword(r *request, given struct{ OldPassword, NewPassword string }) (any, error) {
	if r.account.IsAnonymous {
		return nil, errUnauthorized
	}
	if _, err := s.Accounts.Authenticate(r.account.Login, given.OldPassword); err != nil {
		return nil, problem.New(http.StatusUnauthorized, "Invalid old password")
	}
	return fields{"message": "User password changed"}, s.Accounts.SetPassword(r.account.ID, given.NewPassword, r.session)
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
	change := func(one *accounts.Account) { one.Role = given.Role }
	return fields{"message": "Organization user updated"}, s.Accounts.Change(id, change)
}
