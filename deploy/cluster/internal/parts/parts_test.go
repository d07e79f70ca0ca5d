package parts

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func expectChanges(t *testing.T, fake *fakeCluster, expected ...string) {
	t.Helper()
	if !slices.Equal(fake.changes, expected) {
		t.Errorf("changed: %s\nexpected: %s", strings.Join(fake.changes, ", "), strings.Join(expected, ", "))
	}
	fake.changes = nil
}

func TestPartsAreInstalledInOrderAndASecondRunChangesNothing(t *testing.T) {
	fake, installer, chosen := setup(t)
	for _, expected := range [][]string{{"install definitions", "install first", "install second"}, nil} {
		if err := installer.Install(context.Background(), chosen); err != nil {
			t.Fatal(err)
		}
		expectChanges(t, fake, expected...)
	}
	if fake.objects["configmap last"] == nil || fake.objects["namespace one"] == nil {
		t.Errorf("objects are missing: %v", fake.objects)
	}
}

func TestAChangedValueUpgradesItsReleaseAlone(t *testing.T) {
	fake, installer, chosen := setup(t)
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	fake.changes = nil
	if err := os.WriteFile(filepath.Join(installer.Folder, "values", "a.yaml"), []byte("size: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "install first")
}

func TestARunAfterACrashGoesOnWhereItStopped(t *testing.T) {
	fake, installer, chosen := setup(t)
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	fake.changes = nil
	// Helm was killed while it installed the last one.
	fake.releases["second"]["status"] = "pending-install"
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "uninstall second", "install second")
	fake.releases["second"]["status"] = "pending-upgrade"
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	// There is no earlier revision in the fake's records, so that it counts as never installed.
	expectChanges(t, fake, "uninstall second", "install second")
}

func TestAChartWithAnotherDigestIsRefusedBeforeAnythingChanges(t *testing.T) {
	fake, installer, chosen := setup(t)
	if err := installer.Install(context.Background(), chosen[:1]); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(installer.Charts.Folder); err != nil {
		t.Fatal(err)
	}
	fake.changes = nil
	fake.archive = func(chart, version string) []byte {
		return append(chartArchive(chart, version), 0)
	}
	err := installer.Install(context.Background(), chosen)
	if err == nil || !strings.Contains(err.Error(), "it was changed, and is refused") {
		t.Errorf("%v", err)
	}
	expectChanges(t, fake)
	if archives, _ := filepath.Glob(filepath.Join(installer.Charts.Folder, "*.tgz")); len(archives) > 0 {
		t.Errorf("the refused archive was kept: %v", archives)
	}
}

func TestAnArchiveWithAnotherChartInItIsRefused(t *testing.T) {
	fake, installer, chosen := setup(t)
	fake.archive = func(chart, _ string) []byte { return chartArchive(chart, "2.0.0") }
	if err := installer.Install(context.Background(), chosen); err == nil || !strings.Contains(err.Error(), "not definitions 1.0.0") {
		t.Errorf("%v", err)
	}
	expectChanges(t, fake)
}

func TestADryRunSaysTheStepsAndChangesNothing(t *testing.T) {
	fake, installer, chosen := setup(t)
	withStandIn(t, fake, installer)
	var said bytes.Buffer
	installer.Out = &said
	if err := installer.DryRun(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake)
	last := -1
	for _, line := range []string{
		"ingress: fetch https://example.org/definitions@1.0.0, sha256 not known yet",
		"ingress: definitions 1.0.0 in namespace one: install",
		"ingress: first 1.0.0", "ingress: apply objects/after.yaml", "mesh: take away what the local cluster has for it (mesh)", "mesh: second 1.0.0",
	} {
		at := strings.Index(said.String(), line)
		if at <= last {
			t.Errorf("%q is missing or in the wrong place:\n%s", line, said.String())
		}
		last = at
	}
}

func TestTheStandInGoesBeforeTheRealOneComesAndStaysAway(t *testing.T) {
	fake, installer, chosen := setup(t)
	local := withStandIn(t, fake, installer)
	for _, expected := range [][]string{{"seaworthy-cluster remove mesh", "install second"}, nil} {
		if err := installer.Install(context.Background(), chosen[1:]); err != nil {
			t.Fatal(err)
		}
		expectChanges(t, fake, expected...)
	}
	if !local.IsReplaced("mesh") {
		t.Error("the next start would put the stand-in back")
	}
	if err := installer.Remove(context.Background(), chosen[1:], false); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "uninstall second", "seaworthy-cluster add mesh")
	if local.IsReplaced("mesh") {
		t.Error("the stand-in still counts as replaced")
	}
}

func TestTheStandInComesBackWhenTheRealOneFails(t *testing.T) {
	fake, installer, chosen := setup(t)
	local := withStandIn(t, fake, installer)
	fake.fails = "second"
	if err := installer.Install(context.Background(), chosen[1:]); err == nil || !strings.Contains(err.Error(), "its pods are not ready") {
		t.Errorf("%v", err)
	}
	expectChanges(t, fake, "seaworthy-cluster remove mesh", "install second", "uninstall second", "seaworthy-cluster add mesh")
	if !local.IsThere("mesh") || local.IsReplaced("mesh") {
		t.Error("the stand-in is not back")
	}
}

func TestTheStandInComesBackAfterACrashBetweenTheTwo(t *testing.T) {
	fake, installer, chosen := setup(t)
	local := withStandIn(t, fake, installer)
	if err := local.Remove(context.Background(), "mesh"); err != nil {
		t.Fatal(err)
	}
	fake.changes = nil
	fake.fails = "second"
	if err := installer.Install(context.Background(), chosen[1:]); err == nil {
		t.Error("it succeeded")
	}
	expectChanges(t, fake, "install second", "uninstall second", "seaworthy-cluster add mesh")
}

func TestRemovalTakesWhatWasInstalledAndLeavesTheRest(t *testing.T) {
	fake, installer, chosen := setup(t)
	fake.objects["namespace one"] = map[string]any{"kind": "Namespace", "metadata": map[string]any{"name": "one"}}
	if err := installer.Install(context.Background(), chosen); err != nil {
		t.Fatal(err)
	}
	// Somebody else's of the same name.
	fake.releases["second"] = map[string]string{"version": "1", "status": "deployed"}
	fake.changes = nil
	slices.Reverse(chosen)
	if err := installer.Remove(context.Background(), chosen, false); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "delete configmap last", "uninstall first")
	if err := installer.Remove(context.Background(), chosen, true); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "uninstall definitions")
	if fake.objects["namespace one"] == nil {
		t.Error("a namespace that was there before is gone")
	}
}

func TestWhatTheLocalClusterHasIsLeftToIt(t *testing.T) {
	fake, installer, chosen := setup(t)
	withStandIn(t, fake, installer)
	chosen[0].Releases[0].Local = "has"
	if err := installer.Install(context.Background(), chosen[:1]); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake, "install first")
	chosen[0].Releases[1].Local = "has"
	if err := installer.Install(context.Background(), chosen[:1]); err != nil {
		t.Fatal(err)
	}
	expectChanges(t, fake)
}

func TestTheTrustAnchorIsMadeOnce(t *testing.T) {
	fake, installer, chosen := setup(t)
	chosen[1].Releases[0].Identity = true
	installer.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, expected := range [][]string{{"install second"}, nil} {
		if err := installer.Install(context.Background(), chosen[1:]); err != nil {
			t.Fatal(err)
		}
		expectChanges(t, fake, expected...)
	}
	if fake.objects["secret seaworthy-trust-anchor"] == nil {
		t.Errorf("it is not kept: %v", fake.objects)
	}
	installer.Now = func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	if err := installer.Install(context.Background(), chosen[1:]); err != nil {
		t.Fatal(err)
	}
	// Its issuer was about to end.
	expectChanges(t, fake, "install second")
}
