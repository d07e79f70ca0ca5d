package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	authentication "k8s.io/api/authentication/v1"
)

func TestEverySelectorOfAQueryIsLimitedToTheNamespace(t *testing.T) {
	for query, expected := range map[string]string{
		`up`:                            `up{namespace="own"}`,
		`{__name__=~".+"}`:              `{__name__=~".+",namespace="own"}`,
		`up{namespace="other"}`:         `up{namespace="own",namespace="other"}`,
		`a or b offset 5m`:              `a{namespace="own"} or b{namespace="own"} offset 5m`,
		`sum by (pod) (rate(a[5m]))`:    `sum by (pod) (rate(a{namespace="own"}[5m]))`,
		`max_over_time(up[1h:1m] @ 3)`:  `max_over_time(up{namespace="own"}[1h:1m] @ 3.000)`,
		`a / on (pod) group_left () b`:  `a{namespace="own"} / on (pod) group_left () b{namespace="own"}`,
		`vector(1)`:                     `vector(1)`,
		`absent(up{namespace="other"})`: `absent(up{namespace="own",namespace="other"})`,
	} {
		limited, err := enforce(query, "own")
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if sorted(limited) != sorted(expected) {
			t.Errorf("%s became %s, not %s", query, limited, expected)
		}
	}
}

// sorted makes texts equal that differ in the order of their characters only: matchers have no order.
func sorted(text string) string {
	counts := [256]int{}
	for at := range len(text) {
		counts[text[at]]++
	}
	content, _ := json.Marshal(counts)
	return string(content)
}

func TestAQueryThatIsNoneIsRefused(t *testing.T) {
	for _, query := range []string{"", "up{", "info(up)", "rate(up)", "up) or (up"} {
		if limited, err := enforce(query, "own"); err == nil {
			t.Errorf("%q became %q", query, limited)
		}
	}
}

// serve gives a gateway before a Prometheus that remembers what it was asked.
func serve(t *testing.T, asked *[]*http.Request) *httptest.Server {
	t.Helper()
	prometheus := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r)
		_, _ = w.Write([]byte(`{"status":"success"}`))
	}))
	t.Cleanup(prometheus.Close)
	address, _ := url.Parse(prometheus.URL)
	server := httptest.NewServer(newGateway(address, func(_ context.Context, token string) (string, error) {
		switch token {
		case "ada":
			return "own", nil
		case "broken":
			return "", errors.New("no API server")
		}
		return "", errNotAuthenticated
	}))
	t.Cleanup(server.Close)
	return server
}

func ask(t *testing.T, method, address, token, body string) int {
	t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestAQueryIsPassedOnForTheNamespaceOfItsToken(t *testing.T) {
	var asked []*http.Request
	server := serve(t, &asked)
	if status := ask(t, "GET", server.URL+"/api/v1/query?query=up&time=7&query=secret&namespace=other", "ada", ""); status != 200 {
		t.Fatalf("got %d", status)
	}
	if status := ask(t, "POST", server.URL+"/api/v1/query_range?query=secret", "ada", "query=up&start=1&end=2&step=1"); status != 200 {
		t.Fatalf("got %d", status)
	}
	for _, request := range asked {
		queries := request.URL.Query()["query"]
		if len(queries) != 1 || queries[0] != `up{namespace="own"}` {
			t.Errorf("Prometheus was asked %v", queries)
		}
		if request.Header.Get("Authorization") != "" || request.URL.Query().Has("namespace") {
			t.Errorf("it was told %v, %v", request.Header, request.URL)
		}
	}
	if len(asked) != 2 || asked[0].URL.Query().Get("time") != "7" || asked[1].URL.Query().Get("step") != "1" {
		t.Errorf("got %v", asked)
	}
}

func TestWhoeverIsUnknownIsToldNothing(t *testing.T) {
	var asked []*http.Request
	server := serve(t, &asked)
	for _, example := range []struct {
		path, token string
		expected    int
	}{
		{"/api/v1/query?query=up", "", 401},
		{"/api/v1/query?query=up", "forged", 401},
		{"/api/v1/query?query=up", "broken", 502},
		{"/api/v1/query?query=up{", "ada", 400},
		{"/api/v1/query", "ada", 400},
		{"/api/v1/query?query=" + strings.Repeat("x", 20<<10), "ada", 400},
		{"/api/v1/series?match[]=up", "ada", 404},
		{"/api/v1/label/namespace/values", "ada", 404},
		{"/api/v1/query/../series", "ada", 404},
		{"/metrics", "ada", 404},
		{"/federate?match[]=up", "ada", 404},
	} {
		if status := ask(t, "GET", server.URL+example.path, example.token, ""); status != example.expected {
			t.Errorf("%.60s by %q: got %d, expected %d", example.path, example.token, status, example.expected)
		}
	}
	if len(asked) != 0 {
		t.Errorf("Prometheus was asked %v", asked)
	}
}

func TestAPrometheusThatIsDownIsSaid(t *testing.T) {
	address, _ := url.Parse("http://127.0.0.1:1")
	server := httptest.NewServer(newGateway(address, func(context.Context, string) (string, error) { return "own", nil }))
	defer server.Close()
	if status := ask(t, "GET", server.URL+"/api/v1/query?query=up", "ada", ""); status != 502 {
		t.Errorf("got %d", status)
	}
}

func TestOnlyAServiceAccountHasANamespace(t *testing.T) {
	for _, example := range []struct {
		name          string
		authenticated bool
		expected      string
	}{
		{"system:serviceaccount:own:learner", true, "own"},
		{"system:serviceaccount:own:learner", false, ""},
		{"system:serviceaccount::learner", true, ""},
		{"system:serviceaccount:own", true, ""},
		{"system:node:seaworthy", true, ""},
		{"kubernetes-admin", true, ""},
	} {
		status := authentication.TokenReviewStatus{Authenticated: example.authenticated}
		status.User.Username = example.name
		namespace, err := namespaceOf(status)
		if namespace != example.expected || (err == nil) != (example.expected != "") {
			t.Errorf("%s: %q, %v", example.name, namespace, err)
		}
	}
}
