package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"seaworthy/deploy/local/internal/controlplane"
	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/parts"
	"seaworthy/deploy/local/internal/process"
	"seaworthy/deploy/local/internal/progress"
	"seaworthy/deploy/local/internal/runtime"
)

// ErrNotReady is the answer of a status that has been printed in full and is not "ready".
var ErrNotReady = errors.New("the cluster is not ready")

// PrintRawStatus prints the status file as it is.
func PrintRawStatus(folder layout.Layout, out io.Writer) error {
	content, err := os.ReadFile(folder.Status())
	if os.IsNotExist(err) {
		return fmt.Errorf("there is no cluster in %s", folder.Dir)
	}
	if err != nil {
		return err
	}
	_, err = out.Write(content)
	return err
}

// PrintStatus prints the state of the cluster for a person.
func PrintStatus(ctx context.Context, folder layout.Layout, out io.Writer) error {
	status, err := progress.Read(folder.Status())
	if err != nil {
		return err
	}
	if status == nil {
		fmt.Fprintf(out, "There is no cluster in %s.\n", folder.Dir)
		return ErrNotReady
	}
	fmt.Fprintf(out, "Cluster     %s\n", folder.Dir)
	fmt.Fprintf(out, "Phase       %s\n", status.Phase)
	if status.Phase == progress.Building || status.Phase == progress.Starting {
		fmt.Fprintf(out, "Step        %s (%d of %d done)\n", status.Step, status.Done, status.Total)
	}
	fmt.Fprintf(out, "Detail      %s\n", status.Detail)
	fmt.Fprintf(out, "Since       %s\n", time.UnixMicro(status.UpdatedAt).Format(time.RFC3339))
	alive := printProcesses(folder, out)
	if status.Phase != progress.Ready {
		return ErrNotReady
	}
	printNetworkPolicies(folder, out)
	if !alive {
		fmt.Fprintln(out, "Not every process runs. `seaworthy-cluster up` starts the cluster again with its data.")
		return ErrNotReady
	}
	if err := printParts(folder, out); err != nil {
		return err
	}
	return printAPIServer(ctx, folder, out)
}

// printParts lists what was added; a part that failed leaves the cluster itself ready. One that says it is ready and of which
// nothing is recorded has been taken away.
func printParts(folder layout.Layout, out io.Writer) error {
	statuses, err := parts.ListStatuses(folder)
	for _, part := range statuses {
		if _, err := os.Stat(folder.PartObjects(part.Name)); part.Phase == progress.Ready && errors.Is(err, os.ErrNotExist) {
			continue
		}
		state := string(part.Phase)
		if part.Phase != progress.Ready && part.Detail != "" {
			state += ": " + part.Detail
		}
		fmt.Fprintf(out, "Part        %-16s %s\n", part.Name, state)
	}
	return err
}

func printProcesses(folder layout.Layout, out io.Writer) bool {
	records := map[string]process.Record{}
	for _, record := range process.List(folder) {
		records[record.Name] = record
	}
	all := true
	for _, name := range componentNames {
		record, found := records[name]
		switch {
		case found && record.Alive():
			fmt.Fprintf(out, "  %-24s process %d\n", name, record.PID)
		case found:
			all = false
			fmt.Fprintf(out, "  %-24s ended; see %s\n", name, folder.Log(name))
		default:
			all = false
		}
	}
	return all
}

// printNetworkPolicies tells from what runs whether policies are enforced.
func printNetworkPolicies(folder layout.Layout, out io.Writer) {
	for _, record := range process.List(folder) {
		if record.Name == controlplane.NetworkPolicyController && record.Alive() && host.PoliciesSynced() == nil {
			fmt.Fprintln(out, "Policies    network policies are enforced, by kube-router's policy controller")
			return
		}
	}
	fmt.Fprintln(out, "Policies    network policies of new pods are NOT enforced")
}

func printAPIServer(ctx context.Context, folder layout.Layout, out io.Writer) error {
	api, err := kubeapi.New(folder)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	version, err := api.Version(limited)
	if err != nil {
		fmt.Fprintf(out, "API server  %v\n", err)
		return ErrNotReady
	}
	fmt.Fprintf(out, "API server  %s, Kubernetes %s\n", layout.APIServerURL(), version)
	fmt.Fprintf(out, "Use it      export KUBECONFIG=%s\n", folder.Kubeconfig())
	return nil
}

// LoadImages gives a running cluster images from archives.
func LoadImages(ctx context.Context, folder layout.Layout, paths []string, out io.Writer) error {
	release, err := lock(ctx, out)
	if err != nil {
		return err
	}
	defer release()
	if !isRunning(ctx, folder) {
		return fmt.Errorf("the cluster in %s is not running; start it with `seaworthy-cluster up --dir %s`", folder.Dir, folder.Dir)
	}
	for _, path := range paths {
		archive, err := runtime.OpenArchive(path)
		if err != nil {
			return err
		}
		imported, err := runtime.Import(folder, snapshotterOf(folder), []runtime.Archive{archive})
		if err != nil {
			return err
		}
		if len(imported) == 0 {
			fmt.Fprintf(out, "%s was there already.\n", archive.Name)
		} else {
			fmt.Fprintf(out, "Imported %s.\n", archive.Name)
		}
	}
	return nil
}
