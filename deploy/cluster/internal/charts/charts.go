// Package charts fetches the charts' archives and keeps those whose digest is right.
package charts

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/cluster/internal/lock"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/tools"
)

// Chart is an archive on this machine.
type Chart struct {
	Path   string
	Digest string
	// Kubernetes is the range of versions that the chart itself says it is for.
	Kubernetes string
}

// Store is a folder of archives.
type Store struct {
	Folder string
	Lock   *lock.Lock
	Run    tools.Run
}

// Find gives the archive if it is there with the digest that is expected.
func (s *Store) Find(release pins.Release) *Chart {
	expected, _ := s.Lock.Expected(release)
	path := filepath.Join(s.Folder, release.Archive())
	digest, err := digestOf(path)
	if err != nil || expected == "" || digest != expected {
		return nil
	}
	chart, err := read(release, path, digest)
	if err != nil {
		return nil
	}
	return chart
}

// Fetch gives the archive, from the folder or from its repository; one with another digest than expected is not kept.
func (s *Store) Fetch(ctx context.Context, release pins.Release) (*Chart, error) {
	if err := s.Lock.CheckKnown(release); err != nil {
		return nil, err
	}
	if chart := s.Find(release); chart != nil {
		return chart, nil
	}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return nil, err
	}
	// In a folder of its own, so that an archive whose download was cut short is never taken for a whole one.
	scratch, err := os.MkdirTemp(s.Folder, ".fetch-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if _, err := s.Run(ctx, nil, "helm", pullArguments(release, scratch)...); err != nil {
		return nil, fmt.Errorf("%s cannot be fetched: %w", release.ID(), err)
	}
	fetched := filepath.Join(scratch, release.Archive())
	digest, err := digestOf(fetched)
	if err != nil {
		return nil, fmt.Errorf("%s: helm fetched no %s: %w", release.ID(), release.Archive(), err)
	}
	chart, err := read(release, fetched, digest)
	if err != nil {
		return nil, err
	}
	if err := s.Lock.Check(release, digest); err != nil {
		return nil, err
	}
	chart.Path = filepath.Join(s.Folder, release.Archive())
	return chart, os.Rename(fetched, chart.Path)
}

func pullArguments(release pins.Release, folder string) []string {
	arguments := []string{"pull", "--version", release.Version, "--destination", folder}
	if !strings.HasPrefix(release.Repository, "oci://") {
		return append(arguments, release.Chart, "--repo", release.Repository)
	}
	if strings.HasPrefix(release.Repository, "oci://127.0.0.1:") {
		arguments = append(arguments, "--plain-http")
	}
	return append(arguments, strings.TrimSuffix(release.Repository, "/")+"/"+release.Chart)
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

// read looks into the archive: it must hold the chart that was asked for.
func read(release pins.Release, path, digest string) (*Chart, error) {
	content, err := readFile(path, release.Chart+"/Chart.yaml")
	if err != nil {
		return nil, fmt.Errorf("%s is no chart %s: %w", path, release.Chart, err)
	}
	described := struct {
		Name        string `json:"name"`
		Version     string `json:"version"`
		KubeVersion string `json:"kubeVersion"`
	}{}
	if err := yaml.Unmarshal(content, &described); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if described.Name != release.Chart || strings.TrimPrefix(described.Version, "v") != release.Version {
		return nil, fmt.Errorf("%s holds the chart %s %s, not %s %s", path, described.Name, described.Version, release.Chart, release.Version)
	}
	return &Chart{Path: path, Digest: digest, Kubernetes: described.KubeVersion}, nil
}

func readFile(path, name string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("it has no %s", name)
		}
		if err != nil {
			return nil, err
		}
		if header.Name == name {
			return io.ReadAll(io.LimitReader(archive, 1<<20))
		}
	}
}
