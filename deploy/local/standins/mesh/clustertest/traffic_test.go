package clustertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

// fault has all pods of a workload, or one, misbehave.
func fault(t *testing.T, address, content string) {
	t.Helper()
	read(t, "POST", "http://"+address+":8080/fault", content)
}

func pair(t *testing.T, replicas int, annotations string) string {
	t.Helper()
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "", replicas)
	service(t, ns, "qotm", annotations)
	workload(t, ns, "client", "client", "", 1)
	answers(t, ns, "client", "http://qotm/", "200")
	return ns
}

func TestMetricsCountEachRequestOnceOnBothSides(t *testing.T) {
	ns := pair(t, 2, "")
	authority := []string{`authority="qotm.` + ns + `.svc.cluster.local:80"`, `dst_deployment="qotm"`}
	// The pair was seen to work by a request or, on a busy machine, by a few.
	requests := settled(t, ns, "client", "request_total", authority...)
	before := map[string]float64{}
	for workload, direction := range map[string]string{"client": "outbound", "qotm": "inbound"} {
		before[workload] = settled(t, ns, workload, "response_total", answered(direction, "200")...)
	}
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 1}`)
	got := statuses(t, ns, "client", "http://qotm/", 200)
	if got["200"]+got["500"] != 200 || got["500"] == 0 || got["200"] == 0 {
		t.Fatalf("answers: %v", got)
	}
	for status, outcome := range map[string]string{"200": "success", "500": "failure"} {
		for workload, direction := range map[string]string{"client": "outbound", "qotm": "inbound"} {
			want := float64(got[status])
			if status == "200" {
				want += before[workload]
			}
			labels := answered(direction, status)
			counted(t, want, ns, workload, "response_latency_ms_count", labels...)
			counted(t, want, ns, workload, "response_total", append(labels, `classification="`+outcome+`"`)...)
		}
	}
	counted(t, requests+200, ns, "client", "request_total", authority...)
}

func answered(direction, status string) []string {
	return []string{`direction="` + direction + `"`, `target_port="8080"`, `tls="true"`, `status_code="` + status + `"`}
}

func TestRequestsOfOneConnectionAreBalanced(t *testing.T) {
	ns := pair(t, 2, "")
	inbound := settled(t, ns, "qotm", "request_total", `tls="true"`)
	outbound := settled(t, ns, "client", "request_total", `dst_deployment="qotm"`)
	shell(t, ns, "client", `curl -s -o /dev/null "http://qotm/?[1-100]"`)
	counted(t, inbound+100, ns, "qotm", "request_total", `tls="true"`)
	counted(t, outbound+100, ns, "client", "request_total", `dst_deployment="qotm"`)
	for _, address := range addresses(t, ns, "qotm") {
		if got := metric(t, ns, "client", "request_total", `target_ip="`+address+`"`); got < 20 {
			t.Errorf("%s got %v of 100 requests", address, got)
		}
	}
}

func TestRetriesHideMostFailures(t *testing.T) {
	ns := pair(t, 1, `retry.linkerd.io/http: 5xx, retry.linkerd.io/limit: "2"`)
	before := settled(t, ns, "client", "request_total", `direction="outbound"`, `dst_deployment="qotm"`)
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 0.5}`)
	got := statuses(t, ns, "client", "http://qotm/", 400)
	// Three attempts fail of eight times once: 50 of 400. Attempts are 700 of 400. One run in 100,000 is beyond the bounds.
	if got["500"] < 20 || got["500"] > 80 || got["200"]+got["500"] != 400 {
		t.Errorf("answers: %v", got)
	}
	attempts := settled(t, ns, "client", "request_total", `direction="outbound"`, `dst_deployment="qotm"`) - before
	if attempts < 620 || attempts > 780 {
		t.Errorf("%v attempts for 400 requests", attempts)
	}
}

func TestATimeoutAnswers504WithTheProxysError(t *testing.T) {
	ns := pair(t, 1, "timeout.linkerd.io/request: 500ms")
	before := settled(t, ns, "client", "response_total", `direction="outbound"`, `dst_deployment="qotm"`, `classification="failure"`)
	fault(t, addresses(t, ns, "qotm")[0], `{"latency_ms": 2000}`)
	headers := shell(t, ns, "client", "curl -s -i http://qotm/")
	if !strings.HasPrefix(headers, "HTTP/1.1 504") || !strings.Contains(headers, "l5d-proxy-error: ") {
		t.Errorf("the client gets %q", headers)
	}
	counted(t, before+1, ns, "client", "response_total", `direction="outbound"`, `dst_deployment="qotm"`, `classification="failure"`)
}

func TestFailureAccrualLeavesOutAnEndpointAfterFailuresInARow(t *testing.T) {
	ns := pair(t, 2, "balancer.linkerd.io/failure-accrual: consecutive, balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 20m, balancer.linkerd.io/failure-accrual-consecutive-max-penalty: 20m")
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 1}`)
	// Half of the requests meet it until it has failed seven times.
	out := shell(t, ns, "client", `failed=0; for i in $(seq 200); do status=$(curl -s -m 20 -o /dev/null -w '%{http_code}' http://qotm/); echo $status
		[ $status = 200 ] || failed=$((failed + 1)); [ $failed -lt 7 ] || break; done`)
	if got := strings.Count(out, "500"); got != 7 || strings.Count(out, "200")+got != len(strings.Fields(out)) {
		t.Errorf("until seven failures: %q", out)
	}
	// Envoy's main thread leaves it out.
	time.Sleep(2 * time.Second)
	if got := statuses(t, ns, "client", "http://qotm/", 100); got["200"] != 100 {
		t.Errorf("after seven failures: %v", got)
	}
	kubectl(t, "-n", ns, "scale", "deployment/qotm", "--replicas=0")
	answers(t, ns, "client", "http://qotm/", "503")
	kubectl(t, "-n", ns, "scale", "deployment/qotm", "--replicas=1")
	answers(t, ns, "client", "http://qotm/", "200")
}

func TestIngressModeFollowsTheOverride(t *testing.T) {
	ns := namespace(t, meshed)
	for _, name := range []string{"qotm", "qotm-b"} {
		workload(t, ns, name, "default", "", 1)
		service(t, ns, name, "")
	}
	workload(t, ns, "ingress", "client", "linkerd.io/inject: ingress", 1)
	answers(t, ns, "ingress", "http://qotm/", "200")
	override := fmt.Sprintf("-H 'l5d-dst-override: qotm-b.%s.svc.cluster.local:80' http://qotm/", ns)
	seen(t, ns, "qotm", "request_total", `tls="true"`)
	before := settled(t, ns, "qotm", "request_total", `tls="true"`)
	answers(t, ns, "ingress", override, "200")
	seen(t, ns, "qotm-b", "request_total", `tls="true"`)
	counted(t, before, ns, "qotm", "request_total", `tls="true"`)
}

func TestAPodThatIsDeletedIsReplacedWithoutItsClientsRestarting(t *testing.T) {
	ns := pair(t, 2, "")
	name := kubectl(t, "-n", ns, "get", "pods", "-l", "app=qotm", "-o", "jsonpath={.items[0].metadata.name}")
	kubectl(t, "-n", ns, "delete", "pod", name)
	kubectl(t, "-n", ns, "rollout", "status", "deployment/qotm", "--timeout="+patience.String())
	// The client's proxy knows the new one, and so no longer the one before, once each of the two has had a request.
	eventually(t, func() error {
		statuses(t, ns, "client", "http://qotm/", 5)
		for _, address := range addresses(t, ns, "qotm") {
			if metric(t, ns, "client", "response_total", `target_ip="`+address+`"`, `status_code="200"`) == 0 {
				return fmt.Errorf("%s gets no request", address)
			}
		}
		return nil
	})
	if got := statuses(t, ns, "client", "http://qotm/", 50); got["200"] != 50 {
		t.Errorf("answers: %v", got)
	}
}

func TestNoRequestFailsWhileTheControlPlaneRestartsAndCertificatesAreRenewed(t *testing.T) {
	arguments := func(value string) {
		kubectl(t, "-n", "linkerd", "patch", "deployment", "linkerd-standin", "--type=json", "-p",
			`[{"op": "add", "path": "/spec/template/spec/containers/0/args", "value": `+value+`}]`)
		kubectl(t, "-n", "linkerd", "rollout", "status", "deployment/linkerd-standin", "--timeout="+patience.String())
	}
	t.Cleanup(func() { arguments("[]") })
	arguments(`["--issuance-lifetime=40s"]`)
	ns := pair(t, 2, "")
	failed := make(chan string)
	go func() {
		out, err := try("", "-n", ns, "exec", "deploy/client", "-c", "main", "--", "bash", "-c",
			`for i in $(seq 450); do curl -s -m 30 -o /dev/null -w '%{http_code}\n' http://qotm/; sleep 0.1; done | sort | uniq -c`)
		failed <- fmt.Sprint(strings.Join(strings.Fields(out), " "), err)
	}()
	time.Sleep(5 * time.Second)
	kubectl(t, "-n", "linkerd", "rollout", "restart", "deployment/linkerd-standin")
	kubectl(t, "-n", "linkerd", "rollout", "status", "deployment/linkerd-standin", "--timeout="+patience.String())
	if got := <-failed; got != "450 200<nil>" {
		t.Errorf("answers: %s", got)
	}
	for _, workload := range []string{"client", "qotm"} {
		eventually(t, func() error {
			if got := metric(t, ns, workload, "control_identity_cert_refreshes_total"); got < 3 {
				return fmt.Errorf("%s had %v certificates", workload, got)
			}
			return nil
		})
	}
}

// prometheus asks the cluster's Prometheus for one number.
func prometheus(t *testing.T, expression string) (float64, error) {
	t.Helper()
	address := kubectl(t, "-n", "linkerd-viz", "get", "service", "prometheus", "-o", "jsonpath={.spec.clusterIP}")
	answer := struct {
		Data struct{ Result []struct{ Value [2]any } }
	}{}
	content := read(t, "GET", "http://"+address+":9090/api/v1/query?query="+url.QueryEscape(expression), "")
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Data.Result) != 1 {
		return 0, fmt.Errorf("%s: %d series", expression, len(answer.Data.Result))
	}
	number := 0.0
	_, err := fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &number)
	return number, err
}

func TestPrometheusHasTheNumberOfRequestsThatWereSent(t *testing.T) {
	ns := pair(t, 2, "")
	if got := statuses(t, ns, "client", "http://qotm/", 300); got["200"] != 300 {
		t.Fatalf("answers: %v", got)
	}
	for _, selector := range []string{`namespace=%q,deployment="qotm",direction="inbound",tls="true"`, `namespace=%q,deployment="client",direction="outbound",dst_deployment="qotm"`} {
		eventually(t, func() error {
			got, err := prometheus(t, fmt.Sprintf("sum(response_total{"+selector+",classification=\"success\"})", ns))
			if err == nil && got != 301 {
				err = fmt.Errorf("%s: %v of 301", selector, got)
			}
			return err
		})
	}
}
