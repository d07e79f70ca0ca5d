package api

import (
	"encoding/json"
	"net/http"
	"os"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
)

const sessionCookie = "grafana_session"

var (
	errUnauthorized = problem.New(http.StatusUnauthorized, "Unauthorized")
	crossOrigin     = http.NewCrossOriginProtection()
)

func (s *Server) addSession(mux *http.ServeMux) {
	s.open(mux, "GET /api/health", s.health)
	s.open(mux, "POST /login", reading(s.login))
	s.open(mux, "GET /logout", s.logout)
}

// health is indented, as the real one's is, because people read it.
func (s *Server) health(r *request) (any, error) {
	body, status := fields{"database": "ok", "version": Version, "commit": Commit, "standInFor": "Grafana"}, http.StatusOK
	if _, err := os.Stat(s.Settings.Data); err != nil {
		body["database"], status = "failing", http.StatusServiceUnavailable
	}
	content, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		return nil, err
	}
	r.writer.Header().Set("Content-Type", "application/json; charset=UTF-8")
	r.writer.WriteHeader(status)
	_, err = r.writer.Write(content)
	return nil, err
}

// identify finds who asks: by a password or the session's cookie.
func (s *Server) identify(r *request) (err error) {
	if login, password, isBasic := r.BasicAuth(); isBasic {
		r.account, err = s.Accounts.Authenticate(login, password)
		return err
	}
	if r.Header.Get("Authorization") != "" {
		return problem.New(http.StatusUnauthorized, "This stand-in for Grafana has no tokens: send a login and a password")
	}
	if cookie, missing := r.Cookie(sessionCookie); missing == nil {
		r.account = s.Accounts.BySession(cookie.Value)
		if r.account != nil && crossOrigin.Check(r.Request) != nil {
			return problem.New(http.StatusForbidden, "origin not allowed")
		}
	}
	if r.account == nil {
		return errUnauthorized
	}
	return nil
}

func (s *Server) login(r *request, given struct{ User, Password string }) (any, error) {
	if crossOrigin.Check(r.Request) != nil {
		return nil, problem.New(http.StatusForbidden, "origin not allowed")
	}
	account, err := s.Accounts.Authenticate(given.User, given.Password)
	if err != nil {
		return nil, err
	}
	secret, err := s.Accounts.StartSession(account)
	if err != nil {
		return nil, err
	}
	setSession(r.writer, secret, 30*24*3600)
	return fields{"message": "Logged in", "redirectUrl": "/"}, nil
}

func setSession(w http.ResponseWriter, secret string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: secret, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) logout(r *request) (any, error) {
	if cookie, missing := r.Cookie(sessionCookie); missing == nil {
		if err := s.Accounts.EndSession(cookie.Value); err != nil {
			return nil, err
		}
	}
	setSession(r.writer, "", -1)
	http.Redirect(r.writer, r.Request, "/login", http.StatusFound)
	return nil, nil
}
