package runtime

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"seaworthy/deploy/local/internal/layout"
)

// Archive is an image in a tar file.
type Archive struct {
	Path string
	Name string
	// Content is the name of the image's configuration, which holds the digest of every layer.
	Content string
}

// ListArchives gives the images in a folder, none if there is no such folder.
func ListArchives(folder string) ([]Archive, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.tar"))
	if err != nil {
		return nil, err
	}
	archives := make([]Archive, 0, len(paths))
	for _, path := range paths {
		archive, err := OpenArchive(path)
		if err != nil {
			return nil, err
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

// OpenArchive reads what image a tar file holds.
func OpenArchive(path string) (Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return Archive{}, err
	}
	defer file.Close()
	archive, err := readManifest(file)
	if err != nil {
		return Archive{}, fmt.Errorf("%s is not an image archive: %w", path, err)
	}
	archive.Path = path
	return archive, nil
}

func readManifest(content io.Reader) (Archive, error) {
	reader := tar.NewReader(content)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return Archive{}, errors.New("it has no manifest.json")
		}
		if err != nil {
			return Archive{}, err
		}
		if header.Name != "manifest.json" {
			continue
		}
		var manifest []struct {
			Config   string
			RepoTags []string
		}
		if err := json.NewDecoder(reader).Decode(&manifest); err != nil {
			return Archive{}, err
		}
		if len(manifest) != 1 || len(manifest[0].RepoTags) != 1 {
			return Archive{}, errors.New("it must hold one image under one name")
		}
		return Archive{Name: manifest[0].RepoTags[0], Content: manifest[0].Config}, nil
	}
}

// Import gives containerd those of the images whose content it does not have yet, and says which they were.
func Import(folder layout.Layout, snapshotter string, archives []Archive) ([]string, error) {
	imported := readImported(folder)
	var names []string
	for _, archive := range archives {
		if imported[archive.Name] == archive.Content {
			continue
		}
		if output, err := client(folder, "images", "import", "--snapshotter", snapshotter, archive.Path); err != nil {
			return names, fmt.Errorf("the image %s cannot be imported: %w: %s", archive.Name, err, output)
		}
		imported[archive.Name] = archive.Content
		content, err := json.MarshalIndent(imported, "", "  ")
		if err != nil {
			return names, err
		}
		if err := layout.WriteFile(folder.ImportedImages(), append(content, '\n'), 0o644); err != nil {
			return names, err
		}
		names = append(names, archive.Name)
	}
	return names, nil
}

func readImported(folder layout.Layout) map[string]string {
	imported := map[string]string{}
	if content, err := os.ReadFile(folder.ImportedImages()); err == nil && json.Unmarshal(content, &imported) != nil {
		return map[string]string{}
	}
	return imported
}

// client runs containerd's own command on the images and containers that Kubernetes sees.
func client(folder layout.Layout, arguments ...string) (string, error) {
	arguments = append([]string{"--address", folder.ContainerdSocket(), "--namespace", "k8s.io"}, arguments...)
	output, err := exec.Command("ctr", arguments...).CombinedOutput()
	return strings.TrimSpace(string(output)), err
}
