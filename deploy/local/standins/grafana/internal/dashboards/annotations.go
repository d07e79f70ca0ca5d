package dashboards

import (
	"fmt"
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

func annotationKey(id int64) string { return fmt.Sprintf("%012d", id) }

// ListAnnotations gives those within a range, the latest first.
func (d *Dashboards) ListAnnotations(search AnnotationSearch) ([]*Annotation, error) {
	var found []*Annotation
	err := d.store.Read(func(tx *store.Tx) (err error) {
		found, err = annotations.List(tx, func(one *Annotation) bool {
			for _, tag := range search.Tags {
				if !slices.Contains(one.Tags, tag) {
					return false
				}
			}
			return (search.DashboardUID == "" || one.DashboardUID == search.DashboardUID) &&
				(search.PanelID == 0 || one.PanelID == search.PanelID) &&
				one.TimeEnd >= search.From && (search.To == 0 || one.Time <= search.To)
		})
		return err
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
		return annotations.Put(tx, annotationKey(one.ID), one)
	})
}

// ChangeAnnotation writes what a function changes of one.
func (d *Dashboards) ChangeAnnotation(id int64, change func(*Annotation) error) error {
	return d.store.Write(func(tx *store.Tx) error {
		one, err := annotations.Get(tx, annotationKey(id))
		if err == nil && one == nil {
			err = noAnnotation()
		}
		if err != nil {
			return err
		}
		if err := change(one); err != nil {
			return err
		}
		one.ID, one.Updated = id, time.Now().UnixMilli()
		return annotations.Put(tx, annotationKey(id), one)
	})
}

// GetAnnotation gives one.
func (d *Dashboards) GetAnnotation(id int64) (one *Annotation, err error) {
	err = d.store.Read(func(tx *store.Tx) (err error) {
		if one, err = annotations.Get(tx, annotationKey(id)); err == nil && one == nil {
			return noAnnotation()
		}
		return err
	})
	return one, err
}

// DeleteAnnotation removes one.
func (d *Dashboards) DeleteAnnotation(id int64) error {
	if _, err := d.GetAnnotation(id); err != nil {
		return err
	}
	return d.store.Write(func(tx *store.Tx) error { return annotations.Delete(tx, annotationKey(id)) })
}

func noAnnotation() error { return problem.New(http.StatusNotFound, "Annotation not found") }
