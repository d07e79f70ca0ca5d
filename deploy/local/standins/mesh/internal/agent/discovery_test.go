package agent

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

func ask(t *testing.T, d *discovery, path, question string) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	d.ServeHTTP(recorder, httptest.NewRequest("POST", path, strings.NewReader(question)))
	return recorder.Body.String()
}

func TestAQuestionWaitsForAnotherVersion(t *testing.T) {
	d := newDiscovery()
	d.replace(map[string]json.RawMessage{"clusters": json.RawMessage(`["a"]`), "endpoints/web": json.RawMessage(`["b"]`)})
	first := struct {
		Version   string   `json:"version_info"`
		Resources []string `json:"resources"`
	}{}
	if err := json.Unmarshal([]byte(ask(t, d, "/v3/discovery:clusters", `{}`)), &first); err != nil || first.Resources[0] != "a" {
		t.Fatalf("%+v, %v", first, err)
	}
	if got := ask(t, d, "/v3/discovery:endpoints", `{"resource_names": ["web"]}`); !strings.Contains(got, `["b"]`) {
		t.Errorf("endpoints: %s", got)
	}
	answered := make(chan string)
	go func() { answered <- ask(t, d, "/v3/discovery:clusters", `{"version_info": "`+first.Version+`"}`) }()
	d.replace(map[string]json.RawMessage{"clusters": json.RawMessage(`["c"]`)})
	if got := <-answered; !strings.Contains(got, `["c"]`) {
		t.Errorf("afterwards: %s", got)
	}
}

func TestWhatEnvoyRefusesItIsNotAskedToTakeAgain(t *testing.T) {
	d := newDiscovery()
	d.set("clusters", json.RawMessage(`["a"]`))
	if found, _ := d.newer("clusters", "older"); found.content == nil {
		t.Fatal("the first time it was not sent")
	}
	if found, _ := d.newer("clusters", "older"); found.content != nil {
		t.Error("it was sent again")
	}
	d.set("clusters", json.RawMessage(`["b"]`))
	if found, _ := d.newer("clusters", "older"); found.content == nil {
		t.Error("the next one was not sent")
	}
}
