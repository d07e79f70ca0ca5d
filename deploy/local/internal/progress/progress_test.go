package progress

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestAFailureKeepsTheStepThatFailed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	reporter := NewReporter(path, io.Discard, 9)
	if err := reporter.Step(3, "Starting the API server", ""); err != nil {
		t.Fatal(err)
	}
	if err := reporter.Fail(errors.New("port 26443 is taken")); err != nil {
		t.Fatal(err)
	}
	status, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if status.Phase != Failed || status.Step != "Starting the API server" || status.Done != 3 || status.Detail != "port 26443 is taken" {
		t.Errorf("unexpected status %+v", status)
	}
}

func TestAReadyClusterHasAllStepsBehindIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	reporter := NewReporter(path, io.Discard, 9)
	if err := reporter.Finish("v1.34.4"); err != nil {
		t.Fatal(err)
	}
	status, err := Read(path)
	if err != nil || status.Done != 9 || status.Total != 9 || status.Phase != Ready {
		t.Errorf("unexpected status %+v, %v", status, err)
	}
	if status.StartedAt == 0 || status.UpdatedAt < status.StartedAt {
		t.Errorf("times are out of order: %+v", status)
	}
}

func TestNoFileIsNoStatusAndABrokenOneIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "status.json")
	if status, err := Read(path); status != nil || err != nil {
		t.Errorf("expected nothing, got %+v, %v", status, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil {
		t.Error("half a file was read as a status")
	}
}
