// Package toolbox tests the commands that the toolbox's image brings of its own.
package toolbox

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lines are what kubectl says: pods one after another, each in its own order, with times of different lengths.
const lines = `[pod/front-1/front] 2026-11-26T08:00:02.5Z {"level":"INFO","msg":"request","service":"front","status":200,"trace_id":"aaaaaaaabbbbbbbbccccccccdddddddd"}
[pod/front-1/front] 2026-11-26T08:00:09Z {"level":"ERROR","msg":"request","service":"front","status":502,"trace_id":"11111111222222223333333344444444"}
[pod/store-1/store] 2026-11-26T08:00:02.123456789Z {"level":"INFO","msg":"request","service":"store","trace_id":"aaaaaaaabbbbbbbbccccccccdddddddd"}
[pod/store-1/store] 2026-11-26T08:00:02.45Z {"level":"WARN","msg":"disk slow"}
[pod/store-1/linkerd-proxy] 2026-11-26T08:00:01Z plain text of aaaaaaaabbbbbbbbccccccccdddddddd
[pod/store-1/linkerd-proxy] 2026-11-26T08:00:01.2Z 42
[pod/store-1/linkerd-proxy] 2026-11-26T08:00:01.3Z
error: a line that kubectl says about itself
`

// lablogs runs the command with a kubectl that says the lines, and gives what it prints and what kubectl was asked.
func lablogs(t *testing.T, options ...string) (output, asked string, failed error) {
	t.Helper()
	return lablogsOf(t, lines, options...)
}

func lablogsOf(t *testing.T, lines string, options ...string) (output, asked string, failed error) {
	t.Helper()
	folder := t.TempDir()
	script := "#!/bin/sh\necho \"$@\" >\"$FOLDER/asked\"\ncat \"$FOLDER/lines\"\n"
	for name, content := range map[string]string{"kubectl": script, "lines": lines} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("bash", append([]string{"files/usr/local/bin/lablogs"}, options...)...)
	command.Env = append(os.Environ(), "FOLDER="+folder, "PATH="+folder+":"+os.Getenv("PATH"))
	content, err := command.CombinedOutput()
	request, _ := os.ReadFile(filepath.Join(folder, "asked"))
	return string(content), string(request), err
}

// shown is what the command prints, which must succeed.
func shown(t *testing.T, options ...string) []string {
	t.Helper()
	output, _, err := lablogs(t, options...)
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if output == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(output, "\n"), "\n")
}

func TestAllLinesComeInOrderOfTime(t *testing.T) {
	got := shown(t)
	expected := []string{
		"2026-11-26T08:00:01.000 store-1 - plain text of aaaaaaaabbbbbbbbccccccccdddddddd",
		"2026-11-26T08:00:01.200 store-1 - 42",
		"2026-11-26T08:00:01.300 store-1 - ",
		"2026-11-26T08:00:02.123 store-1 INFO request trace_id=aaaaaaaabbbbbbbbccccccccdddddddd",
		"2026-11-26T08:00:02.450 store-1 WARN disk slow",
		"2026-11-26T08:00:02.500 front-1 INFO request status=200 trace_id=aaaaaaaabbbbbbbbccccccccdddddddd",
		"2026-11-26T08:00:09.000 front-1 ERROR request status=502 trace_id=11111111222222223333333344444444",
	}
	if strings.Join(got, "\n") != strings.Join(expected, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestATraceIsFoundInEveryLineThatHoldsItsId(t *testing.T) {
	for _, id := range []string{"aaaaaaaabbbbbbbbccccccccdddddddd", "AAAAAAAA"} {
		if got := shown(t, "--trace", id); len(got) != 3 || !strings.Contains(got[0], "plain text") || !strings.Contains(got[2], "front-1") {
			t.Errorf("%s: %q", id, got)
		}
	}
}

func TestOptionsAddUp(t *testing.T) {
	for _, tried := range []struct {
		options  string
		expected int
	}{
		{"--level error", 1}, {"-l warn", 2}, {"--level INFO", 4}, {"--service store", 2}, {"--service linkerd-proxy", 3},
		{"--grep slow", 1}, {"--service store --level warn", 1}, {"--trace aaaaaaaa --level info", 2}, {"--grep nothing", 0},
		{"--follow --level error", 1},
	} {
		if got := shown(t, strings.Fields(tried.options)...); len(got) != tried.expected {
			t.Errorf("%s: %q", tried.options, got)
		}
	}
}

func TestJSONKeepsEveryFieldAndSaysWhereItIsFrom(t *testing.T) {
	got := shown(t, "--json", "--level", "error")
	entry := map[string]any{}
	if len(got) != 1 || json.Unmarshal([]byte(got[0]), &entry) != nil {
		t.Fatalf("got %q", got)
	}
	if entry["pod"] != "front-1" || entry["container"] != "front" || entry["status"] != 502.0 || entry["at"] != "2026-11-26T08:00:09.000000000Z" {
		t.Errorf("got %v", entry)
	}
}

func TestALineCannotSteerTheTerminalNorSayThatItIsFromAnotherPod(t *testing.T) {
	const forged = `[pod/front-1/front] 2026-11-26T08:00:02Z {"msg":"a\u001b[31mb\nc","pod":"other-1","at":"2020"}` + "\n"
	output, _, err := lablogsOf(t, forged)
	if err != nil || output != "2026-11-26T08:00:02.000 front-1 - a?[31mb?c\n" {
		t.Errorf("%v: %q", err, output)
	}
}

func TestKubectlIsAskedForTheTimeThePodsAndTheContainers(t *testing.T) {
	_, asked, err := lablogs(t, "--since", "2h", "--selector", "app=qotm", "--previous")
	for _, part := range []string{"logs --selector app=qotm", "--all-containers", "--since 2h", "--timestamps", "--tail=-1", "--previous"} {
		if err != nil || !strings.Contains(asked, part) {
			t.Errorf("%v: no %s in %s", err, part, asked)
		}
	}
	output, asked, err := lablogs(t, "--dry-run")
	if err != nil || asked != "" || !strings.HasPrefix(output, "kubectl logs ") {
		t.Errorf("%v: %s, asked %s", err, output, asked)
	}
}

func TestAWrongOptionIsRefusedWithTheReason(t *testing.T) {
	for options, reason := range map[string]string{
		"--level loud": "no level loud", "--trace xyz": "hexadecimal", "--since yesterday": "30s", "--colour": "no option --colour",
		"--trace": "wants a value",
	} {
		output, _, err := lablogs(t, strings.Fields(options)...)
		if err == nil || !strings.Contains(output, reason) {
			t.Errorf("%s: %v, %s", options, err, output)
		}
	}
	if output, _, err := lablogs(t, "--help"); err != nil || !strings.Contains(output, "--trace ID") {
		t.Errorf("%v: %s", err, output)
	}
}
