package clustertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository serves charts as a chart repository and as a registry do.
type repository struct {
	*httptest.Server
	// archives by chart; each in version 1.0.0.
	archives map[string][]byte
}

func serveCharts(t *testing.T) *repository {
	served := &repository{archives: map[string][]byte{}}
	served.Server = httptest.NewServer(http.HandlerFunc(served.answer))
	t.Cleanup(served.Close)
	return served
}

func (r *repository) answer(w http.ResponseWriter, request *http.Request) {
	path := request.URL.Path
	switch {
	case path == "/index.yaml":
		fmt.Fprint(w, r.index())
	case path == "/v2/":
	case strings.HasSuffix(path, "/manifests/1.0.0"), strings.Contains(path, "/manifests/sha256:"):
		manifest := r.manifest(strings.Split(strings.TrimPrefix(path, "/v2/"), "/manifests/")[0])
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Docker-Content-Digest", "sha256:"+sum(manifest))
		w.Header().Set("Content-Length", fmt.Sprint(len(manifest)))
		_, _ = w.Write(manifest)
	case strings.Contains(path, "/blobs/"):
		r.serveBlob(w, path[strings.LastIndex(path, ":")+1:])
	default:
		chart := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "-1.0.0.tgz")
		if r.archives[chart] == nil {
			http.NotFound(w, request)
			return
		}
		_, _ = w.Write(r.archives[chart])
	}
}

func (r *repository) index() string {
	index := "apiVersion: v1\nentries:\n"
	for chart, archive := range r.archives {
		index += fmt.Sprintf("  %s:\n  - {apiVersion: v2, name: %s, version: 1.0.0, digest: %s, urls: [%s-1.0.0.tgz]}\n",
			chart, chart, sum(archive), chart)
	}
	return index
}

const registryConfig = `{"name":"x","version":"1.0.0","apiVersion":"v2"}`

func (r *repository) manifest(chart string) []byte {
	descriptor := func(kind string, content []byte) map[string]any {
		return map[string]any{"mediaType": "application/vnd.cncf.helm." + kind, "digest": "sha256:" + sum(content), "size": len(content)}
	}
	content, _ := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": descriptor("config.v1+json", []byte(registryConfig)),
		"layers": []any{descriptor("chart.content.v1.tar+gzip", r.archives[filepath.Base(chart)])},
	})
	return content
}

func (r *repository) serveBlob(w http.ResponseWriter, digest string) {
	contents := [][]byte{[]byte(registryConfig)}
	for _, archive := range r.archives {
		contents = append(contents, archive)
	}
	for _, content := range contents {
		if sum(content) == digest {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write(content)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func sum(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:])
}

// template is a ConfigMap and a Deployment, which waits for a node that there is not unless it is told that all is well.
const template = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  note: {{ .Values.note | quote }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      terminationGracePeriodSeconds: 1
      {{- if not .Values.ready }}
      nodeSelector: {seaworthy.dev/no-such-node: "true"}
      {{- end }}
      containers:
        - name: pause
          image: seaworthy.local/pause:1
          imagePullPolicy: IfNotPresent
`

// pack has the real helm make a chart's archive.
func pack(t *testing.T, chart, note string) []byte {
	t.Helper()
	folder := t.TempDir()
	for path, content := range map[string]string{
		"Chart.yaml":            "apiVersion: v2\nname: " + chart + "\nversion: 1.0.0\nkubeVersion: '>=1.20.0-0'\n",
		"values.yaml":           "ready: true\nnote: " + note + "\n",
		"templates/object.yaml": template,
	} {
		path = filepath.Join(folder, chart, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cluster()(context.Background(), nil, "helm", "package", filepath.Join(folder, chart), "--destination", folder); err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(filepath.Join(folder, chart+"-1.0.0.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	return archive
}
