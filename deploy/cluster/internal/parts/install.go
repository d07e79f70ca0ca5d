package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"seaworthy/deploy/cluster/internal/objects"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/releases"
)

// DryRun prints what Install would do; it fetches and changes nothing.
func (i *Installer) DryRun(ctx context.Context, chosen []pins.Part) error {
	scratch, err := os.MkdirTemp("", "deploy-cluster-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, part := range chosen {
		if i.isInLocal(part) {
			continue
		}
		for _, standIn := range i.standInsBefore(part) {
			i.say("%s: take away what the local cluster has for it (%s)", part.Name, standIn)
		}
		for _, release := range i.wanted(part) {
			digest, where := i.Lock.Expected(release)
			known := fmt.Sprintf("sha256 %s, from %s", digest, where)
			if digest == "" {
				known = "sha256 not known yet: the one that is met is recorded"
			}
			i.say("%s: fetch %s, %s", part.Name, release.ID(), known)
			step, err := i.decide(ctx, part, release, scratch, true)
			if err != nil {
				i.say("%s: %v", part.Name, err)
				continue
			}
			i.say("%s", step)
		}
		if part.After != "" {
			i.say("%s: apply objects/%s", part.Name, part.After)
		}
	}
	return nil
}

// Install fetches and checks every chart first, so that nothing is taken away for something that cannot be had.
func (i *Installer) Install(ctx context.Context, chosen []pins.Part) error {
	count := 0
	for _, part := range chosen {
		for _, release := range i.wanted(part) {
			count++
			if i.Charts.Find(release) == nil {
				i.say("Fetching %s", release.ID())
			}
			chart, err := i.Charts.Fetch(ctx, release)
			if err != nil {
				return err
			}
			i.say("Checked %s, sha256 %s", release.Archive(), chart.Digest)
		}
	}
	done := 0
	for _, part := range chosen {
		if i.isInLocal(part) {
			continue
		}
		if err := i.installPart(ctx, part, done, count); err != nil {
			return fmt.Errorf("%s: %w", part.Name, err)
		}
		done += len(i.wanted(part))
	}
	return nil
}

func (i *Installer) installPart(ctx context.Context, part pins.Part, done, count int) error {
	before, err := i.readObjects(part.Before)
	if err != nil {
		return err
	}
	after, err := i.readObjects(part.After)
	if err != nil {
		return err
	}
	if err := i.removeStandIns(ctx, part); err != nil {
		return i.undo(part, nil, err)
	}
	if err := objects.Apply(ctx, i.Run, before); err != nil {
		return i.undo(part, nil, err)
	}
	scratch, err := os.MkdirTemp("", "deploy-cluster-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	var fresh []pins.Release
	for at, release := range i.wanted(part) {
		step, err := i.decide(ctx, part, release, scratch, false)
		if err != nil {
			return i.undo(part, fresh, err)
		}
		i.say("[%d/%d] %s", done+at+1, count, step)
		if step.Action == releases.Install || step.Action == releases.Restart {
			fresh = append(fresh, release)
		}
		order := releases.Order{Release: release, Archive: step.Chart.Path, Values: step.Values, Content: step.Content,
			Timeout: i.Timeout, TakesOwnership: i.Local != nil}
		if err := releases.Carry(ctx, i.Run, step.Action, order); err != nil {
			return i.undo(part, fresh, fmt.Errorf("%s: %w", release.Name, err))
		}
	}
	if err := objects.Apply(ctx, i.Run, after); err != nil {
		return i.undo(part, fresh, err)
	}
	return i.markReplaced(part)
}

// standInsBefore lists the stand-ins that are there and have to go.
func (i *Installer) standInsBefore(part pins.Part) []string {
	var there []string
	for _, standIn := range part.StandIns {
		if i.Local != nil && i.Local.IsThere(standIn) {
			there = append(there, standIn)
		}
	}
	return there
}

func (i *Installer) removeStandIns(ctx context.Context, part pins.Part) error {
	for _, standIn := range i.standInsBefore(part) {
		i.say("Taking away what the local cluster has for %s", standIn)
		if err := i.Local.Remove(ctx, standIn); err != nil {
			return err
		}
	}
	return nil
}

func (i *Installer) markReplaced(part pins.Part) error {
	if i.Local == nil {
		return nil
	}
	for _, standIn := range part.StandIns {
		if err := i.Local.Replace(standIn, part.Product); err != nil {
			return err
		}
	}
	return nil
}

// undo removes what this run installed of a part that failed, where a stand-in had its place, and puts the stand-in back.
// On a cluster of one's own the failed release stays, for whoever wants to see why: the next run starts it again.
func (i *Installer) undo(part pins.Part, fresh []pins.Release, cause error) error {
	var away []string
	for _, standIn := range part.StandIns {
		// One that the real part replaced before this run stays away.
		if i.Local != nil && !i.Local.IsReplaced(standIn) {
			away = append(away, standIn)
		}
	}
	if len(away) == 0 {
		return cause
	}
	// The run may have been interrupted; putting back must not be.
	ctx, cancel := context.WithTimeout(context.Background(), i.Timeout)
	defer cancel()
	i.say("%s failed: %v", part.Product, cause)
	for _, release := range slices.Backward(fresh) {
		if release.Definitions {
			continue
		}
		if err := releases.Uninstall(ctx, i.Run, release, i.Timeout); err != nil {
			return errors.Join(cause, fmt.Errorf("what was installed of it cannot be removed: %w", err))
		}
	}
	for _, standIn := range away {
		i.say("Putting back what the local cluster had for %s", standIn)
		if err := i.Local.Restore(ctx, standIn); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}
