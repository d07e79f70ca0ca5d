package parts

import (
	"context"
	"fmt"

	"seaworthy/deploy/cluster/internal/identity"
	"seaworthy/deploy/cluster/internal/objects"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/releases"
)

// Remove takes away what this command installed of the parts, and nothing else. Resource definitions stay unless
// `definitions` is set, because with them everybody's objects of their kinds would go.
func (i *Installer) Remove(ctx context.Context, chosen []pins.Part, definitions bool) error {
	for _, part := range chosen {
		if err := i.removePart(ctx, part, definitions); err != nil {
			return fmt.Errorf("%s: %w", part.Name, err)
		}
	}
	return nil
}

func (i *Installer) removePart(ctx context.Context, part pins.Part, definitions bool) error {
	after, err := i.readObjects(part.After)
	if err != nil {
		return err
	}
	before, err := i.readObjects(part.Before)
	if err != nil {
		return err
	}
	if err := i.removeObjects(ctx, after); err != nil {
		return err
	}
	for at := len(part.Releases) - 1; at >= 0; at-- {
		if err := i.removeRelease(ctx, part.Releases[at], definitions); err != nil {
			return err
		}
	}
	if err := i.removeObjects(ctx, before); err != nil {
		return err
	}
	for _, standIn := range part.StandIns {
		if i.Local == nil || !i.Local.IsReplaced(standIn) {
			continue
		}
		i.say("Putting back what the local cluster had for %s", standIn)
		if err := i.Local.Restore(ctx, standIn); err != nil {
			return err
		}
	}
	return nil
}

func (i *Installer) removeRelease(ctx context.Context, release pins.Release, definitions bool) error {
	state, err := releases.Find(ctx, i.Run, release)
	if err != nil || state == nil {
		return err
	}
	switch {
	case !state.IsOurs:
		i.say("Left %s in %s, which this command did not install", release.Name, release.Namespace)
		return nil
	case release.Definitions && !definitions:
		i.say("Left %s: with its resource definitions, everybody's objects would go. --definitions removes it too", release.Name)
		return nil
	}
	i.say("Removing %s from %s", release.Name, release.Namespace)
	if err := releases.Uninstall(ctx, i.Run, release, i.Timeout); err != nil {
		return err
	}
	if release.Identity {
		return identity.Remove(ctx, i.Run, release.Namespace)
	}
	return nil
}

func (i *Installer) removeObjects(ctx context.Context, all []objects.Object) error {
	left, err := objects.Remove(ctx, i.Run, all)
	for _, one := range left {
		i.say("Left %s", one)
	}
	return err
}
