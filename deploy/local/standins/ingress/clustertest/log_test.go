package clustertest

import (
	"context"
	"regexp"
	"testing"

	"k8s.io/client-go/rest"
)

// logs reads what the ingress wrote lately.
func logs(t *testing.T) string {
	t.Helper()
	client, err := rest.UnversionedRESTClientFor(configuration)
	if err != nil {
		t.Fatal(err)
	}
	content, err := client.Get().AbsPath("/api/v1/namespaces/emissary/pods", podName(t), "log").Param("sinceSeconds", "300").DoRaw(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// Emissary's access log has the path that the client asked for, not the rewritten one, and Envoy's flags.
func TestEachRequestIsLoggedAsEmissaryDoes(t *testing.T) {
	lab := newLab(t)
	lab.mapping("missing", "prefix: /missing/, service: nobody")
	lab.awaitStatus(503, "/missing/here?q=1", header("User-Agent", "tester"))
	line := regexp.MustCompile(`(?m)^ACCESS \[[^]]+\] "GET /missing/here\?q=1 HTTP/1\.1" 503 UH 0 \d+ \d+ - "[0-9.]+" "tester" "[0-9a-f-]{36}" "` +
		regexp.QuoteMeta(lab.host) + `" "-"$`)
	lab.await("the line", func() error {
		if !line.MatchString(logs(t)) {
			return errorf("it is not there")
		}
		return nil
	})
}
