// Package prerequisites finds out whether this machine can run the cluster, and says what to do where it cannot.
package prerequisites

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/runtime"
)

// Instead is what to do on a machine that cannot run the cluster.
const Instead = "Labs can use any other cluster: set KUBECONFIG to its file, or make one with kind (kind.sigs.k8s.io) or k3s (k3s.io)."

const (
	// maxFolderBytes leaves room for the sockets below the folder, whose paths the kernel limits to 107 bytes.
	maxFolderBytes = 70
	// minFreeBytes is what images, containers and logs of a first start take, with some room.
	minFreeBytes = 1 << 30
)

// Unsupported lists what keeps the cluster from running on this machine.
type Unsupported struct {
	Missing []string
}

// Error gives all of it, each with what would help, in one line.
func (u *Unsupported) Error() string {
	return "This machine cannot run the local cluster: " + strings.Join(u.Missing, "; ") + ". " + Instead
}

// programs maps each program that must be there to the Debian package that has it.
var programs = []struct{ name, debian string }{
	{"containerd", "containerd"},
	{"ctr", "containerd"},
	{"containerd-shim-runc-v2", "containerd"},
	{"runc", "runc"},
	{"iptables-save", "iptables"},
	{"iptables-restore", "iptables"},
	{"ipset", "ipset"},
	{"conntrack", "conntrack"},
	{"ip", "iproute2"},
	{"mount", "mount"},
}

// plugins are the network plugins that the pod network is made of.
var plugins = []string{"bridge", "host-local", "loopback", "portmap"}

// Check gives nil on a machine that can run the cluster, else an *Unsupported.
func Check(folder layout.Layout) error {
	var missing []string
	if len(folder.Dir) > maxFolderBytes {
		missing = append(missing, fmt.Sprintf("the path of the folder %s is longer than %d bytes; choose a shorter one with --dir", folder.Dir, maxFolderBytes))
	}
	status, _ := os.ReadFile("/proc/self/status")
	if fault := missingCapability(os.Geteuid(), string(status)); fault != "" {
		return &Unsupported{Missing: append(missing, fault)} // the checks below would fail for want of rights alone
	}
	missing = append(missing, missingPrograms(exec.LookPath)...)
	missing = append(missing, missingControllers("/sys/fs/cgroup")...)
	if err := host.LoadBridgeFilter(); err != nil {
		missing = append(missing, err.Error())
	}
	if fault := missingSpace(folder.Dir); fault != "" {
		missing = append(missing, fault)
	}
	if len(missing) > 0 {
		return &Unsupported{Missing: missing}
	}
	return nil
}

// missingCapability says which right this process lacks. Root inside a container often is root in name only.
func missingCapability(user int, processStatus string) string {
	if user != 0 {
		return "it needs root, for pods' networks and mounts"
	}
	for bit, name := range map[uint]string{12: "CAP_NET_ADMIN", 21: "CAP_SYS_ADMIN"} {
		if !hasCapability(processStatus, bit) {
			return "root here has no " + name + ", as in an unprivileged container"
		}
	}
	return ""
}

func hasCapability(processStatus string, bit uint) bool {
	_, rest, found := strings.Cut(processStatus, "CapEff:")
	var set uint64
	if !found {
		return false
	}
	if _, err := fmt.Sscanf(strings.TrimSpace(rest), "%x", &set); err != nil {
		return false
	}
	return set&(1<<bit) != 0
}

func missingPrograms(find func(string) (string, error)) []string {
	var missing []string
	var packages []string
	want := func(name, debian string) {
		missing = append(missing, name)
		if len(packages) == 0 || packages[len(packages)-1] != debian {
			packages = append(packages, debian)
		}
	}
	for _, program := range programs {
		if _, err := find(program.name); err != nil {
			want(program.name, program.debian)
		}
	}
	for _, plugin := range plugins {
		if _, err := find(filepath.Join(runtime.NetworkPlugins, plugin)); err != nil {
			want(filepath.Join(runtime.NetworkPlugins, plugin), "containernetworking-plugins")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("it has no %s (on Debian: apt-get install %s)", strings.Join(missing, ", "), strings.Join(packages, " "))}
}

// missingControllers wants the controllers that the kubelet wants, in either version of control groups.
func missingControllers(root string) []string {
	var missing []string
	if content, err := os.ReadFile(filepath.Join(root, "cgroup.controllers")); err == nil {
		available := strings.Fields(string(content))
		for _, controller := range []string{"cpu", "cpuset", "memory", "pids"} {
			if !slices.Contains(available, controller) {
				missing = append(missing, controller)
			}
		}
	} else {
		for _, controller := range []string{"cpu", "cpuacct", "cpuset", "devices", "memory", "pids"} {
			if _, err := os.Stat(filepath.Join(root, controller, "cgroup.procs")); err != nil {
				missing = append(missing, controller)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("it has no control group for %s in %s", strings.Join(missing, ", "), root)}
}

// missingSpace looks at the nearest folder that exists already.
func missingSpace(folder string) string {
	var usage unix.Statfs_t
	for unix.Statfs(folder, &usage) != nil && folder != "/" {
		folder = filepath.Dir(folder)
	}
	if free := usage.Bavail * uint64(usage.Bsize); free < minFreeBytes {
		return fmt.Sprintf("the disk of %s has %d MB free and %d MB are needed", folder, free>>20, minFreeBytes>>20)
	}
	return ""
}
