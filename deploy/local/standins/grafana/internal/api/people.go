package api

import (
	"net/http"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

func (s *Server) addPeople(mux *http.ServeMux) {
	s.route(mux, "GET /api/org", permission{role: accounts.Viewer, action: "orgs:read"}, func(*request) (any, error) {
		return fields{"id": orgID, "name": "Main Org.", "address": fields{}}, nil
	})
	s.route(mux, "GET /api/user", permission{}, s.showSelf)
	s.route(mux, "PUT /api/user/password", permission{}, reading(s.changeOwnPassword))
	s.route(mux, "GET /api/user/orgs", permission{}, func(r *request) (any, error) {
		return []fields{{"orgId": orgID, "name": "Main Org.", "role": r.account.Role}}, nil
	})
	s.route(mux, "GET /api/org/users", permission{role: accounts.Admin, action: "org.users:read"}, func(*request) (any, error) {
		all, err := s.Accounts.List(false)
		return shown(all, member, err)
	})
	s.route(mux, "PATCH /api/org/users/{id}", permission{role: accounts.Admin, action: "org.users:write"}, numbered(s.changeRole))
	admin := func(action string) permission { return permission{serverAdmin: true, action: action} }
	s.route(mux, "GET /api/users", admin("users:read"), s.listPeople)
	s.route(mux, "GET /api/users/{id}", admin("users:read"), numbered(func(_ *request, id int64) (any, error) {
		return s.profile(s.Accounts.Get(id, false))
	}))
	s.route(mux, "GET /api/users/lookup", admin("users:read"), func(r *request) (any, error) {
		return s.profile(s.Accounts.LookUp(r.URL.Query().Get("loginOrEmail")))
	})
	s.route(mux, "POST /api/admin/users", admin("users:create"), reading(s.addPerson))
	s.route(mux, "DELETE /api/admin/users/{id}", admin("users:delete"), numbered(func(_ *request, id int64) (any, error) {
		return done("User deleted", s.Accounts.Delete(id, false))
	}))
	s.route(mux, "PUT /api/admin/users/{id}/password", admin("users.password:write"), numbered(s.setPassword))
	s.route(mux, "PUT /api/admin/users/{id}/permissions", admin("users.permissions:write"), numbered(s.setServerAdmin))
}

// isPerson tells people from programs and from nobody in particular.
func (r *request) isPerson() bool { return !r.account.IsAnonymous && !r.account.IsService }

func (s *Server) showSelf(r *request) (any, error) {
	if !r.isPerson() {
		return nil, problem.New(http.StatusNotFound, "user not found")
	}
	return s.profile(r.account, nil)
}

func (s *Server) profile(one *accounts.Account, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return fields{
		"id": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "login": one.Login, "theme": "", "orgId": orgID,
		"isGrafanaAdmin": one.IsAdmin, "isDisabled": one.IsDisabled, "isExternal": false, "authLabels": []string{},
		"updatedAt": one.Updated, "createdAt": one.Created, "avatarUrl": "",
	}, nil
}

func member(one *accounts.Account) fields {
	return fields{
		"orgId": orgID, "userId": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "avatarUrl": "",
		"login": one.Login, "role": one.Role, "isDisabled": one.IsDisabled, "authLabels": []string{},
	}
}

func (s *Server) listPeople(r *request) (any, error) {
	all, err := s.Accounts.List(false)
	return shown(part(r, matching(r, all), "perpage"), func(one *accounts.Account) fields {
		return fields{
			"id": one.ID, "uid": one.UID, "name": one.Name, "login": one.Login, "email": one.Email, "avatarUrl": "",
			"isAdmin": one.IsAdmin, "isDisabled": one.IsDisabled, "authLabels": []string{},
		}
	}, err)
}

// matching picks those whose names hold the text that was asked for.
func matching(r *request, all []*accounts.Account) []*accounts.Account {
	found, query := []*accounts.Account{}, strings.ToLower(r.URL.Query().Get("query"))
	for _, one := range all {
		if strings.Contains(strings.ToLower(one.Login+" "+one.Email+" "+one.Name), query) {
			found = append(found, one)
		}
	}
	return found
}

type passwords struct {
	Password    string `json:"password"`
	OldPassword string `json:"oldPassword"`
	NewPassword string `json:"newPassword"`
}

func (s *Server) changeOwnPassword(r *request, given passwords) (any, error) {
	if !r.isPerson() {
		return nil, errUnauthorized
	}
	if _, err := s.Accounts.Authenticate(r.account.Login, given.OldPassword); err != nil {
		return nil, problem.New(http.StatusUnauthorized, "Invalid old password")
	}
	return done("User password changed", s.Accounts.SetPassword(r.account.ID, given.NewPassword, r.session))
}

func (s *Server) addPerson(_ *request, new accounts.NewPerson) (any, error) {
	new.Role = accounts.Role(s.Settings.AutoAssignRole)
	one, err := s.Accounts.AddPerson(new)
	return fields{"id": one.ID, "uid": one.UID, "message": "User created"}, err
}

func (s *Server) setPassword(r *request, id int64) (any, error) {
	return reading(func(_ *request, given passwords) (any, error) {
		return done("User password updated", s.Accounts.SetPassword(id, given.Password, ""))
	})(r)
}

func (s *Server) setServerAdmin(r *request, id int64) (any, error) {
	return reading(func(_ *request, given struct{ IsGrafanaAdmin bool }) (any, error) {
		return done("User permissions updated", s.Accounts.Change(id, func(one *accounts.Account) { one.IsAdmin = given.IsGrafanaAdmin }))
	})(r)
}

func (s *Server) changeRole(r *request, id int64) (any, error) {
	return reading(func(_ *request, given struct{ Role accounts.Role }) (any, error) {
		if !given.Role.IsKnown() {
			return nil, problem.New(http.StatusBadRequest, "Invalid role specified")
		}
		return done("Organization user updated", s.Accounts.Change(id, func(one *accounts.Account) { one.Role = given.Role }))
	})(r)
}
