package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// answering is a server in Perl that logs each request and gives one answer; $n is the number of the request.
const answering = `use IO::Socket::INET; $| = 1; my $s = IO::Socket::INET->new(LocalPort => 4191, Listen => 5, ReuseAddr => 1) or die; my $n = 0;
while (my $c = $s->accept) { while (<$c>) { s/\r?\n//; last if !length; print "$_\n"; } $n++; print $c %s; close $c }`

// serve runs a pod that passes for a meshed one and answers scrapes by an expression in Perl.
func (l learner) serve(t *testing.T, name, answer string, labels map[string]string) {
	t.Helper()
	pod := scrapedPod()
	pod.Name = name
	for key, value := range labels {
		pod.Labels[key] = value
	}
	pod.Spec.Containers[0].Image, pod.Spec.Containers[0].Env = "seaworthy.local/toolbox:1", nil
	pod.Spec.Containers[0].Command = []string{"perl", "-e", fmt.Sprintf(answering, answer)}
	if _, err := cluster.CoreV1().Pods(l.namespace).Create(context.Background(), pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// await gives what a query finds once it finds something.
func (l learner) await(t *testing.T, query string) []series {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(time.Second) {
		if _, found := ask(t, l.token, query); len(found) > 0 {
			return found
		}
	}
	t.Fatalf("%s finds nothing", query)
	return nil
}

// asked gives the first lines of the requests that a pod was sent.
func (l learner) asked(t *testing.T, pod string) []string {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(time.Second) {
		log, err := cluster.CoreV1().Pods(l.namespace).GetLogs(pod, &core.PodLogOptions{}).DoRaw(context.Background())
		if err != nil {
			continue
		}
		var lines []string
		for _, line := range strings.Split(string(log), "\n") {
			if strings.HasPrefix(line, "GET ") {
				lines = append(lines, line)
			}
		}
		if len(lines) > 1 {
			return lines
		}
	}
	t.Fatalf("%s was not asked twice", pod)
	return nil
}

const headed = `"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"`

func TestATargetThatRedirectsIsNotFollowed(t *testing.T) {
	own := newLearner(t)
	for name, place := range map[string]string{"own": "http://127.0.0.1:9090/metrics", "foreign": "http://prometheus.linkerd-viz:9090/federate?match[]={job!=%22%22}"} {
		own.serve(t, name, `"HTTP/1.0 302 Found\r\nLocation: `+place+`\r\nContent-Length: 0\r\n\r\n"`, nil)
		own.asked(t, name)
		own.await(t, fmt.Sprintf(`up{pod=%q} == 0`, name))
		if _, found := ask(t, own.token, fmt.Sprintf(`{pod=%q,__name__!~"up|scrape_.*"}`, name)); len(found) != 0 {
			t.Errorf("%s: what the address of the redirect answers is kept: %.300v", name, found)
		}
	}
}

func TestAPodsLabelsSteerNoScrapeAndTakeNoLabelOfTheMesh(t *testing.T) {
	own := newLearner(t)
	forged := map[string]string{}
	for _, key := range []string{
		"linkerd.io/proxy-__param_target", "linkerd.io/x-__param_target", "linkerd.io/proxy-__scheme", "param_target", "a__param_x",
		"classification", "linkerd.io/classification", "linkerd.io/proxy-classification", "direction", "tls", "linkerd.io/status_code", "le",
		"dst_deployment", "deployment", "linkerd.io/deployment", "statefulset", "k8s_job", "workload_ns", "control_plane_ns", "exported_pod", "instance",
		"linkerd.io/instance", "linkerd.io/namespace", "linkerd.io/proxy-pod", "linkerd.io/proxy-instance",
	} {
		forged[key] = "forged"
	}
	forged["linkerd.io/workload-ns"], forged["version"] = own.namespace, "v2"
	own.serve(t, "labels", headed+`, qq(response_total{direction="inbound",tls="true",classification="failure",status_code="500",namespace="kube-system",pod="other"} 7 4102444800000\n)`, forged)
	metric := own.await(t, `response_total{pod="labels"}`)[0].Metric
	for label, want := range map[string]string{
		"namespace": own.namespace, "pod": "labels", "job": "linkerd-proxy", "deployment": "qotm", "workload_ns": own.namespace, "control_plane_ns": "linkerd",
		"direction": "inbound", "tls": "true", "classification": "failure", "status_code": "500", "le": "", "dst_deployment": "", "statefulset": "", "k8s_job": "",
		"exported_namespace": "kube-system", "exported_pod": "other", "version": "v2", "app": "qotm",
	} {
		if metric[label] != want {
			t.Errorf("%s is %q, not %q", label, metric[label], want)
		}
	}
	if strings.HasPrefix(metric["instance"], "forged") {
		t.Errorf("the instance is %s", metric["instance"])
	}
	for _, line := range own.asked(t, "labels") {
		if line != "GET /metrics HTTP/1.1" {
			t.Errorf("the pod's labels are in its request: %s", line)
		}
	}
}

// number reads one number of Prometheus as the platform asks it.
func number(t *testing.T, query string) float64 {
	t.Helper()
	answer := struct {
		Data struct{ Result []struct{ Value [2]any } }
	}{}
	service := cluster.CoreV1().Services("linkerd-viz").ProxyGet("http", "prometheus", "9090", "api/v1/query", map[string]string{"query": query})
	content, err := service.DoRaw(context.Background())
	if err == nil {
		err = json.Unmarshal(content, &answer)
	}
	if err != nil || len(answer.Data.Result) != 1 {
		t.Fatalf("%s: %v %s", query, err, content)
	}
	value := 0.0
	if _, err := fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// maxSeries is what the gateway lets a namespace have.
const maxSeries = 40000

func TestPodsThatChangeTheirSeriesAtEveryScrapeHaveSoMuchMemoryAndNoMore(t *testing.T) {
	own, other := newLearner(t), newLearner(t)
	other.awaitScrape(t)
	const series, memory = `prometheus_tsdb_head_series`, `process_resident_memory_bytes{job="prometheus"}`
	before, memoryBefore := number(t, series), number(t, memory)
	for pod := range 10 {
		// Below the limit of one scrape; ten of them have more than a namespace's share after one round.
		own.serve(t, fmt.Sprintf("churn-%d", pod), headed+`, map { "churn{scrape=\"$n\",number=\"$_\"} 1\n" } 1 .. 9900`, nil)
	}
	for pod := range 10 {
		own.asked(t, fmt.Sprintf("churn-%d", pod))
	}
	// Every scrape brings 99,000 new ones.
	for range 4 {
		time.Sleep(10 * time.Second)
		t.Logf("%.0f series more, %.0f MB more", number(t, series)-before, (number(t, memory)-memoryBefore)/1e6)
	}
	if grown := number(t, series) - before; grown > maxSeries+20000 {
		t.Errorf("there are %.0f series more", grown)
	}
	if kept := number(t, fmt.Sprintf(`count(count_over_time(churn{namespace=%q}[10m]))`, own.namespace)); kept > maxSeries {
		t.Errorf("%.0f of them are kept", kept)
	}
	// The others' are read as before.
	if found, _ := other.send(t, question{"GET", "/api/v1/query?query=" + url.QueryEscape(`up == 1`), ""}); found != 200 {
		t.Errorf("the other's question: %d", found)
	}
	if found := other.await(t, `up == 1`); len(found) != 1 {
		t.Errorf("the other's pods: %v", found)
	}
}
