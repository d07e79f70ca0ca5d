package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
)

// kube is the API, as whoever runs the command sees it.
type kube struct {
	client *http.Client
	server string
	// token is that by which the metrics API knows whose numbers to give.
	token string
}

// connect finds the API as kubectl does, and the namespace.
func (c *command) connect() error {
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	namespace, _, err := loaded.Namespace()
	if err != nil {
		return err
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	token := config.BearerToken
	if config.BearerTokenFile != "" {
		content, err := os.ReadFile(config.BearerTokenFile)
		if err != nil {
			return err
		}
		token = strings.TrimSpace(string(content))
	}
	c.namespace = cmp.Or(c.namespace, namespace)
	c.api = kube{client: client, server: strings.TrimSuffix(config.Host, "/"), token: token}
	return nil
}

func (c *command) get(ctx context.Context, path string, into any) error {
	return getJSON(ctx, c.api.client, c.api.server+"/"+path, "", into)
}

func getJSON(ctx context.Context, client *http.Client, url, token string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		content, _ := io.ReadAll(io.LimitReader(answer.Body, 2000))
		status := metav1.Status{}
		if json.Unmarshal(content, &status) == nil && status.Message != "" {
			return fmt.Errorf("%s", status.Message)
		}
		return fmt.Errorf("%s: %s", answer.Status, content)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// list gives what there is of a kind in the namespace.
func (c *command) list(ctx context.Context, asked target) ([]metav1.PartialObjectMetadata, error) {
	found := metav1.PartialObjectMetadataList{}
	err := c.get(ctx, asked.path+"/namespaces/"+url.PathEscape(c.namespace)+"/"+asked.label+"s", &found)
	return found.Items, err
}

func (c *command) pods(ctx context.Context, namespace string) ([]corev1.Pod, error) {
	found := corev1.PodList{}
	err := c.get(ctx, "api/v1/namespaces/"+url.PathEscape(namespace)+"/pods", &found)
	return found.Items, err
}

// count is how many pods of a workload there are, and how many have a proxy.
type count struct{ meshed, total int }

// meshed counts the pods that have not failed, by workload.
func meshed(pods []corev1.Pod, label string) map[string]count {
	counts := map[string]count{}
	for _, pod := range pods {
		kind, name := cluster.Owner(&pod)
		if label == "pod" {
			kind, name = "pod", pod.Name
		}
		if kind != label || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		counted := counts[name]
		counted.total++
		if cluster.IsMeshed(&pod) {
			counted.meshed++
		}
		counts[name] = counted
	}
	return counts
}

// sample is one series of a query's answer.
type sample struct {
	labels map[string]string
	value  float64
}

// metricsAPI answers for the namespace of the ServiceAccount whose token it is sent, and nobody else gets the token.
const metricsAPI = "http://metrics-api.linkerd-viz:8085"

// query asks Prometheus for the values now.
func (c *command) query(ctx context.Context, expression string) ([]sample, error) {
	answer := struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Value  [2]any            `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}{}
	token := ""
	if c.metrics == metricsAPI {
		token = c.api.token
	}
	client := &http.Client{Timeout: 15 * time.Second}
	if err := getJSON(ctx, client, c.metrics+"/api/v1/query?query="+url.QueryEscape(expression), token, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", c.metrics, err)
	}
	var samples []sample
	for _, series := range answer.Data.Result {
		text, _ := series.Value[1].(string)
		if value, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(value) {
			samples = append(samples, sample{labels: series.Metric, value: value})
		}
	}
	return samples, nil
}
