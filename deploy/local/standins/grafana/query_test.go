package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Scenario 6: one wrong query makes 400 of the whole, and the others' results stand.
func TestAQueryThatFailsLeavesTheResultsOfTheOthers(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, "{}")
	found := one.call(400, "POST", "/api/ds/query", `{"from":"0","to":"180000","queries":[
		{"refId":"A","datasource":{"uid":"prom","type":"prometheus"},"expr":"up"},
		{"refId":"B","datasource":{"uid":"prom"},"expr":"up{"}]}`)
	one.expect(found, "results.A.status", "200", "results.A.frames.0.schema.fields.1.name", "up",
		"results.B.status", "400", "results.B.error", "bad_data: parse error: unexpected end of input", "results.B.errorSource", "downstream")
}

// The frame's JSON: times in milliseconds, null for what JSON cannot hold, with its place.
func TestAFrameHoldsTimesValuesAndThePlacesOfWhatIsNoNumber(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, "{}")
	found := one.call(200, "POST", "/api/ds/query",
		`{"from":"0","to":"180000","queries":[{"datasource":{"uid":"prom"},"expr":"up","legendFormat":"{{job}} {{ none }}","range":true}]}`)
	one.expect(found,
		"results.A.frames.0.data.values", "[[60000,120000,180000],[1,null,null]]",
		"results.A.frames.0.data.entities", `[null,{"Inf":[2],"NaN":[1]}]`,
		"results.A.frames.0.schema.meta.type", "timeseries-multi", "results.A.frames.0.schema.meta.custom.resultType", "matrix",
		"results.A.frames.0.schema.fields.0.config.interval", "15000",
		"results.A.frames.0.schema.fields.1.config.displayNameFromDS", "a ",
		"results.A.frames.0.schema.fields.1.labels.job", "a")
}

func TestALegendIsTheMetricOrTheExpressionUnlessThePageIsToName(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, "{}")
	const path = "results.A.frames.0.schema.fields.1.config.displayNameFromDS"
	ask := func(format string) answer {
		return one.call(200, "POST", "/api/ds/query", fmt.Sprintf(
			`{"from":"0","to":"1","queries":[{"datasource":{"uid":"prom"},"expr":"sum(up)","legendFormat":%q}]}`, format))
	}
	one.expect(ask(""), path, `up{job="a"}`)
	one.expect(ask("__auto"), path, "<nothing>")
	fake.result = `{"resultType":"matrix","result":[{"metric":{},"values":[[60,"1"]]}]}`
	one.expect(ask(""), path, "sum(up)")
	fake.result = `{"resultType":"matrix","result":[]}`
	one.expect(ask(""), "results.A.frames.0.schema.fields", "[]", "results.A.frames.0.schema.meta.executedQueryString", "Expr: sum(up)\nStep: 15s")
}

// Scenario 8: 24 hours on 1000 pixels with scrapes of 15 s.
func TestTheIntervalsOfADayAreRoundedAndAligned(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, `{"timeInterval":"15s"}`)
	found := one.call(200, "POST", "/api/ds/query", `{"from":"1700000012345","to":"1700086412345","queries":[{"refId":"A",
		"datasource":{"uid":"prom"},"expr":"rate(x[$__rate_interval]) + ${__interval_ms} + $__range_s","maxDataPoints":1000,"intervalMs":60000}]}`)
	one.expect(found, "results.A.frames.0.schema.meta.executedQueryString", "Expr: rate(x[1m15s]) + 60000 + 86400\nStep: 1m0s")
	asked := fake.last()
	if asked.Method != "POST" || asked.URL.Path != "/api/v1/query_range" {
		t.Errorf("got %s %s", asked.Method, asked.URL)
	}
	if form := asked.Form; form.Get("start") != "1699999980" || form.Get("end") != "1700086380" || form.Get("step") != "60" {
		t.Errorf("got %v", form)
	}
}

func TestAnInstantIsAskedOnceAndBesideARangeTwice(t *testing.T) {
	fake, one := startPrometheus(t, `{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[12.345,"-Inf"]}]}`), start(t)
	one.addPrometheus(fake.URL, `{"httpMethod":"GET","queryTimeout":"20s"}`)
	ask := func(kind string) answer {
		return one.call(200, "POST", "/api/ds/query", `{"from":"1699999000000","to":"1700000012345","queries":[{"datasource":{"uid":"prom"},"expr":"x",`+kind+`}]}`)
	}
	found := ask(`"instant":true`)
	one.expect(found, "results.A.frames.0.data.values", "[[12345],[null]]", "results.A.frames.0.data.entities.1.NegInf", "[0]",
		"results.A.frames.0.schema.meta.type", "numeric-multi")
	asked := fake.last()
	if asked.Method != "GET" || asked.Form.Get("time") != "1700000012.345" || asked.Form.Get("timeout") != "20s" {
		t.Errorf("got %s %v", asked.Method, asked.Form)
	}
	before := len(fake.asked)
	if found = ask(`"instant":true,"range":true`); len(fake.asked) != before+2 || found.at("results.A.frames.1.schema.refId") != "A" {
		t.Errorf("%d requests, %s", len(fake.asked)-before, found.text)
	}
}

func TestARequestWithoutAQueryOrItsDataSourceIsRefused(t *testing.T) {
	one := start(t)
	one.expect(one.call(400, "POST", "/api/ds/query", `{"from":"now-1h","to":"now","queries":[]}`), "messageId", "query.noQueries")
	ask := func(status int, query string) answer {
		return one.call(status, "POST", "/api/ds/query", `{"from":"now-1h","to":"now","queries":[`+query+`]}`)
	}
	ask(400, `{"refId":"A","expr":"up"}`)
	ask(404, `{"refId":"A","expr":"up","datasource":{"uid":"none"}}`)
	if found := ask(400, `{"refId":"A","type":"math","datasource":{"uid":"__expr__"}}`); !strings.Contains(found.text, "stand-in") {
		t.Errorf("got %s", found.text)
	}
	one.call(400, "POST", "/api/ds/query", `{"from":"yesterday","to":"now","queries":[{"expr":"up","datasource":{"uid":"none"}}]}`)
}

func TestPrometheusOutOfReachIsAnErrorOfTheQuery(t *testing.T) {
	fake, one := startPrometheus(t, oneSeries), start(t)
	one.addPrometheus(fake.URL, "{}")
	fake.Close()
	found := one.call(400, "POST", "/api/ds/query", `{"from":"now-1h","to":"now","queries":[{"expr":"up","datasource":{"uid":"prom"}}]}`)
	one.expect(found, "results.A.status", "500", "results.A.errorSource", "downstream")
	if !strings.Contains(found.at("results.A.error"), "connection refused") {
		t.Errorf("got %s", found.text)
	}
}

// Runs against the Prometheus that TEST_PROMETHEUS_URL names, which has to scrape something.
func TestARealPrometheusAnswersLikeTheOneOfTheseTests(t *testing.T) {
	address := os.Getenv("TEST_PROMETHEUS_URL")
	if address == "" {
		t.Skip("not run: TEST_PROMETHEUS_URL names no Prometheus")
	}
	one := start(t)
	one.addPrometheus(address, `{"timeInterval":"5s"}`)
	one.call(200, "GET", "/api/datasources/uid/prom/health", "")
	found := one.call(400, "POST", "/api/ds/query", `{"from":"now-1m","to":"now","queries":[
		{"refId":"A","expr":"up","intervalMs":5000,"datasource":{"uid":"prom"}},
		{"refId":"B","expr":"up{","datasource":{"uid":"prom"}},
		{"refId":"C","expr":"0/0","instant":true,"datasource":{"uid":"prom"}},
		{"refId":"D","expr":"absent_metric","datasource":{"uid":"prom"}}]}`)
	one.expect(found, "results.A.frames.0.schema.fields.1.name", "up", "results.A.frames.0.schema.fields.0.config.interval", "5000",
		"results.B.status", "400", "results.C.frames.0.data.values.1", "[null]", "results.C.frames.0.schema.meta.custom.resultType", "scalar",
		"results.D.frames.0.schema.fields", "[]")
	if !strings.HasPrefix(found.at("results.B.error"), "bad_data: invalid parameter") {
		t.Errorf("got %s", found.at("results.B.error"))
	}
}
