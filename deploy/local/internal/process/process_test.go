package process

import (
	"os"
	"testing"
	"time"

	"seaworthy/deploy/local/internal/layout"
)

func testFolder(t *testing.T) layout.Layout {
	t.Helper()
	folder := layout.Layout{Dir: t.TempDir()}
	for path, mode := range folder.Folders() {
		if err := os.MkdirAll(path, os.FileMode(mode)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func startSleep(t *testing.T, folder layout.Layout, name string) Record {
	t.Helper()
	record, err := Start(folder, Program{Name: name, Path: "/bin/sleep", Args: []string{"60"}})
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func TestAStoppedProcessIsGoneWithItsRecord(t *testing.T) {
	folder := testFolder(t)
	record := startSleep(t, folder, "etcd")
	if !record.Alive() || len(List(folder)) != 1 {
		t.Fatalf("expected a living, recorded process: %+v", List(folder))
	}
	if err := record.Stop(folder, time.Second); err != nil {
		t.Fatal(err)
	}
	if record.Alive() || len(List(folder)) != 0 {
		t.Errorf("process or record is left: %+v", List(folder))
	}
}

func TestAReusedNumberIsNotOurProcess(t *testing.T) {
	folder := testFolder(t)
	record := startSleep(t, folder, "etcd")
	defer record.Stop(folder, time.Second) //nolint:errcheck
	stranger := record
	stranger.StartTicks--
	if stranger.Alive() {
		t.Error("a process with another start time counts as ours")
	}
	if err := stranger.Stop(folder, time.Second); err != nil {
		t.Fatal(err)
	}
	if !record.Alive() {
		t.Error("stopping a stale record ended a process that is not its own")
	}
}

func TestAProcessWithoutARecordIsFoundByItsOwner(t *testing.T) {
	folder, other := testFolder(t), testFolder(t)
	lost, kept := startSleep(t, folder, "kubelet"), startSleep(t, other, "kubelet")
	defer kept.Stop(other, time.Second) //nolint:errcheck
	if killed := KillUnrecorded(folder); len(killed) != 1 || killed[0] != lost.PID {
		t.Errorf("expected %d to be ended, got %v", lost.PID, killed)
	}
	if lost.Alive() || !kept.Alive() {
		t.Error("the wrong process was ended")
	}
}

func TestParseStatCopesWithBracketsInTheName(t *testing.T) {
	parsed, err := parseStat("42 (a) b ) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 10 18446744073709551615")
	if err != nil || parsed.state != 'S' || parsed.startTicks != 987654 {
		t.Errorf("got %+v, %v", parsed, err)
	}
	if _, err := parseStat("42 (sleep) S 1"); err == nil {
		t.Error("a cut line was read")
	}
}
