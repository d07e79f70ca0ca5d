package lifecycle

import (
	"fmt"
	"io"
	"os"
	"strings"

	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/layout"
)

// installBinary copies this program into the cluster's folder, unless the same is there.
func installBinary(folder layout.Layout) error {
	isThere, err := isInstalled(folder)
	if err != nil || isThere {
		return err
	}
	own, err := os.Executable()
	if err != nil {
		return err
	}
	source, err := os.Stat(own)
	if err != nil {
		return err
	}
	if err := copyFile(own, folder.Binary()); err != nil {
		return fmt.Errorf("the program cannot be copied to %s: %w", folder.Binary(), err)
	}
	return os.Chtimes(folder.Binary(), source.ModTime(), source.ModTime())
}

// isInstalled tells whether the program in the cluster's folder is a copy of this one.
func isInstalled(folder layout.Layout) (bool, error) {
	own, err := os.Executable()
	if err != nil {
		return false, err
	}
	source, err := os.Stat(own)
	if err != nil {
		return false, err
	}
	installed, err := os.Stat(folder.Binary())
	return err == nil && installed.Size() == source.Size() && installed.ModTime().Equal(source.ModTime()), nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	temporary := to + ".new"
	target, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if closed := target.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(temporary, to)
}

// snapshotterOf says how image layers are stacked. What a cluster began with it keeps: its images lie that way.
func snapshotterOf(folder layout.Layout) string {
	settings, err := os.ReadFile(folder.Config("containerd.toml"))
	if err == nil && strings.Contains(string(settings), `snapshotter = "native"`) {
		return "native"
	}
	if err == nil || host.CanOverlay(folder.Dir) {
		return "overlayfs"
	}
	return "native"
}
