package main

import (
	"strings"
	"testing"
)

// HTTP API, "Data source": codes and messages.
func TestADataSourceIsAddedChangedAndDeleted(t *testing.T) {
	one := start(t)
	added := one.call(200, "POST", "/api/datasources", `{"name":"First","type":"prometheus","url":"http://prometheus:9090","access":"proxy",
		"isDefault":true,"jsonData":{"timeInterval":"30s","unknown":[1]}}`)
	one.expect(added, "message", "Datasource added", "name", "First", "datasource.version", "1",
		"datasource.jsonData.unknown", "[1]")
	path := "/api/datasources/uid/" + added.at("datasource.uid")
	one.call(409, "POST", "/api/datasources", `{"name":"First","type":"prometheus"}`)
	one.call(409, "POST", "/api/datasources", `{"name":"Other","type":"prometheus","uid":"`+added.at("datasource.uid")+`"}`)
	second := one.call(200, "POST", "/api/datasources", `{"name":"another","type":"prometheus","isDefault":true}`)
	one.expect(one.call(200, "GET", "/api/datasources", ""), "0.name", "another", "0.isDefault", "true", "1.isDefault", "false")
	one.expect(one.call(200, "PUT", path, `{"name":"Renamed","type":"prometheus","version":1}`), "message", "Datasource updated")
	one.call(409, "PUT", path, `{"name":"Renamed","type":"prometheus","version":1}`)
	one.call(409, "PUT", path, `{"name":"another","type":"prometheus","version":2}`)
	one.expect(one.call(200, "GET", "/api/datasources/name/Renamed", ""), "url", "")
	one.expect(second, "name", "another")
	one.expect(one.call(200, "DELETE", path, ""), "message", "Data source deleted")
	one.expect(one.call(404, "GET", path, ""), "message", "Data source not found")
	one.call(404, "DELETE", path, "")
}

func TestADataSourceThatCannotBeObeyedIsRefusedInWords(t *testing.T) {
	one := start(t)
	for body, expected := range map[string]string{
		`{"name":"x","type":"loki"}`:                                          "the type prometheus alone",
		`{"name":"x","type":"prometheus","access":"direct"}`:                  "not from the browser",
		`{"name":"x","type":"prometheus","url":"prometheus:9090"}`:            "Validation error, invalid URL",
		`{"name":"x","type":"prometheus","uid":"a b"}`:                        "illegal characters",
		`{"name":"x","type":"prometheus","jsonData":{"sigV4Auth":true}}`:      "sigV4Auth",
		`{"name":"x","type":"prometheus","jsonData":{"httpMethod":"PUT"}}`:    "httpMethod",
		`{"name":"x","type":"prometheus","jsonData":{"timeInterval":"abc"}}`:  "timeInterval",
		`{"name":"x","type":"prometheus","jsonData":{"httpHeaderName1":"X"}}`: "httpHeaderName1",
		`{"name":"x","type":"prometheus","secureJsonData":{"tlsCACert":"x"}}`: "tlsCACert",
		`{"name":"x","type":"prometheus","basicAuth":true}`:                   "basicAuth",
		`{"type":"prometheus"}`:                                               "needs a name",
	} {
		if found := one.call(400, "POST", "/api/datasources", body); !strings.Contains(found.at("message"), expected) {
			t.Errorf("%s: expected %q, got %s", body, expected, found.text)
		}
	}
}

func TestPrometheusNeverGetsThePasswordOfThePerson(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.call(200, "POST", "/api/datasources", `{"name":"x","uid":"x","type":"prometheus","url":"`+fake.URL+`/base?tenant=1"}`)
	one.call(200, "GET", "/api/datasources/proxy/uid/x/api/v1/labels?match[]=up", "")
	asked := fake.last()
	if asked.URL.Path != "/base/api/v1/labels" || asked.Header.Get("Authorization") != "" {
		t.Errorf("got %s %v", asked.URL, asked.Header)
	}
	if asked.Form.Get("tenant") != "1" || asked.Form.Get("match[]") != "up" {
		t.Errorf("got %v", asked.Form)
	}
}

// The plugin's routes: reading is free, of other methods only what reads by POST.
func TestTheProxyPassesWhatReads(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, "{}")
	const proxy = "/api/datasources/proxy/uid/prom/"
	one.call(200, "GET", proxy+"api/v1/label/job/values", "")
	one.call(200, "POST", proxy+"api/v1/query", "query=up")
	one.call(200, "GET", "/api/prometheus/prom/api/v1/rules", "")
	for _, call := range []string{"POST api/v1/admin/tsdb/delete_series", "DELETE api/v1/series", "PUT -/quit", "POST -/reload"} {
		method, path, _ := strings.Cut(call, " ")
		if found := one.call(403, method, proxy+path, ""); !strings.Contains(found.text, "non allow-listed") {
			t.Errorf("got %s", found.text)
		}
	}
	one.call(502, "GET", proxy+"moved", "")
	one.call(404, "GET", "/api/datasources/proxy/uid/none/api/v1/query", "")
}

// Scenario 7: the cause and the plugin's fixed sentence, then health again.
func TestTheHealthOfADataSourceIsThatOfItsPrometheus(t *testing.T) {
	fake, one := startPrometheus(t, `{"resultType":"scalar","result":[4,"2"]}`), start(t)
	one.addPrometheus(fake.URL, "{}")
	const path = "/api/datasources/uid/prom/health"
	one.expect(one.call(200, "GET", path, ""), "status", "OK", "message", "Successfully queried the Prometheus API.",
		"details.application", "Prometheus")
	fake.Close()
	found := one.call(400, "GET", path, "")
	one.expect(found, "status", "ERROR")
	if !strings.Contains(found.text, "connection refused") || !strings.Contains(found.text, " - There was an error returned querying the Prometheus API.") {
		t.Errorf("got %s", found.text)
	}
	one.expect(one.call(400, "GET", "/api/datasources/uid/a%20b/health", ""), "message", "UID is invalid")
}
