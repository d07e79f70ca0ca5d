package prometheus

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// run sends a query to a server that answers with the given text.
func run(t *testing.T, text string) *Result {
	t.Helper()
	fake := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
	defer fake.Close()
	asked := query(time.Hour, 100, "")
	asked.RefID = "A"
	return (&Server{URL: fake.URL, Method: http.MethodPost}).Run(context.Background(), asked, time.Minute)
}

func TestWhatIsNotShownIsSaid(t *testing.T) {
	for text, expected := range map[string]string{
		`{"status":"success","data":{"resultType":"string","result":[1,"text"]}}`: `results of the type "string"`,
		`<html>`: "not of Prometheus' API",
		`{"status":"success","data":{"resultType":"matrix","result":[{"values":[["x","1"]]}]}}`: "is not a sample",
		`{"status":"success","data":` + strings.Repeat(" ", maxAnswer) + `null}`:                "larger than 16 MiB",
	} {
		if result := run(t, text); result.Status != http.StatusInternalServerError || !strings.Contains(result.Error, expected) {
			t.Errorf("%.100s: got %+v", text, result)
		}
	}
}

func TestWarningsAndHistogramsBecomeNotices(t *testing.T) {
	result := run(t, `{"status":"success","warnings":["slow"],"infos":["not a counter"],"data":{"resultType":"matrix","result":[
		{"metric":{"job":"a"},"histograms":[[1,{"count":"1"}]]}]}}`)
	if result.Error != "" || len(result.Frames) != 1 || len(result.Frames[0].Schema.Fields) != 0 {
		t.Fatalf("got %+v", result)
	}
	found := fmt.Sprint(result.Frames[0].Schema.Meta.Notices)
	for _, expected := range []string{"{warning slow}", "{info not a counter}", "native histograms of 1 series"} {
		if !strings.Contains(found, expected) {
			t.Errorf("%q is not in %s", expected, found)
		}
	}
}
