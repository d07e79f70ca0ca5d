package parts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"seaworthy/deploy/cluster/internal/charts"
	"seaworthy/deploy/cluster/internal/lock"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/standins"
	"seaworthy/deploy/cluster/internal/tools"
)

// fakeCluster answers as helm and kubectl do, and remembers what changed it.
type fakeCluster struct {
	t        *testing.T
	releases map[string]map[string]string
	// objects are live ones, by kind and name.
	objects map[string]map[string]any
	// changes are the commands that changed something.
	changes []string
	// fails is the release whose installation fails.
	fails string
	// archive is what a pull gives.
	archive func(chart, version string) []byte
}

func (f *fakeCluster) run(_ context.Context, input []byte, program string, arguments ...string) ([]byte, error) {
	command := program + " " + strings.Join(arguments, " ")
	option := func(name string) string {
		if at := slices.Index(arguments, name); at >= 0 {
			return arguments[at+1]
		}
		return ""
	}
	switch {
	case strings.HasPrefix(command, "helm pull"):
		chart := filepath.Base(arguments[len(arguments)-1])
		if at := slices.Index(arguments, "--repo"); at >= 0 {
			chart = arguments[at-1]
		}
		name := chart + "-" + option("--version") + ".tgz"
		return nil, os.WriteFile(filepath.Join(option("--destination"), name), f.archive(chart, option("--version")), 0o600)
	case strings.HasPrefix(command, "helm upgrade"):
		return nil, f.upgrade(arguments[2], option("--labels"))
	case strings.HasPrefix(command, "helm"):
		f.changes = append(f.changes, arguments[0]+" "+arguments[1])
		if arguments[0] == "uninstall" {
			delete(f.releases, arguments[1])
		}
		return nil, nil
	case strings.HasPrefix(command, "kubectl get secrets"):
		return f.records(strings.TrimPrefix(option("--selector"), "owner=helm,name=")), nil
	case strings.HasPrefix(command, "kubectl apply"):
		return nil, f.apply(input)
	case strings.HasPrefix(command, "kubectl get deployments"), strings.HasPrefix(command, "kubectl get pods"):
		return []byte("{}"), nil
	case strings.HasPrefix(command, "kubectl get"):
		object, found := f.objects[plain(arguments[1])+" "+arguments[2]]
		if !found {
			return nil, nil
		}
		return json.Marshal(object)
	case strings.HasPrefix(command, "kubectl delete"):
		if object := plain(arguments[1]) + " " + arguments[2]; f.objects[object] != nil {
			f.changes = append(f.changes, "delete "+object)
			delete(f.objects, object)
		}
		return nil, nil
	}
	f.t.Errorf("nobody answers %s", command)
	return nil, errors.New(command)
}

// plain is a kind without its group.
func plain(kind string) string {
	kind, _, _ = strings.Cut(kind, ".")
	return strings.ToLower(kind)
}

func (f *fakeCluster) upgrade(name, labels string) error {
	f.changes = append(f.changes, "install "+name)
	record := map[string]string{"version": "1", "status": "deployed"}
	for _, label := range strings.Split(labels, ",") {
		key, value, _ := strings.Cut(label, "=")
		record[key] = value
	}
	f.releases[name] = record
	if name == f.fails {
		record["status"] = "failed"
		return &tools.Failure{Program: "helm", Said: "its pods are not ready", Cause: errors.New("exit status 1")}
	}
	return nil
}

func (f *fakeCluster) records(name string) []byte {
	items := []any{}
	if labels := f.releases[name]; labels != nil {
		items = append(items, map[string]any{"metadata": map[string]any{"labels": labels}})
	}
	content, _ := json.Marshal(map[string]any{"items": items})
	return content
}

func (f *fakeCluster) apply(input []byte) error {
	object := map[string]any{}
	if err := json.Unmarshal(input, &object); err != nil {
		return err
	}
	if texts, isSecret := object["stringData"].(map[string]any); isSecret {
		data := map[string]string{}
		for key, text := range texts {
			data[key] = base64.StdEncoding.EncodeToString([]byte(text.(string)))
		}
		object["data"] = data
	}
	metadata := object["metadata"].(map[string]any)
	f.objects[strings.ToLower(object["kind"].(string))+" "+metadata["name"].(string)] = object
	return nil
}

// chartArchive is a chart of nothing but its description.
func chartArchive(chart, version string) []byte {
	content := fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", chart, version)
	var buffer bytes.Buffer
	packed := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(packed)
	_ = archive.WriteHeader(&tar.Header{Name: chart + "/Chart.yaml", Mode: 0o644, Size: int64(len(content))})
	_, _ = archive.Write([]byte(content))
	_ = archive.Close()
	_ = packed.Close()
	return buffer.Bytes()
}

// setup is an installer of two parts, the second of which takes the place of the stand-in "mesh".
func setup(t *testing.T) (*fakeCluster, *Installer, []pins.Part) {
	t.Helper()
	folder := t.TempDir()
	for path, content := range map[string]string{
		"values/a.yaml":       "size: 1\n",
		"objects/before.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: one}\n",
		"objects/after.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: last, namespace: one}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, path), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fake := &fakeCluster{t: t, releases: map[string]map[string]string{}, objects: map[string]map[string]any{}, archive: chartArchive}
	locked, err := lock.Read(filepath.Join(folder, "lock.yaml"), false)
	if err != nil {
		t.Fatal(err)
	}
	release := func(name string) pins.Release {
		return pins.Release{Name: name, Namespace: "one", Repository: "https://example.org", Chart: name, Version: "1.0.0", Digest: pins.Unknown}
	}
	definitions, first, second := release("definitions"), release("first"), release("second")
	definitions.Definitions = true
	first.Values = "a.yaml"
	return fake, &Installer{
			Folder: folder, Lock: locked, Run: fake.run, Timeout: time.Minute, Out: t.Output(), Now: time.Now,
			Charts: &charts.Store{Folder: filepath.Join(folder, "charts"), Lock: locked, Run: fake.run},
		}, []pins.Part{
			{Name: "ingress", Product: "I", Before: "before.yaml", After: "after.yaml", Releases: []pins.Release{definitions, first}},
			{Name: "mesh", Product: "M", StandIns: []string{"mesh"}, Releases: []pins.Release{second}},
		}
}

// withStandIn gives the installer a local cluster that has the stand-in.
func withStandIn(t *testing.T, fake *fakeCluster, installer *Installer) *standins.Cluster {
	t.Helper()
	dir := t.TempDir()
	parts := filepath.Join(dir, "parts")
	objects := filepath.Join(parts, "mesh.objects.json")
	if err := os.MkdirAll(parts, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{objects, filepath.Join(parts, "mesh.source")} {
		if err := os.WriteFile(file, []byte("/where/it/was/built\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	installer.Local = &standins.Cluster{Dir: dir, Program: func(_ context.Context, arguments ...string) error {
		fake.changes = append(fake.changes, "seaworthy-cluster "+arguments[0]+" "+arguments[3])
		if arguments[0] == "remove" {
			return os.Remove(objects)
		}
		return os.WriteFile(objects, nil, 0o600)
	}}
	return installer.Local
}
