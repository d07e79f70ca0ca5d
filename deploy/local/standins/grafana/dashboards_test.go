package main

import (
	"strings"
	"testing"
)

// Scenario 3: version 1, then a mismatch, then version 2 by overwriting.
func TestADashboardThatSomebodyElseSavedIsNotOverwrittenUnasked(t *testing.T) {
	one := start(t)
	const first = `{"dashboard":{"uid":"abc","title":"Requests per second"}}`
	saved := one.call(200, "POST", "/api/dashboards/db", first)
	one.expect(saved, "status", "success", "version", "1", "url", "/d/abc/requests-per-second", "slug", "requests-per-second")
	one.expect(one.call(412, "POST", "/api/dashboards/db", first), "status", "version-mismatch",
		"message", "The dashboard has been changed by someone else")
	one.expect(one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"abc","title":"x"},"overwrite":true}`), "version", "2")
	one.expect(one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"abc","title":"x","version":2}}`), "version", "3")
	one.expect(one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"id":`+saved.at("id")+`,"title":"x","version":3}}`),
		"version", "4", "uid", "abc")
}

func TestWhatTheServerDoesNotKnowOfADashboardSurvives(t *testing.T) {
	one := start(t)
	const inner = `"panels":[{"z":1,"a":12345678901234567890,"type":"some-plugin","options":{"é":null,"list":[1.50,"<b>"]}}]`
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"abc","title":"x","schemaVersion":18,"__inputs":[{"name":"DS_PROMETHEUS"}],`+inner+`}}`)
	one.restart()
	found := one.call(200, "GET", "/api/dashboards/uid/abc", "")
	text := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(found.text)
	if !strings.Contains(text, inner) {
		t.Errorf("expected %s in %s", inner, text)
	}
	one.expect(found, "dashboard.schemaVersion", "18", "dashboard.__inputs.0.name", "DS_PROMETHEUS", "dashboard.version", "1",
		"meta.provisioned", "false", "meta.canSave", "true", "meta.folderTitle", "General", "meta.createdBy", "admin")
}

func TestADashboardThatGrafanaRefusesIsRefused(t *testing.T) {
	one := start(t)
	for body, expected := range map[string]string{
		`{"dashboard":{"title":" "}}`:                                              "empty-name",
		`{"dashboard":{"title":"` + strings.Repeat("x", 5001) + `"}}`:              "5000",
		`{"dashboard":{"title":"x","uid":"a/b"}}`:                                  "illegal characters",
		`{"dashboard":{"title":"x","uid":"` + strings.Repeat("x", 41) + `"}}`:      "max 40",
		`{"dashboard":{"title":"x","refresh":"1s"}}`:                               "refresh interval is too low",
		`{"dashboard":{"title":"x","isFolder":true}}`:                              "folders endpoint",
		`{"dashboard":{"title":"x"},"message":"` + strings.Repeat("x", 501) + `"}`: "max 500",
		`{}`: "bad request data",
	} {
		if found := one.call(400, "POST", "/api/dashboards/db", body); !strings.Contains(found.text, expected) {
			t.Errorf("%.60s: expected %q, got %s", body, expected, found.text)
		}
	}
	one.expect(one.call(404, "POST", "/api/dashboards/db", `{"dashboard":{"id":7,"title":"x"}}`), "status", "not-found")
	one.expect(one.call(404, "POST", "/api/dashboards/db", `{"dashboard":{"title":"x"},"folderUid":"none"}`), "status", "not-found")
}

func TestAFolderHoldsDashboardsAndTakesThemWithIt(t *testing.T) {
	one := start(t)
	one.expect(one.call(200, "POST", "/api/folders", `{"uid":"ops","title":"Operations"}`), "version", "1", "url", "/dashboards/f/ops/operations")
	one.call(409, "POST", "/api/folders", `{"uid":"ops","title":"Other"}`)
	one.call(400, "POST", "/api/folders", `{"title":""}`)
	one.call(400, "POST", "/api/folders", `{"title":"x","parentUid":"ops"}`)
	one.call(412, "PUT", "/api/folders/ops", `{"title":"Renamed"}`)
	one.expect(one.call(200, "PUT", "/api/folders/ops", `{"title":"Renamed","version":1}`), "version", "2", "title", "Renamed")
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"abc","title":"x"},"folderUid":"ops"}`)
	one.expect(one.call(200, "GET", "/api/dashboards/uid/abc", ""), "meta.folderUid", "ops", "meta.folderTitle", "Renamed")
	one.expect(one.call(200, "GET", "/api/folders", ""), "0.uid", "ops", "0.title", "Renamed")
	one.call(200, "DELETE", "/api/folders/ops", "")
	one.call(404, "GET", "/api/dashboards/uid/abc", "")
	one.expect(one.call(404, "GET", "/api/folders/ops", ""), "status", "not-found")
}

// HTTP API, "Folder/dashboard search".
func TestSearchGivesFoldersFirstAndThenByTitle(t *testing.T) {
	one := start(t)
	one.call(200, "POST", "/api/folders", `{"uid":"z","title":"Zoo"}`)
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"b","title":"beta","tags":["k8s","red"]},"folderUid":"z"}`)
	one.call(200, "POST", "/api/dashboards/db", `{"dashboard":{"uid":"a","title":"Alpha","tags":["k8s"]}}`)
	uids := func(query string) string {
		found := one.call(200, "GET", "/api/search?"+query, "")
		all := []string{}
		for _, place := range []string{"0", "1", "2", "3"} {
			if uid := found.at(place + ".uid"); uid != "<nothing>" {
				all = append(all, uid)
			}
		}
		return strings.Join(all, " ")
	}
	for query, expected := range map[string]string{
		"": "z a b", "query=BET": "b", "tag=k8s&tag=red": "b", "type=dash-folder": "z", "type=dash-db": "a b", "folderUIDs=z": "b",
		"folderUIDs=general&type=dash-db": "a", "limit=1&page=2": "a", "limit=1&page=9": "",
	} {
		if found := uids(query); found != expected {
			t.Errorf("%q: expected %q, got %q", query, expected, found)
		}
	}
	if found := one.call(400, "GET", "/api/search?starred=true", ""); !strings.Contains(found.text, "search parameter") {
		t.Errorf("got %s", found.text)
	}
	one.expect(one.call(200, "GET", "/api/search?query=beta", ""), "0.folderTitle", "Zoo", "0.type", "dash-db", "0.url", "/d/b/beta", "0.tags", `["k8s","red"]`)
}
