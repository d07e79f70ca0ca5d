// Package releases asks helm what it installed, and has it install, upgrade and remove.
package releases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/tools"
)

// The labels of helm's own record of a release: by them this command knows what it installed, and from what.
const (
	OwnerLabel   = "seaworthy.dev/installed-by"
	Owner        = "deploy-cluster"
	contentLabel = "seaworthy.dev/content"
)

// Action is what has to be done to a release.
type Action string

// The actions.
const (
	Unchanged Action = "unchanged"
	Install   Action = "install"
	Upgrade   Action = "upgrade"
	// Restart is an installation that was cut short: what it left is removed first.
	Restart Action = "install again, after an attempt that was cut short"
	// Recover is an upgrade that was cut short.
	Recover Action = "upgrade again, after an attempt that was cut short"
)

// State is what helm knows of a release; nil for nothing.
type State struct {
	Status   string
	Revision string
	IsOurs   bool
	Content  string
	// WasDeployed says whether some revision of it was once there whole.
	WasDeployed bool
}

// Foreign says that a release of this name is somebody else's.
type Foreign struct{ Release pins.Release }

func (f *Foreign) Error() string {
	return fmt.Sprintf("the namespace %s has a release %s that this command did not install; remove it, or leave its part out",
		f.Release.Namespace, f.Release.Name)
}

// Find reads helm's records: Secrets, one for each revision.
func Find(ctx context.Context, run tools.Run, release pins.Release) (*State, error) {
	out, err := run(ctx, nil, "kubectl", "get", "secrets", "--namespace", release.Namespace,
		"--selector", "owner=helm,name="+release.Name, "--output", "json", "--request-timeout", "30s")
	if err != nil {
		return nil, err
	}
	list := struct {
		Items []struct {
			Metadata struct {
				Labels            map[string]string
				CreationTimestamp time.Time
			}
		}
	}{}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("kubectl's answer about the release %s cannot be read: %w", release.Name, err)
	}
	var newest *State
	wasDeployed := false
	for _, item := range list.Items {
		labels := item.Metadata.Labels
		wasDeployed = wasDeployed || labels["status"] == "deployed" || labels["status"] == "superseded"
		if newest == nil || number(labels["version"]) > number(newest.Revision) {
			newest = &State{Status: labels["status"], Revision: labels["version"],
				IsOurs: labels[OwnerLabel] == Owner, Content: labels[contentLabel]}
		}
	}
	if newest != nil {
		newest.WasDeployed = wasDeployed
	}
	return newest, nil
}

func number(text string) int {
	value := 0
	fmt.Sscanf(text, "%d", &value)
	return value
}

// Decide says what leads from the state to the content that is wanted.
func Decide(release pins.Release, state *State, content string) (Action, error) {
	switch {
	case state == nil:
		return Install, nil
	case !state.IsOurs:
		return "", &Foreign{Release: release}
	case state.Status == "deployed" && state.Content == content:
		return Unchanged, nil
	case state.Status == "deployed":
		return Upgrade, nil
	case state.WasDeployed:
		return Recover, nil
	default:
		return Restart, nil
	}
}

// Order is one release to be carried out.
type Order struct {
	Release pins.Release
	Archive string
	Values  []string
	Content string
	Timeout time.Duration
	// TakesOwnership lets it take over objects that the stand-in before it left, such as resource definitions.
	TakesOwnership bool
}

// Carry installs or upgrades, and waits until all of it is ready.
func Carry(ctx context.Context, run tools.Run, action Action, order Order) error {
	release := order.Release
	switch action {
	case Unchanged:
		return nil
	case Restart:
		if err := Uninstall(ctx, run, release, order.Timeout); err != nil {
			return err
		}
	case Recover:
		// Helm refuses an upgrade while one is recorded as under way.
		if _, err := run(ctx, nil, "helm", "rollback", release.Name, "--namespace", release.Namespace,
			"--wait", "--timeout", order.Timeout.String()); err != nil {
			return fmt.Errorf("what was there before cannot be brought back: %w", err)
		}
	}
	arguments := []string{"upgrade", "--install", release.Name, order.Archive, "--namespace", release.Namespace,
		"--wait", "--timeout", order.Timeout.String(), "--history-max", "3",
		"--labels", OwnerLabel + "=" + Owner + "," + contentLabel + "=" + order.Content}
	if order.TakesOwnership {
		arguments = append(arguments, "--take-ownership")
	}
	for _, file := range order.Values {
		arguments = append(arguments, "--values", file)
	}
	if _, err := run(ctx, nil, "helm", arguments...); err != nil {
		return errors.Join(err, unreadyPods(run, release.Namespace))
	}
	return nil
}

// unreadyPods names what a release waited for in vain: helm itself says only that the time was up.
func unreadyPods(run tools.Run, namespace string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	out, err := run(ctx, nil, "kubectl", "get", "pods", "--namespace", namespace, "--output", "json", "--request-timeout", "15s")
	if err != nil {
		return nil
	}
	list := struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Phase             string
				Conditions        []struct{ Type, Status, Message string }
				ContainerStatuses []struct {
					Name  string
					State struct {
						Waiting *struct{ Reason, Message string }
					}
				}
			}
		}
	}{}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil
	}
	var reasons []error
	for _, pod := range list.Items {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == "PodScheduled" && condition.Status == "False" {
				reasons = append(reasons, fmt.Errorf("the pod %s has no node: %s", pod.Metadata.Name, condition.Message))
			}
		}
		for _, container := range pod.Status.ContainerStatuses {
			if waiting := container.State.Waiting; waiting != nil {
				reasons = append(reasons, fmt.Errorf("the pod %s waits: %s %s", pod.Metadata.Name, waiting.Reason, waiting.Message))
			}
		}
	}
	return errors.Join(reasons...)
}

// Uninstall removes a release; one that is gone already is no error.
func Uninstall(ctx context.Context, run tools.Run, release pins.Release, timeout time.Duration) error {
	_, err := run(ctx, nil, "helm", "uninstall", release.Name, "--namespace", release.Namespace,
		"--ignore-not-found", "--wait", "--timeout", timeout.String())
	var failure *tools.Failure
	if errors.As(err, &failure) && strings.Contains(failure.Said, "not found") {
		return nil
	}
	return err
}
