// Package runtime runs containerd for the cluster, gives it its images and takes its containers down.
package runtime

import (
	"fmt"
	"path/filepath"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
)

// Containerd is a containerd of the cluster's own, beside any that the machine has.
func Containerd(folder layout.Layout) process.Program {
	return process.Program{
		Name: "containerd",
		Path: "containerd",
		Args: []string{"--config", folder.Config("containerd.toml")},
	}
}

// WriteSettings writes containerd's configuration and that of the pod network.
func WriteSettings(folder layout.Layout, snapshotter string) error {
	err := layout.WriteFile(folder.Config("containerd.toml"), []byte(containerdSettings(folder, snapshotter)), 0o644)
	if err != nil {
		return err
	}
	if err := linkNetworkPlugins(folder); err != nil {
		return err
	}
	return writeNetworkSettings(folder)
}

// containerdSettings restricts the out-of-memory score: without CAP_SYS_RESOURCE the kernel refuses the score that a
// pod's first container asks for, and no pod would start.
func containerdSettings(folder layout.Layout, snapshotter string) string {
	return fmt.Sprintf(`version = 2
root = %[1]q
state = %[2]q
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = %[3]q

[plugins."io.containerd.internal.v1.opt"]
  path = %[4]q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %[5]q
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  max_concurrent_downloads = 4

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = %[6]q
  conf_dir = %[7]q

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = %[8]q

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`, folder.ContainerdRoot(), folder.ContainerdState(), folder.ContainerdSocket(),
		filepath.Join(folder.Dir, "containerd-opt"), layout.PauseImage, folder.NetworkPlugins(), folder.NetworkConfig(), snapshotter)
}
