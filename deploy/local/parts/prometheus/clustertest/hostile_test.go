package clustertest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// question is a request to the gateway.
type question struct{ method, path, body string }

func (l learner) send(t *testing.T, q question) (int, string) {
	t.Helper()
	return send(t, l.token, q)
}

// send puts a question to the gateway with a token.
func send(t *testing.T, token string, q question) (int, string) {
	t.Helper()
	service, err := cluster.CoreV1().Services("linkerd-viz").Get(context.Background(), "metrics-api", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(q.method, "http://"+service.Spec.ClusterIP+":8085"+q.path, strings.NewReader(q.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	if q.body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestNoFormOfQuestionGivesAnothersNumbers(t *testing.T) {
	ada, ben := newLearner(t), newLearner(t)
	ben.awaitScrape(t)
	const query, span = "/api/v1/query", "&start=1700000000&end=1700000000&step=1"
	form := func(expression string) string { return "query=" + url.QueryEscape(expression) }
	now := url.QueryEscape(time.Now().Format(time.RFC3339))
	bens := `{namespace="` + ben.namespace + `"}`
	var asked []question
	for _, expression := range []string{
		"up" + bens, bens, `{__name__=~".+",namespace=~".+"}`, `{__name__="up",namespace!=""} or up`, `max_over_time(up` + bens + `[5m:10s])`,
		`up` + bens + ` offset 1s`, `up` + bens + ` @ end()`, `label_replace(up` + bens + `, "namespace", "` + ada.namespace + `", "", "")`,
		`up unless on(pod) up{namespace="` + ada.namespace + `"}`, `sum by (namespace) (count_over_time({__name__=~".+"}[5m]))`,
		`absent(up` + bens + `) or up`, `info(up` + bens + `)`, `up{"namespace"="` + ben.namespace + `"}`, `{"up", namespace="` + ben.namespace + `"}`,
		"up" + bens + "\n# " + ada.namespace, `up) or (up` + bens,
	} {
		asked = append(asked, question{"GET", query + "?" + form(expression), ""}, question{"POST", query, form(expression)},
			question{"GET", "/api/v1/query_range?" + form(expression) + "&start=" + now + "&end=" + now + "&step=15", ""})
	}
	asked = append(asked,
		question{"POST", query + "?" + form("up"), form("up" + bens)}, question{"POST", query + "?" + form("up"+bens), form("up")},
		question{"POST", query, form("up") + "&" + form("up"+bens)}, question{"GET", query + "/?" + form("up"+bens), ""},
		question{"GET", "//api/v1/query?" + form("up"+bens), ""}, question{"GET", "/api/v1/../v1/query?" + form("up"+bens), ""},
		question{"GET", "/federate?match[]=" + url.QueryEscape("up"+bens), ""}, question{"GET", "/api/v1/series?match[]=up" + span, ""},
		question{"POST", "/api/v1/series", "match[]=up"}, question{"GET", "/api/v1/labels", ""}, question{"GET", "/api/v1/label/namespace/values", ""},
		question{"GET", "/api/v1/targets", ""}, question{"GET", "/api/v1/targets/metadata", ""}, question{"GET", "/api/v1/metadata", ""},
		question{"POST", "/api/v1/read", ""}, question{"GET", "/api/v1/query_exemplars?" + form("up"+bens) + span, ""},
		question{"GET", "/api/v1/status/tsdb", ""}, question{"GET", "/api/v1/status/config", ""}, question{"GET", "/debug/pprof/heap", ""},
		question{"POST", "/api/v1/admin/tsdb/snapshot", ""}, question{"POST", "/-/reload", ""}, question{"GET", "/metrics", ""})
	for _, q := range asked {
		status, body := ada.send(t, q)
		if strings.Contains(strings.ReplaceAll(body, bens, ""), `"namespace":"`+ben.namespace) || status == http.StatusOK && strings.Contains(body, ben.namespace) {
			t.Errorf("%+v: %d %.300s", q, status, body)
		}
		// What only looks like another path leads to the query, which finds nothing.
		if !strings.HasPrefix(q.path, query) && status == http.StatusOK && !strings.Contains(body, `"result":[]`) {
			t.Errorf("%+v is answered: %.300s", q, body)
		}
	}
	if status, body := ben.send(t, question{"GET", query + "?" + form(bens), ""}); status != http.StatusOK || !strings.Contains(body, ben.namespace) {
		t.Errorf("the owner's own: %d %.300s", status, body)
	}
}

// flood answers a scrape with twice as many samples as a proxy may have, each time with others.
const flood = `use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 4191, Listen => 5, ReuseAddr => 1) or die; my $n = 0;
while (my $c = $s->accept) { while (<$c>) { last if /^\r?$/ } $n++; print $c "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n";
print $c "flood{scrape=\"$n\",number=\"$_\"} 1\n" for 1 .. 24000; close $c }`

func TestAPodThatHasTooManySamplesFillsNoMemory(t *testing.T) {
	own := newLearner(t)
	pod := scrapedPod()
	pod.Name = "flood"
	pod.Spec.Containers[0].Image, pod.Spec.Containers[0].Env = "seaworthy.local/toolbox:1", nil
	pod.Spec.Containers[0].Command = []string{"perl", "-e", flood}
	if _, err := cluster.CoreV1().Pods(own.namespace).Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	own.awaitScrape(t)
	for begun := time.Now(); ; time.Sleep(time.Second) {
		_, body := own.send(t, question{"GET", "/api/v1/query?query=" + url.QueryEscape(`scrape_samples_scraped{pod="flood"} > 20000 and on(pod) up == 0`), ""})
		if strings.Contains(body, `"pod":"flood"`) {
			break
		}
		if time.Since(begun) > waitTimeout {
			t.Fatalf("the flood was not scraped: %s", body)
		}
	}
	if _, body := own.send(t, question{"GET", "/api/v1/query?query=" + url.QueryEscape(`count(flood)`), ""}); !strings.Contains(body, `"result":[]`) {
		t.Errorf("the flood is kept: %s", body)
	}
	if found, err := cluster.CoreV1().Pods("linkerd-viz").List(context.Background(), metav1.ListOptions{LabelSelector: "component=prometheus"}); err != nil ||
		len(found.Items) != 1 || found.Items[0].Status.Phase != core.PodRunning {
		t.Errorf("Prometheus: %v, %v", found, err)
	}
}
