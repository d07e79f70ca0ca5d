package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func text(object map[string]any, path ...string) string {
	value, _, _ := unstructured.NestedString(object, path...)
	return value
}

func list(object map[string]any, path ...string) []any {
	value, _, _ := unstructured.NestedSlice(object, path...)
	return value
}

// pod is the address of the ingress's pod.
func pod(t *testing.T) string {
	t.Helper()
	return text(ingressPod(t).Object, "status", "podIP")
}

func podName(t *testing.T) string {
	t.Helper()
	return ingressPod(t).GetName()
}

func ingressPod(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	pods, err := cluster.Resource(kinds["Pod"]).Namespace("emissary").List(context.Background(),
		metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=emissary-standin"})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range pods.Items {
		if found.GetDeletionTimestamp() == nil && text(found.Object, "status", "podIP") != "" {
			return &found
		}
	}
	t.Fatal("the ingress has no pod")
	return nil
}

func tryAdmin(path string) (string, error) {
	response, err := client.Get("http://" + admin + ":8877" + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s", path, response.Status)
	}
	return string(content), err
}

func readAdmin(t *testing.T, path string) string {
	t.Helper()
	content, err := tryAdmin(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readJSON(path string, into any) error {
	content, err := tryAdmin(path)
	if err == nil {
		err = json.Unmarshal([]byte(content), into)
	}
	return err
}

// metric adds up a metric's values whose labels contain the text.
func metric(t *testing.T, name, labels string) float64 {
	t.Helper()
	sum := 0.0
	for _, line := range strings.Split(readAdmin(t, "/metrics"), "\n") {
		series, number, found := strings.Cut(line, " ")
		if !found || strings.HasPrefix(line, "#") || !strings.Contains(series, labels) || !strings.HasPrefix(series, name+"{") {
			continue
		}
		var value float64
		if _, err := fmt.Sscan(number, &value); err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	return sum
}

// echo answers with what it was asked, and who it is.
type echo struct {
	name  string
	count atomic.Int64
	// status is what it answers with, 200 if it is 0.
	status atomic.Int64
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.count.Add(1)
	w.Header().Set("X-Served-By", e.name)
	if status := e.status.Load(); status != 0 {
		w.WriteHeader(int(status))
	}
	fmt.Fprintf(w, "%s %s%s", r.Method, r.Host, r.URL.RequestURI())
	for _, name := range []string{"X-Added", "L5d-Dst-Override", "X-Secret"} {
		if values := r.Header.Values(name); len(values) > 0 {
			fmt.Fprintf(w, "\n%s: %s", name, strings.Join(values, "|"))
		}
	}
}

// within fails unless the count lies within five standard deviations of what a share of n independent requests gives: of a
// million runs, one does not.
func within(t *testing.T, what string, count, n int, share float64) {
	t.Helper()
	expected := share * float64(n)
	bound := 5 * math.Sqrt(float64(n)*share*(1-share))
	t.Logf("%s: %d of %d, expected %.0f ± %.0f", what, count, n, expected, bound)
	if math.Abs(float64(count)-expected) > bound {
		t.Errorf("%s: %d of %d is not %.0f %%", what, count, n, 100*share)
	}
}

func errorf(format string, arguments ...any) error { return fmt.Errorf(format, arguments...) }

var patchOptions = metav1.PatchOptions{FieldManager: "ingress-test"}
