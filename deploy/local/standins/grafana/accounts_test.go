package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Configure Docker, "admin_password"; HTTP API, "Organization": scenario 1 of the specification.
func TestThePasswordOfTheSettingsIsTheFirstAdministrators(t *testing.T) {
	one := start(t, "GF_SECURITY_ADMIN_PASSWORD=secret")
	one.expect(one.send("GET", "/api/health", "", http.Header{}), "database", "ok", "version", "12.4.3", "standInFor", "Grafana")
	one.expect(one.call(401, "GET", "/api/org", ""), "messageId", "password-auth.failed", "message", "Invalid username or password")
	one.password = "secret"
	found := one.call(200, "GET", "/api/org", "")
	one.expect(found, "id", "1", "name", "Main Org.")
	if found.header.Get("X-Stand-In") != "Grafana" {
		t.Errorf("nothing says that this is a stand-in: %v", found.header)
	}
	one.login = ""
	one.expect(one.call(401, "GET", "/api/org", ""), "message", "Unauthorized")
}

// defaults.ini: the password is set on the first start alone. Scenario 2.
func TestAnotherPasswordInTheSettingsChangesNothingWhileTheDatabaseLives(t *testing.T) {
	one := start(t, "GF_SECURITY_ADMIN_PASSWORD=first")
	one.restart("GF_SECURITY_ADMIN_PASSWORD=second")
	one.password = "first"
	one.call(200, "GET", "/api/user", "")
	one.password = "second"
	one.call(401, "GET", "/api/user", "")
}

func TestAPasswordComesFromAFileAndNotFromTwoPlaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := start(t, "GF_SECURITY_ADMIN_PASSWORD__FILE="+path)
	one.password = "from-a-file"
	one.call(200, "GET", "/api/user", "")
	if err := one.tryRestart("GF_SECURITY_ADMIN_PASSWORD__FILE="+path, "GF_SECURITY_ADMIN_PASSWORD=x"); err == nil {
		t.Error("both were taken")
	}
}

func TestASessionBeginsWithALoginAndEndsWithALogout(t *testing.T) {
	one := start(t)
	page := one.send("GET", "/d/abc/title?from=now-1h", "", http.Header{})
	if page.status != 302 || page.header.Get("Location") != "/login?redirect_to=%2Fd%2Fabc%2Ftitle%3Ffrom%3Dnow-1h" {
		t.Fatalf("got %d %v", page.status, page.header)
	}
	login := one.send("POST", "/login", `{"user":"admin","password":"admin"}`, http.Header{})
	one.expect(login, "message", "Logged in", "redirectUrl", "/")
	session := ""
	for _, cookie := range login.header.Values("Set-Cookie") {
		if strings.HasPrefix(cookie, "grafana_session=") {
			session = strings.Split(cookie, ";")[0]
		}
	}
	cookie := http.Header{"Cookie": {session}}
	one.expect(one.send("GET", "/api/user", "", cookie), "login", "admin", "isGrafanaAdmin", "true")
	if found := one.send("GET", "/d/abc/title", "", cookie); found.text != "this is index.html" {
		t.Errorf("got %d %s", found.status, found.text)
	}
	one.restart()
	one.expect(one.send("GET", "/api/user", "", cookie), "login", "admin")
	foreign := http.Header{"Cookie": {session}, "Origin": {"http://elsewhere.test"}}
	if found := one.send("POST", "/api/folders", `{"title":"x"}`, foreign); found.status != 403 {
		t.Errorf("another origin used the session: %d", found.status)
	}
	one.send("GET", "/logout", "", cookie)
	if found := one.send("GET", "/api/user", "", cookie); found.status != 401 {
		t.Errorf("the session goes on: %d", found.status)
	}
}

// Roles and permissions: a viewer reads, an editor saves dashboards, an administrator changes the rest.
func TestRolesSayWhatAPersonMayDo(t *testing.T) {
	one := start(t)
	created := one.call(200, "POST", "/api/admin/users", `{"login":"ada","email":"ada@example.test","password":"lovelace"}`)
	one.expect(created, "message", "User created")
	one.call(412, "POST", "/api/admin/users", `{"login":"ada","password":"lovelace"}`)
	as := func(role string) {
		one.login, one.password = "admin", "admin"
		one.call(200, "PATCH", "/api/org/users/"+created.at("id"), `{"role":"`+role+`"}`)
		one.login, one.password = "ada@example.test", "lovelace"
	}
	one.login, one.password = "ada", "lovelace"
	one.call(200, "GET", "/api/search", "")
	one.expect(one.call(403, "POST", "/api/dashboards/db", `{"dashboard":{"title":"x"}}`), "title", "Access denied")
	as("Editor")
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"title":"x"}}`)
	one.call(403, "POST", "/api/datasources", `{}`)
	as("Admin")
	one.call(400, "POST", "/api/datasources", `{}`)
	one.call(403, "POST", "/api/admin/users", `{"login":"bob","password":"builder"}`)
	one.call(403, "POST", "/api/admin/provisioning/dashboards/reload", "")
	one.login, one.password = "admin", "admin"
	one.expect(one.call(200, "GET", "/api/org/users", ""), "0.login", "admin", "1.login", "ada", "1.role", "Admin")
	bearer := one.send("GET", "/api/search", "", http.Header{"Authorization": {"Bearer glsa_x"}})
	if bearer.status != 401 || !strings.Contains(bearer.text, "has no tokens") {
		t.Errorf("got %d %s", bearer.status, bearer.text)
	}
}

func TestWhatIsNotKnownIsNamed(t *testing.T) {
	one := start(t)
	for _, call := range []string{"GET /api/playlists", "GET /api/annotations", "POST /api/serviceaccounts", "GET /api/datasources/1", "DELETE /api/admin/users/1", "PUT /api/user/password",
		"POST /api/snapshots", "GET /metrics",
		"GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards",
	} {
		method, path, _ := strings.Cut(call, " ")
		if found := one.call(404, method, path, ""); !strings.Contains(found.at("message"), "stand-in for Grafana, and it does not know "+call) {
			t.Errorf("got %s", found.text)
		}
	}
	if found := one.call(501, "POST", "/api/v1/provisioning/alert-rules", "{}"); !strings.Contains(found.text, "write alert rules in Prometheus") {
		t.Errorf("got %s", found.text)
	}
	one.expect(one.call(200, "GET", "/api/prometheus/grafana/api/v1/rules", ""), "status", "success", "data.groups", "[]")
	one.expect(one.call(400, "POST", "/api/folders", "{"), "message", "bad request data")
	one.call(413, "POST", "/api/folders", `{"title":"`+strings.Repeat("x", 9<<20)+`"}`)
}
