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
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 1}`)
	got := statuses(t, ns, "client", "http://qotm/", 200)
	if got["200"]+got["500"] != 200 || got["500"] == 0 || got["200"] == 0 {
		t.Fatalf("answers: %v", got)
	}
	for status, outcome := range map[string]string{"200": "success", "500": "failure"} {
		want := float64(got[status])
		if status == "200" {
			want++ // the request by which the pair was seen to work
		}
		for workload, direction := range map[string]string{"client": "outbound", "qotm": "inbound"} {
			labels := []string{`direction="` + direction + `"`, `target_port="8080"`, `tls="true"`, `status_code="` + status + `"`}
			counted(t, want, ns, workload, "response_latency_ms_count", labels...)
			counted(t, want, ns, workload, "response_total", append(labels, `classification="`+outcome+`"`)...)
		}
	}
	counted(t, 201, ns, "client", "request_total", `authority="qotm.`+ns+`.svc.cluster.local:80"`, `dst_deployment="qotm"`)
}

func TestRequestsOfOneConnectionAreBalanced(t *testing.T) {
	ns := pair(t, 2, "")
	shell(t, ns, "client", `curl -s -o /dev/null "http://qotm/?[1-100]"`)
	counted(t, 101, ns, "qotm", "request_total", `tls="true"`)
	for _, address := range addresses(t, ns, "qotm") {
		if got := metric(t, ns, "client", "request_total", `target_ip="`+address+`"`); got < 20 {
			t.Errorf("%s got %v of 100 requests", address, got)
		}
	}
}

func TestRetriesHideMostFailures(t *testing.T) {
	ns := pair(t, 1, `retry.linkerd.io/http: 5xx, retry.linkerd.io/limit: "2"`)
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 0.5}`)
	got := statuses(t, ns, "client", "http://qotm/", 400)
	// Three attempts fail of eight times once: 50 of 400, and 3.5 standard deviations are 23. Attempts are 700 of 400.
	if got["500"] < 27 || got["500"] > 73 || got["200"]+got["500"] != 400 {
		t.Errorf("answers: %v", got)
	}
	attempts := metric(t, ns, "client", "request_total", `direction="outbound"`, `dst_deployment="qotm"`)
	if attempts < 640 || attempts > 762 {
		t.Errorf("%v attempts for 401 requests", attempts)
	}
}

func TestATimeoutAnswers504WithTheProxysError(t *testing.T) {
	ns := pair(t, 1, "timeout.linkerd.io/request: 500ms")
	fault(t, addresses(t, ns, "qotm")[0], `{"latency_ms": 2000}`)
	headers := shell(t, ns, "client", "curl -s -i http://qotm/")
	if !strings.HasPrefix(headers, "HTTP/1.1 504") || !strings.Contains(headers, "l5d-proxy-error: ") {
		t.Errorf("the client gets %q", headers)
	}
	counted(t, 1, ns, "client", "response_total", `direction="outbound"`, `dst_deployment="qotm"`, `classification="failure"`)
}

func TestFailureAccrualLeavesOutAnEndpointAfterFailuresInARow(t *testing.T) {
	ns := pair(t, 2, "balancer.linkerd.io/failure-accrual: consecutive, balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 50s")
	fault(t, addresses(t, ns, "qotm")[0], `{"error_rate": 1}`)
	if got := statuses(t, ns, "client", "http://qotm/", 200); got["500"] != 7 || got["200"] != 193 {
		t.Errorf("answers: %v", got)
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
	answers(t, ns, "ingress", override, "200")
	counted(t, 1, ns, "qotm", "request_total", `tls="true"`)
	counted(t, 1, ns, "qotm-b", "request_total", `tls="true"`)
}

func TestAPodThatIsDeletedIsReplacedWithoutItsClientsRestarting(t *testing.T) {
	ns := pair(t, 2, "")
	name := kubectl(t, "-n", ns, "get", "pods", "-l", "app=qotm", "-o", "jsonpath={.items[0].metadata.name}")
	kubectl(t, "-n", ns, "delete", "pod", name)
	kubectl(t, "-n", ns, "rollout", "status", "deployment/qotm", "--timeout=90s")
	answers(t, ns, "client", "http://qotm/", "200")
	if got := statuses(t, ns, "client", "http://qotm/", 50); got["200"] != 50 {
		t.Errorf("answers: %v", got)
	}
}

func TestNoRequestFailsWhileTheControlPlaneRestartsAndCertificatesAreRenewed(t *testing.T) {
	arguments := func(value string) {
		kubectl(t, "-n", "linkerd", "patch", "deployment", "linkerd-standin", "--type=json", "-p",
			`[{"op": "add", "path": "/spec/template/spec/containers/0/args", "value": `+value+`}]`)
		kubectl(t, "-n", "linkerd", "rollout", "status", "deployment/linkerd-standin", "--timeout=90s")
	}
	t.Cleanup(func() { arguments("[]") })
	arguments(`["--issuance-lifetime=20s"]`)
	ns := pair(t, 2, "")
	failed := make(chan string)
	go func() {
		out, err := try("", "-n", ns, "exec", "deploy/client", "-c", "main", "--", "bash", "-c",
			`for i in $(seq 450); do curl -s -m 5 -o /dev/null -w '%{http_code}\n' http://qotm/; sleep 0.1; done | sort | uniq -c`)
		failed <- fmt.Sprint(strings.Join(strings.Fields(out), " "), err)
	}()
	time.Sleep(5 * time.Second)
	kubectl(t, "-n", "linkerd", "rollout", "restart", "deployment/linkerd-standin")
	kubectl(t, "-n", "linkerd", "rollout", "status", "deployment/linkerd-standin", "--timeout=90s")
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
