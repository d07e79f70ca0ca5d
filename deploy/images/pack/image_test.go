package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeTestImage(t *testing.T, content string) (string, map[string]string, []string) {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "program")
	if err := os.WriteFile(program, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(folder, "image.tar")
	image := Image{
		Name: "seaworthy.local/test:1", User: "65532:65532", WorkingDir: "/", Entrypoint: []string{"/usr/bin/program"},
		Ports: []string{"8080"}, Files: []string{program + ":/usr/bin/program"},
	}
	if err := image.Write(out); err != nil {
		t.Fatal(err)
	}
	entries, order := readTar(t, out)
	return out, entries, order
}

func readTar(t *testing.T, path string) (map[string]string, []string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return readEntries(t, file)
}

func readEntries(t *testing.T, content io.Reader) (map[string]string, []string) {
	t.Helper()
	entries, order := map[string]string{}, []string{}
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return entries, order
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		entries[header.Name] = string(text)
		order = append(order, header.Name)
	}
}

func TestEveryDigestInTheArchiveIsThatOfItsContent(t *testing.T) {
	_, entries, order := writeTestImage(t, "hello")
	if order[0] != "manifest.json" {
		t.Errorf("a reader would have to skip %s to find the manifest", order[0])
	}
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal([]byte(entries["manifest.json"]), &manifest); err != nil {
		t.Fatal(err)
	}
	digest := func(content string) string {
		sum := sha256.Sum256([]byte(content))
		return hex.EncodeToString(sum[:])
	}
	config := entries[manifest[0].Config]
	if manifest[0].Config != digest(config)+".json" || manifest[0].RepoTags[0] != "seaworthy.local/test:1" {
		t.Errorf("got %+v", manifest[0])
	}
	parsed := struct {
		Config struct {
			User         string
			Entrypoint   []string
			ExposedPorts map[string]any
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}{}
	if err := json.Unmarshal([]byte(config), &parsed); err != nil {
		t.Fatal(err)
	}
	if parsed.RootFS.DiffIDs[0] != "sha256:"+digest(entries[manifest[0].Layers[0]]) {
		t.Error("the layer's digest is wrong: the runtime would refuse the image")
	}
	if parsed.Config.User != "65532:65532" || parsed.Config.Entrypoint[0] != "/usr/bin/program" || parsed.Config.ExposedPorts["8080/tcp"] == nil {
		t.Errorf("got %+v", parsed.Config)
	}
}

func TestAFilesLayerHoldsTheFoldersAboveIt(t *testing.T) {
	_, entries, _ := writeTestImage(t, "hello")
	for name, content := range entries {
		if strings.HasSuffix(name, ".tar") {
			files, order := readEntries(t, strings.NewReader(content))
			if strings.Join(order, " ") != "usr/ usr/bin/ usr/bin/program" || files["usr/bin/program"] != "hello" {
				t.Errorf("got %v", order)
			}
		}
	}
}

func TestTheSameContentGivesTheSameArchive(t *testing.T) {
	read := func(content string) string {
		out, _, _ := writeTestImage(t, content)
		archive, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return string(archive)
	}
	if read("hello") != read("hello") {
		t.Error("two archives of the same content differ: every start would import them again")
	}
	if read("hello") == read("good-bye") {
		t.Error("archives of different content are the same")
	}
}

func TestAFailureLeavesNoArchive(t *testing.T) {
	folder := t.TempDir()
	out := filepath.Join(folder, "image.tar")
	for _, image := range []Image{
		{Name: "a:1", Files: []string{"/does/not/exist:/a"}},
		{Name: "a:1", Files: []string{"relative"}},
		{Name: "a:1"},
	} {
		if err := image.Write(out); err == nil {
			t.Errorf("%+v was written", image)
		}
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}
