package api

import (
	"net/http"
	"strings"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

func (s *Server) addPeople(mux *http.ServeMux) {
	org := permission{role: accounts.Viewer, action: "orgs:read"}
	s.route(mux, "GET /api/org", org, func(*request) (any, error) {
		return fields{"id": orgID, "name": "Main Org.", "address": fields{}}, nil
	})
	s.route(mux, "GET /api/user", permission{}, s.showSelf)
	s.route(mux, "PUT /api/user/password", permission{}, s.changeOwnPassword)
	s.route(mux, "GET /api/user/orgs", permission{}, func(r *request) (any, error) {
		return []fields{{"orgId": orgID, "name": "Main Org.", "role": r.account.Role}}, nil
	})
	s.route(mux, "GET /api/org/users", permission{role: accounts.Admin, action: "org.users:read"}, s.listMembers)
	s.route(mux, "PATCH /api/org/users/{id}", permission{role: accounts.Admin, action: "org.users:write"}, s.changeRole)
	admin := func(action string) permission { return permission{serverAdmin: true, action: action} }
	s.route(mux, "GET /api/users", admin("users:read"), s.listPeople)
	s.route(mux, "GET /api/users/{id}", admin("users:read"), s.showPerson)
	s.route(mux, "GET /api/users/lookup", admin("users:read"), s.lookUpPerson)
	s.route(mux, "POST /api/admin/users", admin("users:create"), s.addPerson)
	s.route(mux, "DELETE /api/admin/users/{id}", admin("users:delete"), s.deletePerson)
	s.route(mux, "PUT /api/admin/users/{id}/password", admin("users.password:write"), s.setPassword)
	s.route(mux, "PUT /api/admin/users/{id}/permissions", admin("users.permissions:write"), s.setServerAdmin)
}

func (s *Server) showSelf(r *request) (any, error) {
	if r.account.IsAnonymous || r.account.IsService {
		return nil, problem.New(http.StatusNotFound, "user not found")
	}
	return profile(r.account), nil
}

func profile(one *accounts.Account) fields {
	return fields{
		"id": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "login": one.Login, "theme": "", "orgId": orgID,
		"isGrafanaAdmin": one.IsAdmin, "isDisabled": one.IsDisabled, "isExternal": false, "authLabels": []string{},
		"updatedAt": one.Updated, "createdAt": one.Created, "avatarUrl": "",
	}
}

func (s *Server) changeOwnPassword(r *request) (any, error) {
	var given struct {
		OldPassword string `json:"oldPassword"`
		NewPassword string `json:"newPassword"`
	}
	if err := r.read(&given); err != nil {
		return nil, err
	}
	if r.account.IsAnonymous || r.account.IsService {
		return nil, errUnauthorized
	}
	if _, err := s.Accounts.Authenticate(r.account.Login, given.OldPassword); err != nil {
		return nil, problem.New(http.StatusUnauthorized, "Invalid old password")
	}
	if err := s.Accounts.SetPassword(r.account.ID, given.NewPassword, r.session); err != nil {
		return nil, err
	}
	return fields{"message": "User password changed"}, nil
}

func (s *Server) listMembers(*request) (any, error) {
	all, err := s.Accounts.List(false)
	members := make([]fields, 0, len(all))
	for _, one := range all {
		members = append(members, fields{
			"orgId": orgID, "userId": one.ID, "uid": one.UID, "email": one.Email, "name": one.Name, "avatarUrl": "",
			"login": one.Login, "role": one.Role, "isDisabled": one.IsDisabled, "authLabels": []string{},
		})
	}
	return members, err
}

func (s *Server) listPeople(r *request) (any, error) {
	all, err := s.Accounts.List(false)
	people, query := []fields{}, strings.ToLower(r.URL.Query().Get("query"))
	for _, one := range all {
		if strings.Contains(strings.ToLower(one.Login+" "+one.Email+" "+one.Name), query) {
			people = append(people, fields{
				"id": one.ID, "uid": one.UID, "name": one.Name, "login": one.Login, "email": one.Email, "avatarUrl": "",
				"isAdmin": one.IsAdmin, "isDisabled": one.IsDisabled, "authLabels": []string{},
			})
		}
	}
	return part(people, r.count("page", 1, 1000), r.count("perpage", 1000, 5000)), err
}

// part cuts one page out of a list.
func part[T any](all []T, page, size int) []T {
	start := min(len(all), (page-1)*size)
	return all[start:min(len(all), start+size)]
}

func (s *Server) showPerson(r *request) (any, error) {
	id, err := r.number("id")
	if err != nil {
		return nil, err
	}
	one, err := s.Accounts.Get(id, false)
	if err != nil {
		return nil, err
	}
	return profile(one), nil
}

func (s *Server) lookUpPerson(r *request) (any, error) {
	all, err := s.Accounts.List(false)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if wanted := r.URL.Query().Get("loginOrEmail"); wanted != "" && (one.Login == wanted || one.Email == wanted) {
			return profile(one), nil
		}
	}
	return nil, problem.New(http.StatusNotFound, "user not found")
}

func (s *Server) addPerson(r *request) (any, error) {
	var new accounts.NewPerson
	if err := r.read(&new); err != nil {
		return nil, err
	}
	new.Role = accounts.Role(s.Settings.AutoAssignRole)
	one, err := s.Accounts.AddPerson(new)
	if err != nil {
		return nil, err
	}
	return fields{"id": one.ID, "uid": one.UID, "message": "User created"}, nil
}

func (s *Server) deletePerson(r *request) (any, error) {
	id, err := r.number("id")
	if err == nil {
		err = s.Accounts.Delete(id, false)
	}
	return fields{"message": "User deleted"}, err
}

func (s *Server) setPassword(r *request) (any, error) {
	var given struct {
		Password string `json:"password"`
	}
	id, err := r.number("id")
	if err == nil {
		err = r.read(&given)
	}
	if err == nil {
		err = s.Accounts.SetPassword(id, given.Password, "")
	}
	return fields{"message": "User password updated"}, err
}

func (s *Server) setServerAdmin(r *request) (any, error) {
	var given struct {
		IsGrafanaAdmin bool `json:"isGrafanaAdmin"`
	}
	id, err := r.number("id")
	if err == nil {
		err = r.read(&given)
	}
	if err == nil {
		_, err = s.Accounts.Change(id, false, func(one *accounts.Account) error {
			one.IsAdmin = given.IsGrafanaAdmin
			return nil
		})
	}
	return fields{"message": "User permissions updated"}, err
}

func (s *Server) changeRole(r *request) (any, error) {
	var given struct {
		Role accounts.Role `json:"role"`
	}
	id, err := r.number("id")
	if err == nil {
		err = r.read(&given)
	}
	if err == nil && !given.Role.IsKnown() {
		err = problem.New(http.StatusBadRequest, "Invalid role specified")
	}
	if err == nil {
		_, err = s.Accounts.Change(id, false, func(one *accounts.Account) error {
			one.Role = given.Role
			return nil
		})
	}
	return fields{"message": "Organization user updated"}, err
}

func (s *Server) addServiceAccounts(mux *http.ServeMux) {
	const base = "/api/serviceaccounts"
	admin := func(verb string) permission {
		return permission{role: accounts.Admin, action: "serviceaccounts:" + verb}
	}
	s.route(mux, "GET "+base+"/search", admin("read"), s.searchServiceAccounts)
	s.route(mux, "POST "+base, admin("create"), s.addServiceAccount)
	s.route(mux, "GET "+base+"/{id}", admin("read"), s.showServiceAccount)
	s.route(mux, "DELETE "+base+"/{id}", admin("delete"), func(r *request) (any, error) {
		id, err := r.number("id")
		if err == nil {
			err = s.Accounts.Delete(id, true)
		}
		return fields{"message": "Service account deleted"}, err
	})
	s.route(mux, "GET "+base+"/{id}/tokens", admin("read"), s.listTokens)
	s.route(mux, "POST "+base+"/{id}/tokens", admin("write"), s.addToken)
	s.route(mux, "DELETE "+base+"/{id}/tokens/{token}", admin("write"), func(r *request) (any, error) {
		id, err := r.number("id")
		token, badToken := r.number("token")
		if err == nil {
			err = badToken
		}
		if err == nil {
			err = s.Accounts.DeleteToken(id, token)
		}
		return fields{"message": "API key deleted"}, err
	})
}

func serviceAccount(one *accounts.Account, tokens int) fields {
	return fields{
		"id": one.ID, "uid": one.UID, "name": one.Name, "login": one.Login, "orgId": orgID, "isDisabled": one.IsDisabled,
		"role": one.Role, "tokens": tokens, "avatarUrl": "", "createdAt": one.Created, "updatedAt": one.Updated,
	}
}

func (s *Server) searchServiceAccounts(r *request) (any, error) {
	all, err := s.Accounts.List(true)
	if err != nil {
		return nil, err
	}
	found, query := []fields{}, strings.ToLower(r.URL.Query().Get("query"))
	for _, one := range all {
		if !strings.Contains(strings.ToLower(one.Name+" "+one.Login), query) {
			continue
		}
		tokens, err := s.Accounts.ListTokens(one.ID)
		if err != nil {
			return nil, err
		}
		found = append(found, serviceAccount(one, len(tokens)))
	}
	page, size := r.count("page", 1, 1000), r.count("perpage", 1000, 1000)
	return fields{"totalCount": len(found), "serviceAccounts": part(found, page, size), "page": page, "perPage": size}, nil
}

func (s *Server) addServiceAccount(r *request) (any, error) {
	var given struct {
		Name       string        `json:"name"`
		Role       accounts.Role `json:"role"`
		IsDisabled bool          `json:"isDisabled"`
	}
	if err := r.read(&given); err != nil {
		return nil, err
	}
	one, err := s.Accounts.AddService(given.Name, given.Role, given.IsDisabled)
	if err != nil {
		return nil, err
	}
	return reply{http.StatusCreated, serviceAccount(one, 0)}, nil
}

func (s *Server) showServiceAccount(r *request) (any, error) {
	id, err := r.number("id")
	if err != nil {
		return nil, err
	}
	one, err := s.Accounts.Get(id, true)
	if err != nil {
		return nil, err
	}
	tokens, err := s.Accounts.ListTokens(id)
	return serviceAccount(one, len(tokens)), err
}

func (s *Server) listTokens(r *request) (any, error) {
	id, err := r.number("id")
	if err != nil {
		return nil, err
	}
	all, err := s.Accounts.ListTokens(id)
	list := make([]fields, 0, len(all))
	for _, one := range all {
		list = append(list, fields{
			"id": one.ID, "name": one.Name, "created": one.Created, "expiration": one.Expires, "hasExpired": one.HasExpired(),
		})
	}
	return list, err
}

func (s *Server) addToken(r *request) (any, error) {
	var given struct {
		Name          string `json:"name"`
		SecondsToLive int64  `json:"secondsToLive"`
	}
	id, err := r.number("id")
	if err == nil {
		err = r.read(&given)
	}
	if err != nil {
		return nil, err
	}
	token, secret, err := s.Accounts.AddToken(id, given.Name, time.Duration(given.SecondsToLive)*time.Second)
	if err != nil {
		return nil, err
	}
	return fields{"id": token.ID, "name": token.Name, "key": secret}, nil
}
