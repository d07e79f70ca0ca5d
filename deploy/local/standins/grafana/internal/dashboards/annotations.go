package dashboards

import (
	"net/http"
	"slices"
	"sort"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/problem"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// Annotation marks a time, or a range of it, on one dashboard or on all.
type Annotation struct {
	ID           int64    `json:"id"`
	DashboardUID string   `json:"dashboardUID"`
	PanelID      int64    `json:"panelId"`
	Time         int64    `json:"time"`
	TimeEnd      int64    `json:"timeEnd"`
	Text         string   `json:"text"`
	Tags         []string `json:"tags"`
	Login        string   `json:"login"`
	Created      int64    `json:"created"`
	Updated      int64    `json:"updated"`
}

// AnnotationSearch is what is looked for; zero is any.
type AnnotationSearch struct {
	From, To     int64
	DashboardUID string
	PanelID      int64
	Tags         []string
	Limit        int
}

var annotations = store.Table[Annotation]("annotations")

var errNoAnnotation = problem.New(http.StatusNotFound, "Annotation not found")

// ListAnnotations gives those within a range, the latest first.
func (d *Dashboards) ListAnnotations(search AnnotationSearch) ([]*Annotation, error) {
	found, err := annotations.All(d.store, func(one *Annotation) bool {
		return !slices.ContainsFunc(search.Tags, func(tag string) bool { return !slices.Contains(one.Tags, tag) }) &&
			(search.DashboardUID == "" || one.DashboardUID == search.DashboardUID) &&
			(search.PanelID == 0 || one.PanelID == search.PanelID) &&
			one.TimeEnd >= search.From && (search.To == 0 || one.Time <= search.To)
	})
	sort.SliceStable(found, func(i, j int) bool { return found[i].Time > found[j].Time })
	return found[:min(len(found), search.Limit)], err
}

// AddAnnotation makes one; without a time it is of now.
func (d *Dashboards) AddAnnotation(one *Annotation) error {
	if one.Text == "" {
		return problem.New(http.StatusBadRequest, "Failed to save annotation: text field should not be empty")
	}
	now := time.Now().UnixMilli()
	if one.Time == 0 {
		one.Time = now
	}
	if one.TimeEnd == 0 {
		one.TimeEnd = one.Time
	}
	one.Created, one.Updated = now, now
	if one.Tags == nil {
		one.Tags = []string{}
	}
	return d.store.Write(func(tx *store.Tx) (err error) {
		if one.ID, err = annotations.NextID(tx); err != nil {
			return err
		}
		return annotations.Put(tx, store.Key(one.ID), one)
	})
}

// ChangeAnnotation writes what a function changes of one.
func (d *Dashboards) ChangeAnnotation(id int64, change func(*Annotation) error) error {
	_, err := annotations.Change(d.store, store.Key(id), errNoAnnotation, func(_ *store.Tx, one *Annotation) error {
		err := change(one)
		one.ID, one.Updated = id, time.Now().UnixMilli()
		return err
	})
	return err
}

// GetAnnotation gives one.
func (d *Dashboards) GetAnnotation(id int64) (*Annotation, error) {
	return annotations.One(d.store, func(one *Annotation) bool { return one.ID == id }, errNoAnnotation)
}

// DeleteAnnotation removes one.
func (d *Dashboards) DeleteAnnotation(id int64) error {
	_, err := annotations.Remove(d.store, store.Key(id), errNoAnnotation, nil)
	return err
}
