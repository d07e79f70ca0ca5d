// Package dashboards keeps dashboards and their folders.
package dashboards

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/prometheus"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Dashboard is what is known of one beside its model.
type Dashboard struct {
	ID        int64     `json:"id"`
	UID       string    `json:"uid"`
	Title     string    `json:"title"`
	Tags      []string  `json:"tags"`
	FolderUID string    `json:"folderUid"`
	Version   int       `json:"version"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	CreatedBy string    `json:"createdBy"`
	UpdatedBy string    `json:"updatedBy"`
	// Source is the file that it came from, if any.
	Source *Source `json:"source,omitempty"`
}

// Source is a provisioned dashboard's provider and file.
type Source struct {
	Provider       string `json:"provider"`
	File           string `json:"file"`
	Checksum       string `json:"checksum"`
	AllowUIUpdates bool   `json:"allowUiUpdates"`
}

// Slug is the readable part of its address.
func (d *Dashboard) Slug() string { return slug(d.Title, d.UID) }

// URL is its address.
func (d *Dashboard) URL() string { return "/d/" + d.UID + "/" + url.PathEscape(d.Slug()) }

var slugPattern = regexp.MustCompile(`[^\pL\pN]+`)

func slug(title, uid string) string {
	if made := strings.Trim(slugPattern.ReplaceAllString(strings.ToLower(title), "-"), "-"); made != "" {
		return made
	}
	return uid
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

var (
	table  = store.Table[Dashboard]("dashboards")
	models = store.Table[Model]("dashboard_models")
)

// Dashboards is the service.
type Dashboards struct{ store *store.Store }

// New works on the given store.
func New(opened *store.Store) *Dashboards { return &Dashboards{store: opened} }

var (
	errNotFound    = problem.New(http.StatusNotFound, "Dashboard not found")
	errProvisioned = problem.New(http.StatusBadRequest, "provisioned dashboard cannot be deleted")
)

// Get gives a dashboard and its model.
func (d *Dashboards) Get(uid string) (one *Dashboard, model Model, err error) {
	one, err = store.View(d.store, func(tx *store.Tx) (*Dashboard, error) {
		found, err := models.Need(tx, uid, errNotFound)
		if err != nil {
			return nil, err
		}
		model = *found
		return table.Need(tx, uid, errNotFound)
	})
	return one, model, err
}

// Delete removes one that no file provides.
func (d *Dashboards) Delete(uid string) (*Dashboard, error) {
	return table.Remove(d.store, uid, errNotFound, func(tx *store.Tx, one *Dashboard) error {
		if one.Source != nil {
			return errProvisioned
		}
		return remove(tx, uid)
	})
}

func remove(tx *store.Tx, uid string) error {
	if err := models.Delete(tx, uid); err != nil {
		return err
	}
	return table.Delete(tx, uid)
}

// Save makes a dashboard, or its next version.
func (d *Dashboards) Save(command Command, login string) (*Dashboard, error) {
	if command.Dashboard == nil {
		return nil, problem.New(http.StatusBadRequest, "bad request data: there is no dashboard")
	}
	if err := command.check(); err != nil {
		return nil, err
	}
	return store.Update(d.store, func(tx *store.Tx) (*Dashboard, error) {
		one, err := existing(tx, command.Dashboard)
		if err == nil && one.ID != 0 {
			err = one.accepts(command)
		}
		if err == nil {
			command.FolderUID, err = findFolder(tx, command.FolderUID)
		}
		if err != nil {
			return nil, err
		}
		return one, write(tx, one, command, login)
	})
}

// existing is the dashboard that a model is a version of, by its uid or else its number, or an empty one.
func existing(tx *store.Tx, model Model) (*Dashboard, error) {
	var id int64
	var uid string
	model.read("id", &id)
	model.read("uid", &uid)
	one, err := table.Find(tx, func(other *Dashboard) bool { return other.UID == uid || uid == "" && other.ID == id })
	if err != nil || one != nil {
		return one, err
	}
	if id != 0 {
		return nil, problem.Worded(http.StatusNotFound, "not-found", "Dashboard not found")
	}
	return &Dashboard{}, nil
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

// write fills what the server gives a dashboard and keeps it.
func write(tx *store.Tx, one *Dashboard, command Command, login string) (err error) {
	model, uid := command.Dashboard, ""
	if model.read("uid", &uid); uid == "" {
		if uid = one.UID; uid == "" {
			uid = store.NewUID()
		}
	}
	now := time.Now().UTC()
	if one.ID == 0 {
		if one.ID, err = table.NextID(tx); err != nil {
			return err
		}
		one.Created, one.CreatedBy = now, login
	}
	one.UID, one.FolderUID, one.Updated, one.UpdatedBy = uid, command.FolderUID, now, login
	one.Version++
	one.Title, one.Tags = model.Title(), []string{}
	model.read("tags", &one.Tags)
	model.set("id", one.ID)
	model.set("uid", one.UID)
	model.set("version", one.Version)
	if err := models.Put(tx, one.UID, &model); err != nil {
		return err
	}
	return table.Put(tx, one.UID, one)
}

// check refuses what Grafana refuses of a model, whatever is stored.
func (c Command) check() error {
	var uid, refresh string
	var isFolder bool
	model, title := c.Dashboard, c.Dashboard.Title()
	model.read("uid", &uid)
	model.read("refresh", &refresh)
	model.read("isFolder", &isFolder)
	switch {
	case title == "":
		return problem.Worded(http.StatusBadRequest, "empty-name", "Dashboard title cannot be empty")
	case utf8.RuneCountInString(title) > 5000:
		return problem.New(http.StatusBadRequest, "Dashboard title cannot be longer than 5000 characters")
	case len(uid) > 40:
		return problem.New(http.StatusBadRequest, "uid too long, max 40 characters")
	case uid != "" && !store.IsUID(uid):
		return problem.New(http.StatusBadRequest, "uid contains illegal characters")
	case utf8.RuneCountInString(c.Message) > 500:
		return problem.New(http.StatusBadRequest, "message too long, max 500 characters")
	case isFolder:
		return problem.New(http.StatusBadRequest, "Use folders endpoint for saving folders.")
	}
	if refresh != "" && refresh != "auto" {
		if every, err := prometheus.ParseInterval(refresh); err != nil || every < minRefresh {
			return problem.New(http.StatusBadRequest, "Dashboard refresh interval is too low")
		}
	}
	return nil
}
