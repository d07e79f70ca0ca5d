package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/parts"
	"seaworthy/deploy/local/internal/progress"
	"seaworthy/deploy/local/internal/runtime"
)

// partTimeout is how long a part's pods may take; the images are on the machine by then.
const partTimeout = 3 * time.Minute

// addition is what the steps of adding one part share.
type addition struct {
	folder layout.Layout
	part   *parts.Part
	api    *kubeapi.Client
	before []kubeapi.Reference
}

var additionSteps = []struct {
	name string
	run  func(context.Context, *addition) error
}{
	{"Importing its images", importPart},
	{"Applying its objects", applyPart},
	{"Starting its pods", awaitPart},
}

// Add gives a running cluster a part, or the newer version of one; what the older one had and the newer has not is removed.
func Add(ctx context.Context, folder layout.Layout, name, source string, out io.Writer) error {
	part, err := parts.Open(name, source)
	if err != nil {
		return err
	}
	release, err := lock(ctx, out)
	if err != nil {
		return err
	}
	defer release()
	if !isRunning(ctx, folder) {
		return fmt.Errorf("the cluster in %s is not running; start it with `seaworthy-cluster up --dir %s`", folder.Dir, folder.Dir)
	}
	adding := &addition{folder: folder, part: part}
	if adding.api, err = kubeapi.New(folder); err != nil {
		return err
	}
	if err := makeFolders(folder); err != nil {
		return err
	}
	fmt.Fprintf(out, "Adding %s\n", name)
	reporter := progress.NewReporter(folder.PartStatus(name), out, len(additionSteps))
	for at, step := range additionSteps {
		if err = reporter.Step(at, step.name, ""); err == nil {
			err = step.run(ctx, adding)
		}
		if err != nil {
			err = fmt.Errorf("%s: %s: %w", name, step.name, err)
			return errors.Join(err, reporter.Fail(err))
		}
	}
	if source, err = filepath.Abs(source); err != nil {
		return err
	}
	if err := layout.WriteFile(folder.PartSource(name), []byte(source+"\n"), 0o644); err != nil {
		return err
	}
	return reporter.Finish("")
}

func importPart(_ context.Context, a *addition) error {
	if _, err := runtime.Import(a.folder, snapshotterOf(a.folder), a.part.Images); err != nil {
		return err
	}
	return runtime.SetNetworkPlugins(a.folder, a.part.Name, a.part.NetworkPlugins)
}

func applyPart(ctx context.Context, a *addition) error {
	now, err := a.part.References()
	if err != nil {
		return err
	}
	before, err := parts.LoadApplied(a.folder, a.part.Name)
	if err != nil {
		return err
	}
	if err := parts.SaveApplied(a.folder, a.part.Name, parts.Union(now, before)); err != nil {
		return err
	}
	if err := applyAll(ctx, a.api, a.part.Definitions); err != nil {
		return err
	}
	if err := applyAll(ctx, a.api, a.part.Objects); err != nil {
		return err
	}
	for _, reference := range before {
		if slices.Contains(now, reference) {
			continue
		}
		if err := a.api.Delete(ctx, reference); err != nil {
			return fmt.Errorf("%s is not wanted any more and cannot be removed: %w", reference, err)
		}
	}
	return parts.SaveApplied(a.folder, a.part.Name, now)
}

func awaitPart(ctx context.Context, a *addition) error {
	limited, cancel := context.WithTimeout(ctx, partTimeout)
	defer cancel()
	for _, workload := range a.part.Workloads() {
		reference, err := workload.Reference()
		if err != nil {
			return err
		}
		err = poll(limited, func() error {
			found, err := a.api.Find(limited, reference)
			if err != nil {
				return err
			}
			if reason := unready(found); reason != "" {
				return fmt.Errorf("%s is not ready: %s", reference, reason)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unready says what a Deployment, DaemonSet or StatefulSet still waits for, as `kubectl rollout status` judges it.
func unready(workload kubeapi.Object) string {
	metadata, _ := workload["metadata"].(map[string]any)
	spec, _ := workload["spec"].(map[string]any)
	status, _ := workload["status"].(map[string]any)
	if number(status, "observedGeneration") < number(metadata, "generation") {
		return "its controller has not seen it yet"
	}
	if workload["kind"] == "DaemonSet" {
		wanted := number(status, "desiredNumberScheduled")
		return behind(wanted, number(status, "updatedNumberScheduled"), number(status, "numberAvailable"))
	}
	wanted := 1.0
	if replicas, given := spec["replicas"].(float64); given {
		wanted = replicas
	}
	updated := number(status, "updatedReplicas")
	if reason := behind(wanted, updated, number(status, "availableReplicas")); reason != "" {
		return reason
	}
	if old := number(status, "replicas") - updated; old > 0 {
		return fmt.Sprintf("%v pods of the version before are still there", old)
	}
	return ""
}

func behind(wanted, updated, available float64) string {
	if updated < wanted || available < wanted {
		return fmt.Sprintf("%v of %v pods are ready, %v of this version", available, wanted, updated)
	}
	return ""
}

func number(fields map[string]any, name string) float64 {
	value, _ := fields[name].(float64)
	return value
}
