// Package clustertest tries Prometheus and the gateway before it on a running cluster that they are installed in: the one
// that TEST_KUBECONFIG names, on whose node the tests run.
package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
)

// waitTimeout is how long a pod's start and its first scrape, ten seconds later at the most, may take on a busy machine.
const waitTimeout = 2 * time.Minute

var cluster kubernetes.Interface

func TestMain(m *testing.M) {
	path := os.Getenv("TEST_KUBECONFIG")
	if path == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		return
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err == nil {
		cluster, err = kubernetes.NewForConfig(config)
	}
	if err == nil {
		_, err = cluster.Discovery().ServerVersion()
	}
	if err != nil {
		fmt.Println("the cluster of TEST_KUBECONFIG cannot be used:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// learner is a namespace with a pod that is scraped as a meshed one is, and a token of it.
type learner struct{ namespace, token string }

func newLearner(t *testing.T) learner {
	t.Helper()
	ctx := context.Background()
	wanted := &core.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "metrics-test-"}}
	made, err := cluster.CoreV1().Namespaces().Create(ctx, wanted, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.CoreV1().Namespaces().Delete(ctx, made.Name, metav1.DeleteOptions{}) })
	account := &core.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "learner"}}
	if _, err := cluster.CoreV1().ServiceAccounts(made.Name).Create(ctx, account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request := &authentication.TokenRequest{}
	token, err := cluster.CoreV1().ServiceAccounts(made.Name).CreateToken(ctx, "learner", request, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.CoreV1().Pods(made.Name).Create(ctx, scrapedPod(), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return learner{namespace: made.Name, token: token.Status.Token}
}

// scrapedPod says by its labels that it belongs to others. It answers on the one port that the mesh leaves to a proxy itself, as
// the one user who is answered for there.
func scrapedPod() *core.Pod {
	labels := map[string]string{
		"linkerd.io/control-plane-ns": "linkerd", "linkerd.io/proxy-deployment": "qotm",
		"namespace": "kube-system", "pod": "somebody-else", "job": "prometheus", "app": "qotm",
	}
	return &core.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "qotm", Labels: labels},
		Spec: core.PodSpec{
			ServiceAccountName: "learner", AutomountServiceAccountToken: ptr.To(false), TerminationGracePeriodSeconds: ptr.To[int64](1),
			Containers: []core.Container{{
				Name: "linkerd-proxy", Image: "seaworthy.local/qotm:1", ImagePullPolicy: core.PullIfNotPresent,
				SecurityContext: &core.SecurityContext{RunAsUser: ptr.To[int64](2102)},
				Env:             []core.EnvVar{{Name: "QOTM_LISTEN", Value: ":4191"}},
				Ports:           []core.ContainerPort{{Name: "linkerd-admin", ContainerPort: 4191}},
			}},
		},
	}
}

type series struct{ Metric map[string]string }

// ask sends a query to the gateway and gives the status and what was found.
func ask(t *testing.T, token, query string) (int, []series) {
	t.Helper()
	status, content := send(t, token, question{http.MethodGet, "/api/v1/query?query=" + url.QueryEscape(query), ""})
	answer := struct{ Data struct{ Result []series } }{}
	if err := json.Unmarshal([]byte(content), &answer); err != nil {
		t.Fatalf("%s: %v", content, err)
	}
	return status, answer.Data.Result
}

func (l learner) awaitScrape(t *testing.T) []series {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(time.Second) {
		if status, found := ask(t, l.token, "up == 1"); status == http.StatusOK && len(found) > 0 {
			return found
		}
	}
	t.Fatalf("no pod of %s was scraped", l.namespace)
	return nil
}

func TestEachLearnerSeesTheirOwnPodsWhateverTheirLabelsSay(t *testing.T) {
	ada, ben := newLearner(t), newLearner(t)
	for _, learner := range []learner{ada, ben} {
		found := learner.awaitScrape(t)
		metric := found[0].Metric
		if len(found) != 1 || metric["namespace"] != learner.namespace || metric["pod"] != "qotm" || metric["job"] != "linkerd-proxy" {
			t.Errorf("got %v", found)
		}
		if metric["deployment"] != "qotm" || metric["app"] != "qotm" || metric["control_plane_ns"] != "linkerd" {
			t.Errorf("a label that queries need is missing: %v", metric)
		}
	}
	for _, query := range []string{`{namespace="` + ben.namespace + `"}`, `up{job="prometheus"}`, `{namespace="kube-system"}`} {
		if status, found := ask(t, ada.token, query); status != http.StatusOK || len(found) != 0 {
			t.Errorf("%s: %d, %v", query, status, found)
		}
	}
}

func TestWithoutATokenOfTheClusterNothingIsAnswered(t *testing.T) {
	if status, _ := ask(t, "forged", "up"); status != http.StatusUnauthorized {
		t.Errorf("got %d", status)
	}
}

// read fetches a path of Prometheus as the platform does, through the API server.
func read(t *testing.T, path string) string {
	t.Helper()
	answer := cluster.CoreV1().Services("linkerd-viz").ProxyGet("http", "prometheus", "9090", path, nil)
	content, err := answer.DoRaw(context.Background())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(content)
}

func TestPrometheusHasItsPagesAndNoTargetInTrouble(t *testing.T) {
	if page := read(t, "query"); !strings.Contains(page, "<title>Prometheus") {
		t.Errorf("no page but %.200s", page)
	}
	// A part that was restarted a moment ago is down until it is scraped again.
	var trouble []string
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(time.Second) {
		if trouble = findTrouble(t); len(trouble) == 0 {
			return
		}
	}
	t.Errorf("%s", strings.Join(trouble, "\n"))
}

// findTrouble lists what is wrong with the targets that are no learner's.
func findTrouble(t *testing.T) (trouble []string) {
	t.Helper()
	targets := struct {
		Data struct {
			ActiveTargets []struct{ ScrapePool, ScrapeURL, Health, LastError string }
		}
	}{}
	if err := json.Unmarshal([]byte(read(t, "api/v1/targets")), &targets); err != nil {
		t.Fatal(err)
	}
	pools := map[string]bool{}
	for _, target := range targets.Data.ActiveTargets {
		pools[target.ScrapePool] = true
		if target.Health == "down" && target.ScrapePool != "linkerd-proxy" {
			trouble = append(trouble, target.ScrapeURL+": "+target.LastError)
		}
	}
	if !pools["prometheus"] {
		trouble = append(trouble, fmt.Sprintf("it does not scrape itself: %v", pools))
	}
	return trouble
}
