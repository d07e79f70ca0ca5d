// Package clustertest runs the Grafana stand-in's image beside a Prometheus in a namespace of its own, as a chart does, on
// the cluster that TEST_KUBECONFIG names and whose node the tests run on.
package clustertest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

const (
	// waitTimeout is how long two containers' start and a first scrape may take on a busy machine.
	waitTimeout = 2 * time.Minute
	password    = "only-for-this-test"
)

var (
	cluster    dynamic.Interface
	namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	pods       = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
)

func TestMain(m *testing.M) {
	path := os.Getenv("TEST_KUBECONFIG")
	if path == "" {
		fmt.Println("not run: TEST_KUBECONFIG names no cluster")
		return
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err == nil {
		cluster, err = dynamic.NewForConfig(config)
	}
	if err == nil {
		_, err = cluster.Resource(namespaces).Get(context.Background(), "default", metav1.GetOptions{})
	}
	if err != nil {
		fmt.Println("the cluster of TEST_KUBECONFIG cannot be used:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const namespace = `
apiVersion: v1
kind: Namespace
metadata: { generateName: grafana-test-, labels: { pod-security.kubernetes.io/enforce: restricted } }
`

const files = `
apiVersion: v1
kind: ConfigMap
metadata: { name: files }
data:
  prometheus.yml: |
    global: { scrape_interval: 1s }
    scrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:9090"] }] }]
  datasources.yaml: |
    apiVersion: 1
    datasources: [{ name: Prometheus, type: prometheus, url: "http://127.0.0.1:9090", isDefault: true, jsonData: { timeInterval: 1s } }]
  providers.yaml: |
    apiVersion: 1
    providers: [{ name: files, type: file, options: { path: /dashboards } }]
  first.json: '{"uid":"first","title":"From a ConfigMap","panels":[{"type":"graph"}]}'
`

const pod = `
apiVersion: v1
kind: Pod
metadata: { name: grafana }
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  securityContext: { fsGroup: 472, runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
  - name: grafana
    image: seaworthy.local/grafana-standin:1
    imagePullPolicy: IfNotPresent
    env: [{ name: GF_SECURITY_ADMIN_PASSWORD, value: only-for-this-test }]
    securityContext: { runAsUser: 472, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
    readinessProbe: { periodSeconds: 1, timeoutSeconds: 10, httpGet: { path: /api/health, port: 3000 } }
    volumeMounts:
    - { name: data, mountPath: /var/lib/grafana }
    - { name: datasources, mountPath: /etc/grafana/provisioning/datasources }
    - { name: providers, mountPath: /etc/grafana/provisioning/dashboards }
    - { name: dashboards, mountPath: /dashboards }
  - name: prometheus
    image: seaworthy.local/prometheus:1
    imagePullPolicy: IfNotPresent
    args: [--config.file=/etc/prometheus/prometheus.yml, --storage.tsdb.path=/prometheus]
    securityContext: { runAsUser: 65534, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
    volumeMounts:
    - { name: series, mountPath: /prometheus }
    - { name: prometheus, mountPath: /etc/prometheus }
  volumes:
  - { name: data, emptyDir: {} }
  - { name: series, emptyDir: {} }
  - { name: datasources, configMap: { name: files, items: [{ key: datasources.yaml, path: datasources.yaml }] } }
  - { name: providers, configMap: { name: files, items: [{ key: providers.yaml, path: providers.yaml }] } }
  - { name: dashboards, configMap: { name: files, items: [{ key: first.json, path: first.json }] } }
  - { name: prometheus, configMap: { name: files, items: [{ key: prometheus.yml, path: prometheus.yml }] } }
`

func create(t *testing.T, resource dynamic.ResourceInterface, manifest string) string {
	t.Helper()
	wanted := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &wanted.Object); err != nil {
		t.Fatal(err)
	}
	made, err := resource.Create(context.Background(), wanted, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return made.GetName()
}

// install gives the address of a running stand-in.
func install(t *testing.T) string {
	t.Helper()
	name := create(t, cluster.Resource(namespaces), namespace)
	t.Cleanup(func() { _ = cluster.Resource(namespaces).Delete(context.Background(), name, metav1.DeleteOptions{}) })
	create(t, cluster.Resource(configMaps).Namespace(name), files)
	create(t, cluster.Resource(pods).Namespace(name), pod)
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(200 * time.Millisecond) {
		found, err := cluster.Resource(pods).Namespace(name).Get(context.Background(), "grafana", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
		for _, condition := range conditions {
			if fields, _ := condition.(map[string]any); fields["type"] == "Ready" && fields["status"] == "True" {
				address, _, _ := unstructured.NestedString(found.Object, "status", "podIP")
				return "http://" + address + ":3000"
			}
		}
	}
	t.Fatalf("the pod in %s is not ready", name)
	return ""
}

func call(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("admin", password)
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

func TestTheImageRunsRestrictedWithWhatItsFilesSayAndQueriesPrometheus(t *testing.T) {
	address := install(t)
	if status, text := call(t, "GET", address+"/api/search?type=dash-db", ""); status != 200 || !strings.Contains(text, `"uid":"first"`) {
		t.Errorf("the dashboard of the ConfigMap is not there: %d %s", status, text)
	}
	_, page := call(t, "GET", address+"/", "")
	files := regexp.MustCompile(`(?:src|href)="(/public/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(files) != 2 {
		t.Errorf("the page names no script and style: %.400s", page)
	}
	for _, file := range files {
		if status, text := call(t, "GET", address+file[1], ""); status != 200 || len(text) < 1000 {
			t.Errorf("%s: %d %.200s", file[1], status, text)
		}
	}
	status, text := call(t, "GET", address+"/api/datasources/name/Prometheus", "")
	var source struct{ UID string }
	if err := json.Unmarshal([]byte(text), &source); err != nil || status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	query := fmt.Sprintf(`{"from":"now-1m","to":"now","queries":[{"refId":"A","expr":"sum(up)","intervalMs":1000,"maxDataPoints":100,
		"datasource":{"uid":%q}},{"refId":"B","expr":"sum(up)","instant":true,"datasource":{"uid":%q}}]}`, source.UID, source.UID)
	for begun := time.Now(); time.Since(begun) < waitTimeout; time.Sleep(500 * time.Millisecond) {
		if status, text = call(t, "POST", address+"/api/ds/query", query); strings.Contains(text, `"timeseries-multi"`) && strings.Contains(text, `,[1]]}`) {
			break
		}
	}
	if status != 200 || !strings.Contains(text, `"timeseries-multi"`) || !strings.Contains(text, `,[1]]}`) {
		t.Errorf("%d %s", status, text)
	}
	if status, text := call(t, "GET", address+"/api/datasources/uid/"+source.UID+"/health", ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}
