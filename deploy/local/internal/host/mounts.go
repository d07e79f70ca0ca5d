package host

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// removeMounts unmounts everything below the folder, the newest first.
func removeMounts(folder string) []error {
	content, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return []error{err}
	}
	var faults []error
	for _, path := range slices.Backward(mountsBelow(string(content), folder)) {
		err := unix.Unmount(path, 0)
		if err == unix.EBUSY {
			err = unix.Unmount(path, unix.MNT_DETACH)
		}
		if err != nil && err != unix.EINVAL && err != unix.ENOENT {
			faults = append(faults, fmt.Errorf("%s cannot be unmounted: %w", path, err))
		}
	}
	return faults
}

// mountsBelow picks the mount points inside the folder out of the kernel's list, which is in order of mounting.
func mountsBelow(mountInfo, folder string) []string {
	var paths []string
	for _, line := range strings.Split(mountInfo, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		if path := unescape(fields[4]); strings.HasPrefix(path, folder+"/") {
			paths = append(paths, path)
		}
	}
	return paths
}

// unescape undoes the kernel's octal spelling of blanks and backslashes in paths.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}
