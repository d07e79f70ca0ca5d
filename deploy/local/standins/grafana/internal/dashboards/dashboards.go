// Package dashboards keeps dashboards and their folders.
package dashboards

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Item is what dashboards and folders have in common. They are numbered together.
type Item struct {
	ID        int64     `json:"id"`
	UID       string    `json:"uid"`
	Title     string    `json:"title"`
	Version   int       `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	CreatedBy string    `json:"createdBy"`
	UpdatedBy string    `json:"updatedBy"`
}

// Dashboard is a model with what is known of it.
type Dashboard struct {
	Item
	Tags      []string `json:"tags"`
	FolderUID string   `json:"folderUid"`
	// Source is the file that it came from, if any.
	Source *Source `json:"source,omitempty"`
	Model  Model   `json:"model"`
}

// Source is a provisioned dashboard's provider and file.
type Source struct {
	Provider       string `json:"provider"`
	File           string `json:"file"`
	Checksum       string `json:"checksum"`
	AllowUIUpdates bool   `json:"allowUiUpdates"`
}

var slugPattern = regexp.MustCompile(`[^\pL\pN]+`)

// Slug is the readable part of its address.
func (i *Item) Slug() string {
	if made := strings.Trim(slugPattern.ReplaceAllString(strings.ToLower(i.Title), "-"), "-"); made != "" {
		return made
	}
	return i.UID
}

// URL is its address.
func (d *Dashboard) URL() string { return "/d/" + d.UID + "/" + url.PathEscape(d.Slug()) }

// change counts a version, the first of something that is new, and says whose it is.
func (s *stored) change(one *Item, login string) {
	one.Updated, one.UpdatedBy = time.Now().UTC(), login
	one.Version++
	if one.ID == 0 {
		s.LastID++
		one.ID, one.Created, one.CreatedBy = s.LastID, one.Updated, login
	}
}

// Model is a dashboard's JSON. Only its first level is read, so that all below it stays as it was.
type Model map[string]json.RawMessage

func (m Model) read(key string, into any) bool {
	return len(m[key]) > 0 && json.Unmarshal(m[key], into) == nil
}

func (m Model) set(key string, value any) {
	// Only texts and numbers are set, which have a JSON form always.
	m[key], _ = json.Marshal(value)
}

// Title is the model's own.
func (m Model) Title() string {
	var title string
	m.read("title", &title)
	return strings.TrimSpace(title)
}

// Command is a request to save one.
type Command struct {
	Dashboard Model  `json:"dashboard"`
	FolderUID string `json:"folderUid"`
	Message   string `json:"message"`
	Overwrite bool   `json:"overwrite"`
}

// minRefresh is the real one's default of dashboards.min_refresh_interval.
const minRefresh = 5 * time.Second

type stored struct {
	LastID     int64        `json:"lastId"`
	Dashboards []*Dashboard `json:"dashboards"`
	Folders    []*Folder    `json:"folders"`
}

// Dashboards is the service.
type Dashboards struct{ file *store.File[stored] }

// Open reads those of a data folder.
func Open(folder string) (*Dashboards, error) {
	file, err := store.Open[stored](folder, "dashboards.json")
	return &Dashboards{file: file}, err
}

func (s *stored) dashboard(uid string) *Dashboard {
	return store.Find(s.Dashboards, func(one *Dashboard) bool { return one.UID == uid })
}

var (
	errNotFound    = problem.New(http.StatusNotFound, "Dashboard not found")
	errProvisioned = problem.New(http.StatusBadRequest, "provisioned dashboard cannot be deleted")
)

// Get gives one.
func (d *Dashboards) Get(uid string) (*Dashboard, error) {
	if one := d.file.Read().dashboard(uid); one != nil {
		return one, nil
	}
	return nil, errNotFound
}

// Delete removes one that no file provides.
func (d *Dashboards) Delete(uid string) (one *Dashboard, err error) {
	err = d.file.Write(func(data *stored) error {
		if one = data.dashboard(uid); one == nil {
			return errNotFound
		}
		return data.remove(one)
	})
	return one, err
}

func (s *stored) remove(gone *Dashboard) error {
	if gone.Source != nil {
		return errProvisioned
	}
	s.Dashboards = slices.DeleteFunc(s.Dashboards, func(one *Dashboard) bool { return one == gone })
	return nil
}

// Save makes a dashboard, or its next version.
func (d *Dashboards) Save(command Command, login string) (one *Dashboard, err error) {
	if command.Dashboard == nil {
		return nil, problem.New(http.StatusBadRequest, "bad request data: there is no dashboard")
	}
	if err := command.check(); err != nil {
		return nil, err
	}
	err = d.file.Write(func(data *stored) error {
		if one, err = data.existing(command.Dashboard); err != nil {
			return err
		}
		if one != nil {
			err = one.accepts(command)
		}
		if command.FolderUID == "general" {
			command.FolderUID = ""
		}
		if err == nil && command.FolderUID != "" && data.folder(command.FolderUID) == nil {
			err = errNoFolder
		}
		if err == nil {
			one = data.save(one, command, login)
		}
		return err
	})
	return one, err
}

// existing is the dashboard that a model is a version of, by its uid or else its number, or none.
func (s *stored) existing(model Model) (*Dashboard, error) {
	var id int64
	var uid string
	model.read("id", &id)
	model.read("uid", &uid)
	one := store.Find(s.Dashboards, func(other *Dashboard) bool { return other.UID == uid || uid == "" && other.ID == id })
	if one == nil && id != 0 {
		return nil, problem.Worded(http.StatusNotFound, "not-found", "Dashboard not found")
	}
	return one, nil
}

// accepts says whether a dashboard that is there may be written over.
func (d *Dashboard) accepts(command Command) error {
	if d.Source != nil && !d.Source.AllowUIUpdates {
		return problem.New(http.StatusBadRequest, "Cannot save provisioned dashboard")
	}
	version := 0
	command.Dashboard.read("version", &version)
	if !command.Overwrite && version != d.Version {
		return problem.Worded(http.StatusPreconditionFailed, "version-mismatch", "The dashboard has been changed by someone else")
	}
	return nil
}

// save writes a model over a dashboard, or over a new one where there is none, and fills in what the server gives it.
func (s *stored) save(one *Dashboard, command Command, login string) *Dashboard {
	if one == nil {
		one = &Dashboard{Item: Item{UID: store.NewUID()}}
		s.Dashboards = append(s.Dashboards, one)
	}
	model, uid := command.Dashboard, ""
	if model.read("uid", &uid); uid != "" {
		one.UID = uid
	}
	s.change(&one.Item, login)
	one.Title, one.FolderUID, one.Model, one.Tags = model.Title(), command.FolderUID, model, []string{}
	model.read("tags", &one.Tags)
	model.set("id", one.ID)
	model.set("uid", one.UID)
	model.set("version", one.Version)
	return one
}

// check refuses what Grafana refuses of a model, whatever is stored.
func (c Command) check() error {
	var uid, refresh string
	var isFolder bool
	model, title := c.Dashboard, c.Dashboard.Title()
	model.read("uid", &uid)
	model.read("refresh", &refresh)
	model.read("isFolder", &isFolder)
	refuse := func(message string) error { return problem.New(http.StatusBadRequest, "%s", message) }
	switch {
	case title == "":
		return problem.Worded(http.StatusBadRequest, "empty-name", "Dashboard title cannot be empty")
	case utf8.RuneCountInString(title) > 5000:
		return refuse("Dashboard title cannot be longer than 5000 characters")
	case len(uid) > 40:
		return refuse("uid too long, max 40 characters")
	case uid != "" && !store.IsUID(uid):
		return refuse("uid contains illegal characters")
	case utf8.RuneCountInString(c.Message) > 500:
		return refuse("message too long, max 500 characters")
	case isFolder:
		return refuse("Use folders endpoint for saving folders.")
	}
	if refresh != "" && refresh != "auto" {
		if every, err := prometheus.ParseInterval(refresh); err != nil || every < minRefresh {
			return refuse("Dashboard refresh interval is too low")
		}
	}
	return nil
}
