package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Image is what an archive will hold.
type Image struct {
	Name        string
	User        string
	WorkingDir  string
	Entrypoint  []string
	Environment []string
	Ports       []string
	Layers      []string
	Files       []string
}

// layer is one root file system in a file, with the digest that the image's configuration names it by.
type layer struct {
	path   string
	digest string
}

// Write makes the archive beside its final place and moves it there when it is whole.
func (i Image) Write(out string) error {
	workspace, err := os.MkdirTemp(filepath.Dir(out), ".pack-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(workspace)
	layers, err := i.collectLayers(workspace)
	if err != nil {
		return err
	}
	archive := filepath.Join(workspace, "image.tar")
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	err = i.writeArchive(file, layers)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(archive, out)
}

func (i Image) collectLayers(workspace string) ([]layer, error) {
	paths := i.Layers
	if len(i.Files) > 0 {
		added := filepath.Join(workspace, "files.tar")
		if err := writeFilesLayer(added, i.Files); err != nil {
			return nil, err
		}
		paths = append(append([]string{}, paths...), added)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("the image %s would be empty", i.Name)
	}
	layers := make([]layer, 0, len(paths))
	for _, path := range paths {
		digest, err := digestOf(path)
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer{path: path, digest: digest})
	}
	return layers, nil
}

// writeArchive puts the manifest first: a reader learns what the image is without reading the layers.
func (i Image) writeArchive(file io.Writer, layers []layer) error {
	config, err := i.config(layers)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(config)
	configName := hex.EncodeToString(sum[:]) + ".json"
	names := make([]string, len(layers))
	for at, entry := range layers {
		names[at] = entry.digest + ".tar"
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": configName, "RepoTags": []string{i.Name}, "Layers": names}})
	if err != nil {
		return err
	}
	writer := tar.NewWriter(file)
	if err := addContent(writer, "manifest.json", int64(len(manifest)), 0o644, bytes.NewReader(manifest)); err != nil {
		return err
	}
	if err := addContent(writer, configName, int64(len(config)), 0o644, bytes.NewReader(config)); err != nil {
		return err
	}
	for at, entry := range layers {
		if err := addFile(writer, names[at], entry.path, 0o644); err != nil {
			return err
		}
	}
	return writer.Close()
}

// config describes how to run the image. It holds no time, so that the same content gives the same image.
func (i Image) config(layers []layer) ([]byte, error) {
	diffs := make([]string, len(layers))
	for at, entry := range layers {
		diffs[at] = "sha256:" + entry.digest
	}
	ports := map[string]struct{}{}
	for _, port := range i.Ports {
		ports[port+"/tcp"] = struct{}{}
	}
	settings := map[string]any{
		"Entrypoint": i.Entrypoint,
		"Env":        append([]string{"PATH=/usr/local/bin:/usr/bin:/bin"}, i.Environment...),
		"WorkingDir": i.WorkingDir,
	}
	if i.User != "" {
		settings["User"] = i.User
	}
	if len(ports) > 0 {
		settings["ExposedPorts"] = ports
	}
	return json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       settings,
		"rootfs":       map[string]any{"type": "layers", "diff_ids": diffs},
	})
}

// writeFilesLayer makes a layer of single files, with the folders above them.
func writeFilesLayer(path string, files []string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	writer := tar.NewWriter(file)
	made := map[string]bool{}
	for _, entry := range files {
		from, to, found := strings.Cut(entry, ":")
		if !found || !strings.HasPrefix(to, "/") {
			return fmt.Errorf("-file wants FROM:TO with an absolute TO, not %q", entry)
		}
		to = strings.TrimPrefix(filepath.Clean(to), "/")
		if err := addFolders(writer, filepath.Dir(to), made); err != nil {
			return err
		}
		if err := addFile(writer, to, from, 0o755); err != nil {
			return err
		}
	}
	return writer.Close()
}

func addFolders(writer *tar.Writer, folder string, made map[string]bool) error {
	if folder == "." || made[folder] {
		return nil
	}
	if err := addFolders(writer, filepath.Dir(folder), made); err != nil {
		return err
	}
	made[folder] = true
	return writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755})
}

func addFile(writer *tar.Writer, name, path string, mode int64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	return addContent(writer, name, info.Size(), mode, file)
}

func addContent(writer *tar.Writer, name string, size, mode int64, content io.Reader) error {
	if err := writer.WriteHeader(&tar.Header{Name: name, Size: size, Mode: mode}); err != nil {
		return err
	}
	_, err := io.Copy(writer, content)
	return err
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
