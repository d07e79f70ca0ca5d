package host

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

const controlGroupRoot = "/sys/fs/cgroup"

// isUnified tells whether the machine has control groups of version 2 only.
func isUnified() bool {
	_, err := os.Stat(filepath.Join(controlGroupRoot, "cgroup.controllers"))
	return err == nil
}

// controlGroups lists the cluster's folder in each hierarchy of control groups.
func controlGroups() []string {
	if isUnified() {
		return []string{filepath.Join(controlGroupRoot, layout.ControlGroup)}
	}
	hierarchies, _ := filepath.Glob(filepath.Join(controlGroupRoot, "*", "cgroup.procs"))
	groups := make([]string, 0, len(hierarchies))
	for _, file := range hierarchies {
		groups = append(groups, filepath.Join(filepath.Dir(file), layout.ControlGroup))
	}
	return groups
}

// addControlGroups makes the group that all pods live in.
func addControlGroups() error {
	for _, group := range controlGroups() {
		if err := os.Mkdir(group, 0o755); err != nil && !os.IsExist(err) {
			return fmt.Errorf("no control group can be made: %w", err)
		}
		if isUnified() {
			enableControllers(controlGroupRoot)
			enableControllers(group)
		} else if err := inheritCPUSets(group); err != nil {
			return err
		}
	}
	return nil
}

// enableControllers passes the controllers on one by one: one that the machine does not delegate must not stop the rest.
func enableControllers(group string) {
	for _, controller := range []string{"cpu", "cpuset", "memory", "pids", "io", "hugetlb"} {
		_ = os.WriteFile(filepath.Join(group, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
	}
}

// inheritCPUSets fills what a new group of version 1 leaves empty, and without which no process may enter it.
func inheritCPUSets(group string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(group), file))
		if os.IsNotExist(err) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(group, file), content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("the control group %s cannot be set up: %w", group, err)
		}
	}
	return nil
}

// removeControlGroups ends what still runs in the groups and removes them from the innermost outwards.
func removeControlGroups() []error {
	var faults []error
	for _, group := range controlGroups() {
		groups := descend(group)
		process.WaitGone(killMembers(groups))
		for _, inner := range slices.Backward(groups) {
			if err := syscall.Rmdir(inner); err != nil && err != syscall.ENOENT {
				faults = append(faults, fmt.Errorf("the control group %s cannot be removed: %w", inner, err))
			}
		}
	}
	return faults
}

func descend(group string) []string {
	var groups []string
	_ = filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return nil
	})
	return groups
}

func killMembers(groups []string) []int {
	var killed []int
	for _, group := range groups {
		content, _ := os.ReadFile(filepath.Join(group, "cgroup.procs"))
		for _, line := range strings.Fields(string(content)) {
			if pid, err := strconv.Atoi(line); err == nil && pid > 1 && syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed = append(killed, pid)
			}
		}
	}
	return killed
}
