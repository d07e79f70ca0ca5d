package provisioning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
)

// maxFile bounds a dashboard's file.
const maxFile = 8 << 20

// provider says where dashboards' files are.
type provider struct {
	Name            string `json:"name"`
	OrgID           int    `json:"orgId"`
	Folder          string `json:"folder"`
	FolderUID       string `json:"folderUid"`
	Type            string `json:"type"`
	DisableDeletion bool   `json:"disableDeletion"`
	UpdateInterval  int    `json:"updateIntervalSeconds"`
	AllowUIUpdates  bool   `json:"allowUiUpdates"`
	Options         struct {
		Path             string `json:"path"`
		FoldersFromFiles bool   `json:"foldersFromFilesStructure"`
	} `json:"options"`

	// seen are the files of the last look, each with its checksum.
	seen []string
}

func (p *provider) check() error {
	switch {
	case p.Name == "":
		return errors.New("a provider needs a name")
	case p.Type != "" && p.Type != "file":
		return fmt.Errorf("provider %q: type %q is not known, only file", p.Name, p.Type)
	case p.Options.Path == "":
		return fmt.Errorf("provider %q: options.path is missing", p.Name)
	case p.OrgID > 1:
		return fmt.Errorf("provider %q: %w", p.Name, errOrganisation)
	case p.Options.FoldersFromFiles && (p.Folder != "" || p.FolderUID != ""):
		return fmt.Errorf("provider %q: 'folder' and 'folderUID' should be empty using 'foldersFromFilesStructure' option", p.Name)
	}
	return nil
}

// ReloadDashboards obeys the files of providers anew, and then the files of dashboards as they change.
func (p *Provisioning) ReloadDashboards() error {
	var providers []*provider
	var names []string
	for _, name := range p.files("dashboards") {
		var file struct {
			Providers []*provider `json:"providers"`
		}
		if err := readFile(name, &file); err != nil {
			return err
		}
		for _, one := range file.Providers {
			if err := one.check(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			providers, names = append(providers, one), append(names, one.Name)
		}
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.stop != nil {
		p.stop()
	}
	if err := p.Dashboards.ReleaseOthers(names); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	for _, one := range providers {
		if err := p.scan(one); err != nil {
			return err
		}
		go p.follow(ctx, one)
	}
	return nil
}

// follow looks for changes now and again, as the real one does: a mounted ConfigMap is replaced as a whole.
func (p *Provisioning) follow(ctx context.Context, one *provider) {
	every := time.Duration(one.UpdateInterval) * time.Second
	if every <= 0 {
		every = 10 * time.Second
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		p.lock.Lock()
		if ctx.Err() == nil {
			if err := p.scan(one); err != nil {
				slog.Error("dashboards not provisioned", "provider", one.Name, "error", err)
			}
		}
		p.lock.Unlock()
	}
}

// scan obeys the files of one provider where they are others than at the last look. A file with a mistake leaves what it
// said before.
func (p *Provisioning) scan(one *provider) error {
	files, mistakes, err := one.read()
	seen := []string{fmt.Sprint(err)}
	for _, file := range files {
		seen = append(seen, file.Path+" "+file.Checksum)
	}
	if slices.Equal(seen, one.seen) {
		return nil
	}
	for _, mistake := range append(mistakes, err) {
		if mistake != nil {
			slog.Error("dashboard file rejected", "provider", one.Name, "error", mistake)
		}
	}
	if err == nil {
		err = p.Dashboards.Provision(dashboards.Provider{
			Name: one.Name, DisableDeletion: one.DisableDeletion, AllowUIUpdates: one.AllowUIUpdates,
		}, files)
		if err != nil {
			return err
		}
	}
	one.seen = seen
	return nil
}

// read gives all files of a provider, and what is wrong with those that have no model.
func (p *provider) read() (files []dashboards.File, mistakes []error, err error) {
	root, err := filepath.EvalSymlinks(p.Options.Path)
	if err != nil {
		return nil, nil, err
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(entry.Name(), ".json") {
			return nil
		}
		file := dashboards.File{FolderTitle: p.Folder, FolderUID: p.FolderUID}
		if file.Path, err = filepath.Rel(root, path); err != nil {
			return err
		}
		if folder := filepath.Dir(file.Path); p.Options.FoldersFromFiles && folder != "." {
			file.FolderTitle = filepath.Base(folder)
		}
		if err := readModel(path, &file); err != nil {
			file.Model = nil
			mistakes = append(mistakes, fmt.Errorf("%s: %w", path, err))
		}
		files = append(files, file)
		return nil
	})
	return files, mistakes, err
}

func readModel(path string, file *dashboards.File) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxFile {
		return fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	file.Checksum = hex.EncodeToString(sum[:])
	if err := json.Unmarshal(content, &file.Model); err != nil {
		return err
	}
	if file.Model.Title() == "" {
		return errors.New("dashboard title cannot be empty")
	}
	return nil
}
