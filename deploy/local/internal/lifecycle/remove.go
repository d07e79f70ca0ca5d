package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"seaworthy/deploy/local/internal/kubeapi"
	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/parts"
	"seaworthy/deploy/local/internal/runtime"
)

// removalTimeout is how long a part's objects may take until they are gone.
const removalTimeout = 2 * time.Minute

// Remove takes away what the adding of a part applied, its network plugins too. Namespaces and resource definitions stay,
// since what people made in them would go as well; a namespace loses the labels that the part gave it.
func Remove(ctx context.Context, folder layout.Layout, name string, out io.Writer) error {
	release, err := lock(ctx, out)
	if err != nil {
		return err
	}
	defer release()
	applied, err := parts.LoadApplied(folder, name)
	if err != nil {
		return err
	}
	if applied == nil {
		return fmt.Errorf("the cluster in %s has no part %q", folder.Dir, name)
	}
	if !isRunning(ctx, folder) {
		return fmt.Errorf("the cluster in %s is not running; start it with `seaworthy-cluster up --dir %s`", folder.Dir, folder.Dir)
	}
	return removePart(ctx, folder, name, out)
}

// removePart removes a part of a running cluster, or what is known of one that was never added whole.
func removePart(ctx context.Context, folder layout.Layout, name string, out io.Writer) error {
	applied, err := parts.LoadApplied(folder, name)
	if err != nil {
		return err
	}
	api, err := kubeapi.New(folder)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Removing %s\n", name)
	limited, cancel := context.WithTimeout(ctx, removalTimeout)
	defer cancel()
	if err := removeAll(limited, api, removalOrder(applied)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := runtime.SetNetworkPlugins(folder, name, nil); err != nil {
		return err
	}
	// The list of objects goes last: until then a second run finds what is left.
	for _, file := range []string{folder.PartStatus(name), folder.PartObjects(name)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	fmt.Fprintln(out, "Removed.")
	return nil
}

// removalOrder begins with webhooks, which would refuse what comes after them once their pods are gone, and goes on with what
// was applied last.
func removalOrder(applied []kubeapi.Reference) []kubeapi.Reference {
	ordered := slices.Clone(applied)
	slices.Reverse(ordered)
	slices.SortStableFunc(ordered, func(one, other kubeapi.Reference) int {
		return rank(one) - rank(other)
	})
	return ordered
}

func rank(reference kubeapi.Reference) int {
	if strings.HasSuffix(reference.Kind, "WebhookConfiguration") {
		return 0
	}
	return 1
}

func removeAll(ctx context.Context, api *kubeapi.Client, references []kubeapi.Reference) error {
	for _, reference := range references {
		if err := api.Delete(ctx, reference); err != nil {
			return fmt.Errorf("%s cannot be removed: %w", reference, err)
		}
	}
	for _, reference := range references {
		err := poll(ctx, func() error {
			_, err := api.Find(ctx, reference)
			if kubeapi.IsGone(err) {
				return nil
			}
			return errors.Join(fmt.Errorf("%s is still there", reference), err)
		})
		if err != nil {
			return err
		}
	}
	for _, namespace := range ownNamespaces(references) {
		// Applied without them, it loses the labels of the part.
		bare := kubeapi.Object{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace}}
		if err := api.Apply(ctx, bare); err != nil {
			return err
		}
	}
	return nil
}

// ownNamespaces are those of the objects, without the ones that every cluster has.
func ownNamespaces(references []kubeapi.Reference) []string {
	var own []string
	for _, reference := range references {
		namespace := reference.Namespace
		if namespace != "" && namespace != "default" && !strings.HasPrefix(namespace, "kube-") && !slices.Contains(own, namespace) {
			own = append(own, namespace)
		}
	}
	return own
}
