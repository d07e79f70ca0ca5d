package host

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"seaworthy/deploy/local/internal/layout"
)

// Prepare changes the machine for the cluster, and saves its state first.
func Prepare(folder layout.Layout) error {
	if LoadSnapshot(folder) == nil {
		if err := Capture().Save(folder); err != nil {
			return err
		}
	}
	for _, step := range []func() error{addControlGroups, addAddresses, addBridge, enableForwarding, isolatePods} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Restore reverts every change to the machine; the cluster's processes must have ended. All is tried even
// if some of it fails.
func Restore(folder layout.Layout) error {
	snapshot := LoadSnapshot(folder)
	if snapshot == nil {
		snapshot = &Snapshot{}
	}
	var faults []error
	faults = append(faults, removeControlGroups()...)
	faults = append(faults, removeMounts(folder.Dir)...)
	faults = append(faults, removeAddresses()...)
	faults = append(faults, removeChains(snapshot.Chains)...)
	faults = append(faults, removeSets(snapshot.Sets)...) // after the rules that use them
	faults = append(faults, restoreSysctls(snapshot.Sysctls)...)
	for _, path := range snapshot.Missing {
		removeEmptyFolders(path)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if err := os.Remove(folder.HostSnapshot()); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// removeEmptyFolders removes a tree as far as it holds nothing: a file in it belongs to someone.
func removeEmptyFolders(path string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.IsDir() {
			removeEmptyFolders(filepath.Join(path, entry.Name()))
		} else if entry.Type()&os.ModeSocket != 0 || entry.Name() == "kubelet_internal_checkpoint" {
			// The kubelet's own at a fixed place: the device plugins' socket and the list of their devices.
			_ = os.Remove(filepath.Join(path, entry.Name()))
		}
	}
	_ = os.Remove(path)
}

// CanOverlay tries whether the folder's file system can lie under an overlay, as an overlay itself cannot.
func CanOverlay(folder string) bool {
	root, err := os.MkdirTemp(folder, ".overlay-*")
	if err != nil {
		return false
	}
	defer os.RemoveAll(root)
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if os.Mkdir(filepath.Join(root, name), 0o755) != nil {
			return false
		}
	}
	options := "lowerdir=" + root + "/lower,upperdir=" + root + "/upper,workdir=" + root + "/work"
	if unix.Mount("overlay", root+"/merged", "overlay", 0, options) != nil {
		return false
	}
	return unix.Unmount(root+"/merged", 0) == nil
}
