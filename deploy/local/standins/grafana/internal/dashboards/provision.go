package dashboards

import (
	"log/slog"
	"slices"

	"seaworthy/deploy/local/standins/grafana/internal/store"
)

// File is a dashboard of a file.
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
func (d *Dashboards) Provision(provider Provider, files []File, unreadable []string) error {
	return d.store.Write(func(tx *store.Tx) error {
		stored, err := table.List(tx, func(one *Dashboard) bool { return one.isFrom(provider.Name) })
		if err != nil {
			return err
		}
		byPath := map[string]*Dashboard{}
		for _, one := range stored {
			byPath[one.Source.File] = one
		}
		for _, path := range unreadable {
			delete(byPath, path)
		}
		for _, file := range files {
			if err := provision(tx, provider, file, byPath[file.Path]); err != nil {
				return err
			}
			delete(byPath, file.Path)
		}
		for _, gone := range byPath {
			if err := release(tx, gone, provider.DisableDeletion); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReleaseOthers removes the dashboards of providers that are no more.
func (d *Dashboards) ReleaseOthers(providers []string) error {
	return d.store.Write(func(tx *store.Tx) error {
		gone, err := table.List(tx, func(one *Dashboard) bool {
			return one.Source != nil && !slices.Contains(providers, one.Source.Provider)
		})
		for _, one := range gone {
			if err := release(tx, one, false); err != nil {
				return err
			}
		}
		return err
	})
}

func (d *Dashboard) isFrom(provider string) bool {
	return d.Source != nil && d.Source.Provider == provider
}

// release lets go of a dashboard whose file is gone: it is removed, or it becomes anybody's to edit.
func release(tx *store.Tx, one *Dashboard, keep bool) error {
	// Another file may have taken its uid in the meantime.
	current, err := table.Get(tx, one.UID)
	if err != nil || current == nil || current.Source == nil || *current.Source != *one.Source {
		return err
	}
	if !keep {
		return remove(tx, one.UID)
	}
	current.Source = nil
	return table.Put(tx, current.UID, current)
}

func provision(tx *store.Tx, provider Provider, file File, stored *Dashboard) error {
	folder, err := provisionFolder(tx, file)
	if err != nil {
		return err
	}
	source := &Source{
		Provider: provider.Name, File: file.Path, Checksum: file.Checksum, AllowUIUpdates: provider.AllowUIUpdates,
	}
	if stored != nil && *stored.Source == *source && stored.FolderUID == folder {
		return nil
	}
	var uid string
	file.Model.read("uid", &uid)
	one := stored
	if uid != "" && (stored == nil || stored.UID != uid) {
		same, err := table.Get(tx, uid)
		if err != nil {
			return err
		}
		if same != nil && same.Source != nil && *same.Source != *source {
			slog.Warn("dashboard not provisioned", "file", file.Path, "uid", uid, "reason", "the same uid is in "+same.Source.File)
			return nil
		}
		if stored != nil {
			if err := remove(tx, stored.UID); err != nil {
				return err
			}
		}
		if same != nil {
			one = same
		}
	}
	if one == nil {
		one = &Dashboard{}
	}
	one.Source = source
	return write(tx, one, Command{Dashboard: file.Model, FolderUID: folder}, "")
}

// provisionFolder finds the folder by its uid or its title.
func provisionFolder(tx *store.Tx, file File) (string, error) {
	if (file.FolderTitle == "" && file.FolderUID == "") || (file.FolderUID == "" && file.FolderTitle == "General") {
		return "", nil
	}
	found, err := folders.Find(tx, func(one *Folder) bool {
		return one.UID == file.FolderUID || (file.FolderUID == "" && one.Title == file.FolderTitle)
	})
	if err != nil {
		return "", err
	}
	if found == nil {
		command := FolderCommand{UID: file.FolderUID, Title: file.FolderTitle}
		if command.UID == "" {
			command.UID = store.NewUID()
		}
		if command.Title == "" {
			command.Title = command.UID
		}
		if found, err = addFolder(tx, command, ""); err != nil {
			return "", err
		}
	}
	return found.UID, nil
}
