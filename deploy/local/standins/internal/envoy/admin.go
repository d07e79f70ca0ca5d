package envoy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Admin is an Envoy's administration address.
type Admin struct {
	// URL is its beginning, up to the path.
	URL string
}

var client = &http.Client{Timeout: 5 * time.Second}

// Get reads from a path.
func (a Admin) Get(ctx context.Context, path string) (string, error) {
	return a.call(ctx, http.MethodGet, path)
}

// Post orders something.
func (a Admin) Post(ctx context.Context, path string) error {
	_, err := a.call(ctx, http.MethodPost, path)
	return err
}

func (a Admin) call(ctx context.Context, method, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.URL+path, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("envoy answered %s with %s", path, response.Status)
	}
	return string(content), err
}

// Ready tells whether Envoy has its configuration and serves.
func (a Admin) Ready(ctx context.Context) bool {
	_, err := a.Get(ctx, "/ready")
	return err == nil
}

// AwaitClusters waits until no cluster is still looking for its addresses. The end of the context ends the wait.
func (a Admin) AwaitClusters(ctx context.Context) {
	for {
		warming, err := a.Get(ctx, "/stats?filter=^cluster_manager.warming_clusters$")
		if err == nil && strings.HasSuffix(strings.TrimSpace(warming), " 0") {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}
