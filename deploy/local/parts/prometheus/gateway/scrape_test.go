package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestASeriesIsItsNameAndLabelsWhateverTheyHold(t *testing.T) {
	for line, expected := range map[string]string{
		`up 1`:                        `up`,
		`up{a="b"} 1`:                 `up{a="b"`,
		`up{a="}\"} 2",b="{"} 1 17`:   `up{a="}\"} 2",b="{"`,
		`up {a="b"} 1`:                `up {a="b"`,
		`up 1 # {trace="x"} 1`:        `up`,
		`{"up",a="b"} 1`:              `{"up",a="b"`,
		`up{a="never ends`:            `up{a="never ends`,
		`broken`:                      ``,
		`response_total{le="+Inf"} 4`: `response_total{le="+Inf"`,
	} {
		if got := string(seriesOf([]byte(line))); got != expected {
			t.Errorf("%s: %s, not %s", line, got, expected)
		}
	}
}

func TestANamespaceHasRoomForSoManySeriesAndKnownOnesGoOn(t *testing.T) {
	now := time.Unix(1000, 0)
	known := newBudget(limits{remembered: time.Hour, perNamespace: 10, all: 15, share: 2}, func() time.Time { return now })
	admitted := func(namespace string, from, to int) (count int) {
		for number := from; number < to; number++ {
			if known.admits(namespace, "target", fmt.Append(nil, "a", number)) {
				count++
			}
		}
		return count
	}
	for _, step := range []struct {
		namespace     string
		from, to      int
		expected      int
		what          string
		isAnHourLater bool
	}{
		{"flood", 0, 50, 10, "more than a namespace may have", false},
		{"flood", 0, 10, 10, "what is known already", false},
		{"other", 0, 8, 5, "more than all may have together", false},
		{"third", 0, 8, 2, "the share of one that comes late", false},
		{"flood", 50, 70, 10, "when the old ones are forgotten", true},
	} {
		if step.isAnHourLater {
			now = now.Add(2 * time.Hour)
		}
		if got := admitted(step.namespace, step.from, step.to); got != step.expected {
			t.Errorf("%s: %d were admitted", step.what, got)
		}
	}
}

func TestOnlyTheProxysPortIsPassedOnAndNoRedirectIsFollowed(t *testing.T) {
	scraper := newScraper(newBudget(standard, time.Now))
	for _, address := range []string{
		"http://10.0.0.1:80/metrics?namespace=a", "http://prometheus.linkerd-viz:4191/metrics?namespace=a", "http://10.0.0.1:4191/metrics", "/metrics?namespace=a",
	} {
		answer := httptest.NewRecorder()
		scraper.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, address, nil))
		if answer.Code != http.StatusForbidden {
			t.Errorf("%s: %d", address, answer.Code)
		}
	}
	asked := ""
	scraper.client.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		asked += r.URL.String() + " "
		answer := httptest.NewRecorder()
		http.Redirect(answer, r, "http://10.0.0.2:9090/metrics", http.StatusFound)
		return answer.Result(), nil
	})
	answer := httptest.NewRecorder()
	scraper.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://10.0.0.1:4191/metrics?namespace=a&target=b", nil))
	if answer.Code != http.StatusFound || asked != "http://10.0.0.1:4191/metrics " || answer.Header().Get("Location") != "" {
		t.Errorf("%d %v after %s", answer.Code, answer.Header(), asked)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (r roundTrip) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

func TestWhatHasNoRoomIsLeftOutAndTheRestIsAsItWas(t *testing.T) {
	var out strings.Builder
	scraper := newScraper(newBudget(limits{remembered: time.Hour, perNamespace: 2, all: 100}, time.Now))
	left, err := scraper.pass(&out, strings.NewReader("# TYPE a counter\na{b=\"1\"} 1\na{b=\"2\"} 2\na{b=\"3\"} 3\na{b=\"1\"} 4"), "own", "target")
	if err != nil || left != 1 || out.String() != "# TYPE a counter\na{b=\"1\"} 1\na{b=\"2\"} 2\na{b=\"1\"} 4\n" {
		t.Errorf("%d were left out, %v: %s", left, err, out.String())
	}
	if _, err := scraper.pass(&out, strings.NewReader("a{b=\""+strings.Repeat("x", maxLine)+"\"} 1"), "own", "target"); err == nil {
		t.Error("a line that never ends is read")
	}
}
