package preflight

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seaworthy/deploy/cluster/internal/pins"
)

func TestAChartIsRefusedOnAVersionThatItIsNotFor(t *testing.T) {
	release := pins.Release{Name: "linkerd", Version: "1.0.0"}
	for version, isFine := range map[string]bool{
		"v1.31.0": true, "v1.36.3": true, "v1.31.4-gke.1000": true, "v1.30.9": false, "v1.36.3+k3s1": true,
	} {
		if fault := Kubernetes(release, ">=1.31.0-0", version); (fault == "") != isFine {
			t.Errorf("%s: %q", version, fault)
		}
	}
	if fault := Kubernetes(release, "", "v1.2.3"); fault != "" {
		t.Error(fault)
	}
	if fault := Kubernetes(release, ">=1.31.0-0", "what"); !strings.Contains(fault, "cannot be read") {
		t.Error(fault)
	}
}

func TestWhatDoesNotAnswerInTimeIsNamed(t *testing.T) {
	stop := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer slow.Close()
	defer close(stop)
	private := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer private.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	defer gone.Close()
	faults := Unreachable(context.Background(), []Source{
		{URL: slow.URL, For: "the slow one"}, {URL: private.URL, For: "the private one"}, {URL: gone.URL, For: "the one that is gone"},
	}, 3*time.Second)
	if len(faults) != 2 || !strings.Contains(faults[0], "the slow one") || !strings.Contains(faults[1], "404") {
		t.Errorf("%v", faults)
	}
}

func TestEachSourceIsAskedOnce(t *testing.T) {
	missing := []pins.Release{{Repository: "https://example.org/charts/"}, {Repository: "https://example.org/charts/"}, {Repository: "oci://example.net/a/b"}}
	sources := Sources(nil, pins.Part{Images: []string{"example.net"}}, missing)
	var urls []string
	for _, source := range sources {
		urls = append(urls, source.URL)
	}
	if got := strings.Join(urls, " "); got != "https://example.org/charts/index.yaml https://example.net/v2/" {
		t.Error(got)
	}
}
