package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"seaworthy/deploy/local/internal/host"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/prerequisites"
	"seaworthy/deploy/local/internal/process"
	"seaworthy/deploy/local/internal/progress"
	"seaworthy/deploy/local/internal/runtime"
)

// Resources are the files that come with the binary.
type Resources struct {
	// Images is a folder of image archives.
	Images string
	// CRDs is the file with Emissary's custom resource definitions.
	CRDs string
	// Built is the folder beside this one's, in which parts were built; Parts names those that this version has.
	Built string
	Parts []string
}

// Up starts the cluster, resumes a stopped one, or finds it running.
func Up(ctx context.Context, folder layout.Layout, resources Resources, out io.Writer) error {
	release, err := lock(ctx, out)
	if err != nil {
		return err
	}
	defer release()
	if isRunning(ctx, folder) {
		removeStale(ctx, folder, resources, out)
		return refresh(folder, resources, out)
	}
	if dir := findOwner(); dir != "" && dir != folder.Dir {
		return claimMachine(folder)
	}
	reporter := progress.NewReporter(folder.Status(), out, len(steps))
	err = prerequisites.Check(folder)
	if err == nil {
		err = makeFolders(folder)
	} else {
		_ = os.MkdirAll(folder.Dir, 0o755) // where it can be made, the reason is left there for the web server
	}
	if err == nil {
		err = start(ctx, folder, resources, reporter, out)
	}
	if err == nil {
		removeStale(ctx, folder, resources, out)
		return nil
	}
	if ctx.Err() != nil {
		_ = progress.WriteStopped(folder.Status())
		return errors.New("interrupted; what was started has been stopped again")
	}
	_ = reporter.Fail(err)
	return err
}

// start runs the steps one by one and takes everything down again if one fails.
func start(ctx context.Context, folder layout.Layout, resources Resources, reporter *progress.Reporter, out io.Writer) error {
	if len(process.List(folder)) > 0 || host.LoadSnapshot(folder) != nil {
		fmt.Fprintln(out, "An earlier run ended without tidying up; tidying up first.")
		if err := takeDown(ctx, folder); err != nil {
			return err
		}
		if err := makeFolders(folder); err != nil {
			return err
		}
	}
	begun := &startUp{folder: folder, resources: resources, reporter: reporter, began: time.Now()}
	for at, step := range steps {
		err := reporter.Step(at, step.name, step.detail)
		if err == nil {
			err = step.run(ctx, begun)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", step.name, err)
			return errors.Join(err, takeDown(ctx, folder))
		}
	}
	return reporter.Finish(readyDetail())
}

// refresh gives a running cluster the images that were rebuilt since it started.
func refresh(folder layout.Layout, resources Resources, out io.Writer) error {
	fmt.Fprintf(out, "The cluster in %s is running already.\n", folder.Dir)
	if same, err := isInstalled(folder); err == nil && !same {
		fmt.Fprintln(out, "It is of another version than this program: stop it, and the next start is of this one.")
	}
	archives, err := runtime.ListArchives(resources.Images)
	if err != nil {
		return err
	}
	imported, err := runtime.Import(folder, snapshotterOf(folder), archives)
	for _, name := range imported {
		fmt.Fprintf(out, "Imported %s.\n", name)
	}
	if err != nil {
		return err
	}
	// A build before this has said that it builds.
	return progress.NewReporter(folder.Status(), io.Discard, len(steps)).Finish(readyDetail())
}

func readyDetail() string { return "The cluster answers at " + layout.APIServerURL() + "." }

// isRunning wants every process alive and the API server answering.
func isRunning(ctx context.Context, folder layout.Layout) bool {
	if _, err := os.Stat(folder.Kubeconfig()); err != nil {
		return false
	}
	records := process.List(folder)
	for _, name := range componentNames {
		if !slices.ContainsFunc(records, func(record process.Record) bool { return record.Name == name && record.Alive() }) {
			return false
		}
	}
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return waitForAPIServer(limited, folder) == nil
}

func makeFolders(folder layout.Layout) error {
	for path, mode := range folder.Folders() {
		if err := os.MkdirAll(path, os.FileMode(mode)); err != nil {
			return err
		}
	}
	return nil
}
