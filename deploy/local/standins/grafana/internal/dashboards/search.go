package dashboards

import (
	"slices"
	"sort"
	"strings"
)

// Search is what is looked for.
type Search struct {
	Query      string
	Tags       []string
	Type       string
	FolderUIDs []string
}

// Hit is a dashboard or a folder that was found.
type Hit struct {
	ID          int64    `json:"id"`
	OrgID       int64    `json:"orgId"`
	UID         string   `json:"uid"`
	Title       string   `json:"title"`
	URI         string   `json:"uri"`
	URL         string   `json:"url"`
	Slug        string   `json:"slug"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	IsStarred   bool     `json:"isStarred"`
	FolderID    int64    `json:"folderId,omitempty"`
	FolderUID   string   `json:"folderUid,omitempty"`
	FolderTitle string   `json:"folderTitle,omitempty"`
	FolderURL   string   `json:"folderUrl,omitempty"`
	SortMeta    int      `json:"sortMeta"`
	IsDeleted   bool     `json:"isDeleted"`
}

// Find gives folders first, then dashboards, both by title.
func (d *Dashboards) Find(search Search) []Hit {
	data, hits := d.file.Read(), []Hit{}
	for _, folder := range data.Folders {
		hits = append(hits, newHit(&folder.Item, "dash-folder", folder.URL(), []string{}))
	}
	for _, dashboard := range data.Dashboards {
		hit := newHit(&dashboard.Item, "dash-db", dashboard.URL(), dashboard.Tags)
		if folder := data.folder(dashboard.FolderUID); folder != nil {
			hit.FolderID, hit.FolderUID, hit.FolderTitle, hit.FolderURL = folder.ID, folder.UID, folder.Title, folder.URL()
		}
		hits = append(hits, hit)
	}
	hits = slices.DeleteFunc(hits, func(hit Hit) bool { return !search.accepts(hit) })
	sort.SliceStable(hits, func(i, j int) bool {
		if hits[i].Type != hits[j].Type {
			return hits[i].Type == "dash-folder"
		}
		return strings.ToLower(hits[i].Title) < strings.ToLower(hits[j].Title)
	})
	return hits
}

func newHit(one *Item, kind, url string, tags []string) Hit {
	return Hit{ID: one.ID, OrgID: 1, UID: one.UID, Title: one.Title, URI: "db/" + one.Slug(), URL: url, Type: kind, Tags: tags}
}

func (s *Search) accepts(hit Hit) bool {
	folder := hit.FolderUID
	if folder == "" {
		folder = "general"
	}
	switch {
	case s.Query != "" && !strings.Contains(strings.ToLower(hit.Title), strings.ToLower(s.Query)),
		s.Type != "" && s.Type != hit.Type,
		len(s.FolderUIDs) > 0 && (hit.Type == "dash-folder" || !slices.Contains(s.FolderUIDs, folder)):
		return false
	}
	for _, tag := range s.Tags {
		if !slices.Contains(hit.Tags, tag) {
			return false
		}
	}
	return true
}
