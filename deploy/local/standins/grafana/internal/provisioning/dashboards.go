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
	"strings"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
)

// maxFile bounds a dashboard's file.
const maxFile = 8 << 20

type providerFile struct {
	APIVersion loose[int]  `json:"apiVersion"`
	Providers  []*provider `json:"providers"`
}

// provider says where dashboards' files are.
type provider struct {
	Name            string      `json:"name"`
	OrgID           loose[int]  `json:"orgId"`
	Folder          string      `json:"folder"`
	FolderUID       string      `json:"folderUid"`
	Type            string      `json:"type"`
	DisableDeletion loose[bool] `json:"disableDeletion"`
	UpdateInterval  loose[int]  `json:"updateIntervalSeconds"`
	AllowUIUpdates  loose[bool] `json:"allowUiUpdates"`
	Options         struct {
		Path             string      `json:"path"`
		FoldersFromFiles loose[bool] `json:"foldersFromFilesStructure"`
	} `json:"options"`

	// logged are the files whose mistake is in the log already, by the checksum of what was wrong.
	logged map[string]string
}

func (p *provider) check() error {
	switch {
	case p.Name == "":
		return errors.New("a provider needs a name")
	case p.Type != "" && p.Type != "file":
		return fmt.Errorf("provider %q: type %q is not known, only file", p.Name, p.Type)
	case p.Options.Path == "":
		return fmt.Errorf("provider %q: options.path is missing", p.Name)
	case p.OrgID.value > 1:
		return fmt.Errorf("provider %q: this stand-in for Grafana has one organisation, of the number 1", p.Name)
	case p.Options.FoldersFromFiles.value && (p.Folder != "" || p.FolderUID != ""):
		return fmt.Errorf("provider %q: 'folder' and 'folderUID' should be empty using 'foldersFromFilesStructure' option", p.Name)
	}
	return nil
}

// ReloadDashboards obeys the files of providers anew, and then the files of dashboards as they change.
func (p *Provisioning) ReloadDashboards() error {
	names, err := p.files("dashboards")
	if err != nil {
		return err
	}
	var providers []*provider
	known := []string{}
	for _, name := range names {
		var file providerFile
		if err := readFile(name, &file); err != nil {
			return err
		}
		if err := checkVersion(name, file.APIVersion); err != nil {
			return err
		}
		for _, one := range file.Providers {
			if err := one.check(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			one.logged = map[string]string{}
			providers, known = append(providers, one), append(known, one.Name)
		}
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.stop != nil {
		p.stop()
	}
	if err := p.Dashboards.ReleaseOthers(known); err != nil {
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
	every := time.Duration(one.UpdateInterval.value) * time.Second
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

// scan reads the files of one provider and obeys them. A file with a mistake leaves what it said before.
func (p *Provisioning) scan(one *provider) error {
	root, err := filepath.EvalSymlinks(one.Options.Path)
	if err != nil {
		one.logOnce(one.Options.Path, "", err)
		return nil
	}
	var files []dashboards.File
	var unreadable []string
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
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if file, problem := one.read(path, relative); problem != nil {
			unreadable = append(unreadable, relative)
		} else {
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		one.logOnce(root, "", err)
		return nil
	}
	return p.Dashboards.Provision(dashboards.Provider{
		Name: one.Name, DisableDeletion: one.DisableDeletion.value, AllowUIUpdates: one.AllowUIUpdates.value,
	}, files, unreadable)
}

func (p *provider) read(path, relative string) (dashboards.File, error) {
	file := dashboards.File{Path: relative, FolderTitle: p.Folder, FolderUID: p.FolderUID}
	if folder := filepath.Dir(relative); p.Options.FoldersFromFiles.value && folder != "." {
		file.FolderTitle = filepath.Base(folder)
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("larger than %d MiB", maxFile>>20)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(path)
	}
	if err == nil {
		sum := sha256.Sum256(content)
		file.Checksum = hex.EncodeToString(sum[:])
		err = json.Unmarshal(content, &file.Model)
	}
	if err == nil && file.Model.Title() == "" {
		err = errors.New("dashboard title cannot be empty")
	}
	if err != nil {
		p.logOnce(path, file.Checksum, err)
	}
	return file, err
}

// logOnce says once what is wrong with a file, until it changes.
func (p *provider) logOnce(path, checksum string, err error) {
	if said := err.Error() + checksum; p.logged[path] != said {
		p.logged[path] = said
		slog.Error("dashboard file rejected", "provider", p.Name, "file", path, "error", err)
	}
}
