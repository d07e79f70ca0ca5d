package kubeapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const coreResources = `{"resources":[
	{"name":"pods/status","kind":"Pod","namespaced":true},
	{"name":"endpoints","kind":"Endpoints","namespaced":true},
	{"name":"namespaces","kind":"Namespace","namespaced":false}]}`

const webhookResources = `{"resources":[{"name":"mutatingwebhookconfigurations","kind":"MutatingWebhookConfiguration","namespaced":false}]}`

func serve(t *testing.T, requests *[]string) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/api/v1":
			fmt.Fprint(w, coreResources)
		case "/apis/admissionregistration.k8s.io/v1":
			fmt.Fprint(w, webhookResources)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return &Client{http: server.Client(), server: server.URL, resources: map[string][]resource{}}
}

func TestAnObjectLivesWhereTheAPIServerSaysThatItsKindIsServed(t *testing.T) {
	var requests []string
	client := serve(t, &requests)
	for _, example := range []struct {
		reference Reference
		expected  string
	}{
		{Reference{"v1", "Endpoints", "default", "x"}, "/api/v1/namespaces/default/endpoints/x"},
		{Reference{"v1", "Namespace", "", "x"}, "/api/v1/namespaces/x"},
		{Reference{"admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "", "x"},
			"/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/x"},
	} {
		if path, err := client.pathOf(context.Background(), example.reference); err != nil || path != example.expected {
			t.Errorf("expected %s, got %s, %v", example.expected, path, err)
		}
	}
	if len(requests) != 2 {
		t.Errorf("each version is asked for once, not %v", requests)
	}
	if path, err := client.pathOf(context.Background(), Reference{"v1", "Endpoints", "", "x"}); err == nil {
		t.Errorf("Endpoints outside a namespace got the path %s", path)
	}
}

func TestAKindThatIsNotServedIsNamedAndAskedForAgain(t *testing.T) {
	var requests []string
	client := serve(t, &requests)
	for range 2 {
		_, err := client.pathOf(context.Background(), Reference{"v1", "Pod", "default", "x"})
		if err == nil || !strings.Contains(err.Error(), "the kind Pod of v1") {
			t.Errorf("got %v", err)
		}
	}
	if len(requests) != 2 {
		t.Errorf("got %v", requests)
	}
}

func TestAnObjectWithoutAKindIsRefused(t *testing.T) {
	if _, err := (Object{"apiVersion": "v1"}).Reference(); err == nil {
		t.Error("it was taken")
	}
}
