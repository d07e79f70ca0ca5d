package dashboards

import (
	"net/http"
	"slices"
	"sort"
	"strings"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Folder holds dashboards. There are none within others here.
type Folder struct{ Item }

// FolderCommand is a request to make or to change one.
type FolderCommand struct {
	UID       string `json:"uid"`
	Title     string `json:"title"`
	ParentUID string `json:"parentUid"`
	Version   int    `json:"version"`
	Overwrite bool   `json:"overwrite"`
}

// URL is the address of its list.
func (f *Folder) URL() string { return "/dashboards/f/" + f.UID + "/" + f.Slug() }

var errNoFolder = problem.Worded(http.StatusNotFound, "not-found", "folder not found")

func (s *stored) folder(uid string) *Folder {
	return store.Find(s.Folders, func(one *Folder) bool { return one.UID == uid })
}

// ListFolders gives all, by title.
func (d *Dashboards) ListFolders() []*Folder {
	all := slices.Clone(d.file.Read().Folders)
	sort.Slice(all, func(i, j int) bool { return strings.ToLower(all[i].Title) < strings.ToLower(all[j].Title) })
	return all
}

// GetFolder gives one.
func (d *Dashboards) GetFolder(uid string) (*Folder, error) {
	if one := d.file.Read().folder(uid); one != nil {
		return one, nil
	}
	return nil, errNoFolder
}

// AddFolder makes one.
func (d *Dashboards) AddFolder(command FolderCommand, login string) (one *Folder, err error) {
	if err := command.check(); err != nil {
		return nil, err
	}
	err = d.file.Write(func(data *stored) error {
		if data.folder(command.UID) != nil {
			return problem.New(http.StatusConflict, "a folder with the same uid already exists in the organization")
		}
		one = data.addFolder(command.UID, command.Title, login)
		return nil
	})
	return one, err
}

func (s *stored) addFolder(uid, title, login string) *Folder {
	if uid == "" {
		uid = store.NewUID()
	}
	if title == "" {
		title = uid
	}
	one := &Folder{Item{UID: uid, Title: title}}
	s.change(&one.Item, login)
	s.Folders = append(s.Folders, one)
	return one
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
func (d *Dashboards) ChangeFolder(uid string, command FolderCommand, login string) (one *Folder, err error) {
	if err := command.check(); err != nil {
		return nil, err
	}
	err = d.file.Write(func(data *stored) error {
		if one = data.folder(uid); one == nil {
			return errNoFolder
		}
		if !command.Overwrite && command.Version != one.Version {
			return problem.Worded(http.StatusPreconditionFailed, "version-mismatch", "the folder has been changed by someone else")
		}
		one.Title = command.Title
		data.change(&one.Item, login)
		return nil
	})
	return one, err
}

// DeleteFolder removes one with the dashboards in it.
func (d *Dashboards) DeleteFolder(uid string) (one *Folder, err error) {
	err = d.file.Write(func(data *stored) error {
		if one = data.folder(uid); one == nil {
			return errNoFolder
		}
		for _, dashboard := range slices.Clone(data.Dashboards) {
			if dashboard.FolderUID == uid {
				if err := data.remove(dashboard); err != nil {
					return err
				}
			}
		}
		data.Folders = slices.DeleteFunc(data.Folders, func(other *Folder) bool { return other == one })
		return nil
	})
	return one, err
}
