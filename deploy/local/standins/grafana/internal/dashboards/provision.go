package dashboards

import (
	"log/slog"
	"slices"

	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// File is a dashboard of a file. One whose content is wrong has no model, and leaves what it said before.
type File struct {
	Path     string
	Checksum string
	Model    Model
	// FolderTitle and FolderUID name the folder, which is made where there is none; without either it is the root.
	FolderTitle, FolderUID string
}

// Provider is the part of a provider's settings that matters to what is stored.
type Provider struct {
	Name            string
	DisableDeletion bool
	AllowUIUpdates  bool
}

// Provision obeys the files of one provider: they win over what people saved.
func (d *Dashboards) Provision(provider Provider, files []File) error {
	return d.file.Write(func(data *stored) error {
		gone := map[string]*Dashboard{}
		for _, one := range data.Dashboards {
			if one.Source != nil && one.Source.Provider == provider.Name {
				gone[one.Source.File] = one
			}
		}
		for _, file := range files {
			if file.Model != nil {
				data.provision(provider, file, gone[file.Path])
			}
			delete(gone, file.Path)
		}
		data.release(provider.DisableDeletion, func(one *Dashboard) bool {
			return one.Source != nil && one.Source.Provider == provider.Name && gone[one.Source.File] == one
		})
		return nil
	})
}

// ReleaseOthers removes the dashboards of providers that are no more.
func (d *Dashboards) ReleaseOthers(providers []string) error {
	return d.file.Write(func(data *stored) error {
		data.release(false, func(one *Dashboard) bool {
			return one.Source != nil && !slices.Contains(providers, one.Source.Provider)
		})
		return nil
	})
}

// release lets go of dashboards whose file is gone: they are removed, or become anybody's to edit.
func (s *stored) release(keep bool, isGone func(*Dashboard) bool) {
	s.Dashboards = slices.DeleteFunc(s.Dashboards, func(one *Dashboard) bool {
		if !isGone(one) {
			return false
		}
		one.Source = nil
		return !keep
	})
}

// provision saves what a file says, over the dashboard that has its uid, or that came from it before.
func (s *stored) provision(provider Provider, file File, before *Dashboard) {
	folder, uid := s.provisionFolder(file), ""
	source := &Source{
		Provider: provider.Name, File: file.Path, Checksum: file.Checksum, AllowUIUpdates: provider.AllowUIUpdates,
	}
	if before != nil && *before.Source == *source && before.FolderUID == folder {
		return
	}
	one := before
	if file.Model.read("uid", &uid); uid != "" && s.dashboard(uid) != nil {
		one = s.dashboard(uid)
	}
	if one != before && one.Source != nil && (one.Source.Provider != source.Provider || one.Source.File != source.File) {
		slog.Warn("dashboard not provisioned", "file", file.Path, "uid", uid, "reason", "the same uid is in "+one.Source.File)
		return
	}
	if one != before && before != nil {
		s.Dashboards = slices.DeleteFunc(s.Dashboards, func(other *Dashboard) bool { return other == before })
	}
	s.save(one, Command{Dashboard: file.Model, FolderUID: folder}, "").Source = source
}

// provisionFolder finds the folder by its uid or its title.
func (s *stored) provisionFolder(file File) string {
	if file.FolderUID == "" && (file.FolderTitle == "" || file.FolderTitle == "General") {
		return ""
	}
	found := store.Find(s.Folders, func(one *Folder) bool {
		return one.UID == file.FolderUID || file.FolderUID == "" && one.Title == file.FolderTitle
	})
	if found == nil {
		found = s.addFolder(file.FolderUID, file.FolderTitle, "")
	}
	return found.UID
}
