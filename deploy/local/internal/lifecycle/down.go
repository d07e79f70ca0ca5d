package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"seaworthy/deploy/local/internal/controlplane"
	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/process"
	"seaworthy/deploy/local/internal/progress"
	"seaworthy/deploy/local/internal/runtime"
)

// stopOrder has the kubelet first, so that nothing is restarted and no pod begins without its policies, and containerd last, so that it can still stop
// its containers. Programs in one group are stopped together.
var stopOrder = [][]string{
	{"kubelet"},
	{"kube-proxy", controlplane.NetworkPolicyController, "kube-scheduler", "kube-controller-manager"},
	{"kube-apiserver"},
	{"etcd"},
}

// grace is how long a program may take to end by itself.
const grace = 5 * time.Second

// Down stops the cluster and reverts every change to the machine; with purge its data is removed as well.
func Down(ctx context.Context, folder layout.Layout, purge bool, out io.Writer) error {
	release, err := lock(ctx, out)
	if err != nil {
		return err
	}
	defer release()
	if _, err := os.Stat(folder.Dir); os.IsNotExist(err) {
		fmt.Fprintf(out, "There is no cluster in %s.\n", folder.Dir)
		return nil
	}
	if purge && !isClusterFolder(folder) {
		return fmt.Errorf("%s does not look like a cluster's folder, so it is left alone", folder.Dir)
	}
	began := time.Now()
	if err := takeDown(ctx, folder); err != nil {
		return err
	}
	if purge {
		if err := os.RemoveAll(folder.Dir); err != nil {
			return err
		}
		fmt.Fprintf(out, "Stopped and removed in %.1f s.\n", time.Since(began).Seconds())
		return nil
	}
	fmt.Fprintf(out, "Stopped in %.1f s; its data stays in %s.\n", time.Since(began).Seconds(), folder.Dir)
	return progress.WriteStopped(folder.Status())
}

// isClusterFolder guards against removing a folder that was named by mistake.
func isClusterFolder(folder layout.Layout) bool {
	if _, err := os.Stat(folder.Status()); err != nil {
		return false
	}
	entries, err := os.ReadDir(folder.Dir)
	return err == nil && !slices.ContainsFunc(entries, func(entry os.DirEntry) bool { return entry.Name() == ".git" || entry.Name() == "etc" })
}

// takeDown ends a running, half-started or crashed cluster. All of it is tried even if some of it fails.
func takeDown(ctx context.Context, folder layout.Layout) error {
	_ = os.Remove(folder.Kubeconfig())
	records := map[string]process.Record{}
	for _, record := range process.List(folder) {
		records[record.Name] = record
	}
	faults := []error{}
	for _, names := range stopOrder {
		faults = append(faults, stopTogether(folder, records, names)...)
	}
	if containerd, found := records["containerd"]; found {
		if containerd.Alive() {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
			// What containerd cannot stop, KillUnrecorded and Restore remove.
			_ = runtime.RemoveSandboxes(limited, folder)
			cancel()
		}
		faults = append(faults, containerd.Stop(folder, grace))
	}
	process.KillUnrecorded(folder)
	if dir := findOwner(); dir == "" || dir == folder.Dir {
		faults = append(faults, host.Restore(folder))
	}
	faults = append(faults, os.RemoveAll(folder.ContainerdState()), os.RemoveAll(folder.NetworkLeases()), os.RemoveAll(folder.ContainerdSocket()))
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("not everything of the cluster could be taken down; run it again: %w", err)
	}
	return releaseMachine(folder)
}

func stopTogether(folder layout.Layout, records map[string]process.Record, names []string) []error {
	faults := make([]error, len(names))
	var group sync.WaitGroup
	for at, name := range names {
		if record, found := records[name]; found {
			group.Add(1)
			go func() {
				defer group.Done()
				faults[at] = record.Stop(folder, grace)
			}()
		}
	}
	group.Wait()
	return faults
}
