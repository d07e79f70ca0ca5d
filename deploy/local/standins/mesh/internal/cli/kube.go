package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"seaworthy/deploy/local/standins/mesh/internal/cluster"
)

// kube reads the API as whoever runs the command.
type kube struct {
	client    *http.Client
	server    string
	namespace string
}

// connect finds the API as kubectl does, and the token by which the metrics API knows whose numbers to give.
func (c *command) connect() (*kube, error) {
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	namespace, _, err := loaded.Namespace()
	if err != nil {
		return nil, err
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	c.token = config.BearerToken
	if config.BearerTokenFile != "" {
		content, err := os.ReadFile(config.BearerTokenFile)
		if err != nil {
			return nil, err
		}
		c.token = strings.TrimSpace(string(content))
	}
	return &kube{client: client, server: strings.TrimSuffix(config.Host, "/"), namespace: namespace}, nil
}

func (k *kube) get(ctx context.Context, path string, into any) error {
	return getJSON(ctx, k.client, k.server+"/"+path, "", into)
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

// list gives the names of what is in a namespace, or in all.
func (k *kube) list(ctx context.Context, path, resource, namespace string) ([]metav1.ObjectMeta, error) {
	found := struct {
		Items []struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
		} `json:"items"`
	}{}
	if namespace != "" {
		path += "/namespaces/" + url.PathEscape(namespace)
	}
	err := k.get(ctx, path+"/"+resource, &found)
	items := make([]metav1.ObjectMeta, 0, len(found.Items))
	for _, item := range found.Items {
		items = append(items, item.Metadata)
	}
	return items, err
}

func (k *kube) pods(ctx context.Context, namespace string) ([]corev1.Pod, error) {
	found := corev1.PodList{}
	path := "api/v1/pods"
	if namespace != "" {
		path = "api/v1/namespaces/" + url.PathEscape(namespace) + "/pods"
	}
	err := k.get(ctx, path, &found)
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
		key := pod.Namespace + "/" + name
		counted := counts[key]
		counted.total++
		if cluster.IsMeshed(&pod) {
			counted.meshed++
		}
		counts[key] = counted
	}
	return counts
}
