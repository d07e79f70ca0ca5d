package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// stat is the part of /proc/<pid>/stat that tells one process from another.
type stat struct {
	state      byte
	startTicks uint64
}

func readStat(pid int) (stat, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(content))
}

// parseStat reads from behind the command name, which may itself hold spaces and brackets.
func parseStat(line string) (stat, error) {
	_, rest, found := cutLast(line, ") ")
	fields := strings.Fields(rest)
	// The state is field 3 of the line and the start time field 22.
	if !found || len(fields) < 20 || len(fields[0]) != 1 {
		return stat{}, fmt.Errorf("not a process status line: %q", line)
	}
	ticks, err := strconv.ParseUint(fields[19], 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("not a start time: %w", err)
	}
	return stat{state: fields[0][0], startTicks: ticks}, nil
}

func cutLast(text, separator string) (before, after string, found bool) {
	at := strings.LastIndex(text, separator)
	if at < 0 {
		return text, "", false
	}
	return text[:at], text[at+len(separator):], true
}

// BootID changes with every boot of the machine: what was recorded under another one is gone.
func BootID() string {
	content, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

func processNumbers() []int {
	entries, _ := os.ReadDir("/proc")
	var numbers []int
	for _, entry := range entries {
		if number, err := strconv.Atoi(entry.Name()); err == nil {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
