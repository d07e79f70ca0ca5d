package dashboards

import (
	"net/http"
	"sort"
	"strings"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Folder holds dashboards. There are none within others here.
type Folder struct {
	ID        int64     `json:"id"`
	UID       string    `json:"uid"`
	Title     string    `json:"title"`
	Version   int       `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	CreatedBy string    `json:"createdBy"`
	UpdatedBy string    `json:"updatedBy"`
}

// FolderCommand is a request to make or to change one.
type FolderCommand struct {
	UID       string `json:"uid"`
	Title     string `json:"title"`
	ParentUID string `json:"parentUid"`
	Version   int    `json:"version"`
	Overwrite bool   `json:"overwrite"`
}

var folders = store.Table[Folder]("folders")

// URL is the address of its list.
func (f *Folder) URL() string { return "/dashboards/f/" + f.UID + "/" + slug(f.Title, f.UID) }

var errNoFolder = problem.Worded(http.StatusNotFound, "not-found", "folder not found")

// findFolder checks the folder that a dashboard is to go into; none is the root.
func findFolder(tx *store.Tx, uid string) (string, error) {
	if uid == "" || uid == "general" {
		return "", nil
	}
	_, err := folders.Need(tx, uid, errNoFolder)
	return uid, err
}

// ListFolders gives all, by title.
func (d *Dashboards) ListFolders() ([]*Folder, error) {
	all, err := folders.All(d.store, nil)
	sort.Slice(all, func(i, j int) bool { return strings.ToLower(all[i].Title) < strings.ToLower(all[j].Title) })
	return all, err
}

// GetFolder gives one.
func (d *Dashboards) GetFolder(uid string) (*Folder, error) {
	return folders.One(d.store, func(one *Folder) bool { return one.UID == uid }, errNoFolder)
}

// AddFolder makes one.
func (d *Dashboards) AddFolder(command FolderCommand, login string) (*Folder, error) {
	if err := command.check(); err != nil {
		return nil, err
	}
	return store.Update(d.store, func(tx *store.Tx) (*Folder, error) {
		same, err := folders.Get(tx, command.UID)
		if same != nil {
			err = problem.New(http.StatusConflict, "a folder with the same uid already exists in the organization")
		}
		if err != nil {
			return nil, err
		}
		return addFolder(tx, command, login)
	})
}

func addFolder(tx *store.Tx, command FolderCommand, login string) (*Folder, error) {
	if command.UID == "" {
		command.UID = store.NewUID()
	}
	now := time.Now().UTC()
	one := &Folder{
		UID: command.UID, Title: command.Title, Version: 1,
		Created: now, Updated: now, CreatedBy: login, UpdatedBy: login,
	}
	var err error
	if one.ID, err = folders.NextID(tx); err != nil {
		return nil, err
	}
	return one, folders.Put(tx, one.UID, one)
}

func (c *FolderCommand) check() error {
	switch {
	case strings.TrimSpace(c.Title) == "":
		return problem.Worded(http.StatusBadRequest, "empty-name", "folder title cannot be empty")
	case c.ParentUID != "":
		return problem.New(http.StatusBadRequest, "This stand-in for Grafana does not know folders within folders")
	case c.UID != "" && !store.IsUID(c.UID):
		return problem.New(http.StatusBadRequest, "uid contains illegal characters or is longer than 40")
	}
	return nil
}

// ChangeFolder gives one another title.
func (d *Dashboards) ChangeFolder(uid string, command FolderCommand, login string) (*Folder, error) {
	if err := command.check(); err != nil {
		return nil, err
	}
	return folders.Change(d.store, uid, errNoFolder, func(_ *store.Tx, one *Folder) error {
		if !command.Overwrite && command.Version != one.Version {
			return problem.Worded(http.StatusPreconditionFailed, "version-mismatch", "the folder has been changed by someone else")
		}
		one.Title, one.Updated, one.UpdatedBy, one.Version = command.Title, time.Now().UTC(), login, one.Version+1
		return nil
	})
}

// DeleteFolder removes one with the dashboards in it.
func (d *Dashboards) DeleteFolder(uid string) (*Folder, error) {
	return folders.Remove(d.store, uid, errNoFolder, func(tx *store.Tx, _ *Folder) error {
		return table.Each(tx, func(_ string, one *Dashboard) error {
			if one.FolderUID != uid {
				return nil
			}
			if one.Source != nil {
				return errProvisioned
			}
			return remove(tx, one.UID)
		})
	})
}
