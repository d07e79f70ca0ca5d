// Package process starts programs that outlive this one, and stops exactly those again.
package process

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"seaworthy/deploy/local/internal/layout"
)

// ownerVariable marks the environment of everything that a cluster starts, with the folder of that cluster: a process
// whose record was lost, because the start was killed, can still be told from the machine's others.
const ownerVariable = "SEAWORTHY_CLUSTER_PROCESS"

// logLimit is the size above which a component's log is put aside at its next start.
const logLimit = 16 << 20

// Record identifies one process beyond its reusable number.
type Record struct {
	Name       string `json:"name"`
	PID        int    `json:"pid"`
	StartTicks uint64 `json:"start_ticks"`
	BootID     string `json:"boot_id"`
}

// Program is what to start.
type Program struct {
	Name string
	Path string
	Args []string
}

// Start runs the program in a session of its own, its output in its log, and leaves a record of it.
func Start(folder layout.Layout, program Program) (Record, error) {
	log, err := openLog(folder.Log(program.Name))
	if err != nil {
		return Record{}, err
	}
	defer log.Close()
	command := exec.Command(program.Path, program.Args...)
	command.Dir = folder.Dir
	command.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=" + folder.Dir,
		ownerVariable + "=" + folder.Dir,
	}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return Record{}, fmt.Errorf("%s cannot be started: %w", program.Name, err)
	}
	// The parent has to reap a child that dies while the start still goes on; afterwards process 1 does.
	go command.Wait() //nolint:errcheck // how it ended is in its log
	stat, err := readStat(command.Process.Pid)
	if err != nil {
		return Record{}, fmt.Errorf("%s ended at once; see %s", program.Name, folder.Log(program.Name))
	}
	record := Record{Name: program.Name, PID: command.Process.Pid, StartTicks: stat.startTicks, BootID: BootID()}
	content, err := json.Marshal(record)
	if err != nil {
		return Record{}, err
	}
	return record, layout.WriteFile(recordPath(folder, program.Name), content, 0o644)
}

// List gives the records that were left, dead processes' included.
func List(folder layout.Layout) []Record {
	paths, _ := filepath.Glob(filepath.Join(folder.ProcessRecords(), "*.json"))
	var records []Record
	for _, path := range paths {
		content, err := os.ReadFile(path)
		record := Record{}
		if err == nil && json.Unmarshal(content, &record) == nil && record.PID > 1 {
			records = append(records, record)
		}
	}
	return records
}

// Alive tells whether the recorded process, and not another that got its number, still runs.
func (r Record) Alive() bool {
	if r.BootID != BootID() {
		return false
	}
	stat, err := readStat(r.PID)
	return err == nil && stat.startTicks == r.StartTicks && stat.state != 'Z'
}

// Stop asks the process to end, insists after the grace time, and removes its record.
func (r Record) Stop(folder layout.Layout, grace time.Duration) error {
	if r.Alive() {
		if err := syscall.Kill(r.PID, syscall.SIGTERM); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("%s (process %d) cannot be stopped: %w", r.Name, r.PID, err)
		}
		if !waitUntil(grace, func() bool { return !r.Alive() }) {
			syscall.Kill(r.PID, syscall.SIGKILL) //nolint:errcheck // it may have ended meanwhile
			if !waitUntil(10*time.Second, func() bool { return !r.Alive() }) {
				return fmt.Errorf("%s (process %d) does not end", r.Name, r.PID)
			}
		}
	}
	err := os.Remove(recordPath(folder, r.Name))
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// KillUnrecorded ends what the cluster in this folder started but has no record of, container shims included.
func KillUnrecorded(folder layout.Layout) []int {
	marker := ownerVariable + "=" + folder.Dir
	var killed []int
	for _, pid := range processNumbers() {
		environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || pid == os.Getpid() {
			continue
		}
		for _, variable := range strings.Split(string(environment), "\x00") {
			if variable == marker && syscall.Kill(pid, syscall.SIGKILL) == nil {
				killed = append(killed, pid)
			}
		}
	}
	WaitGone(killed)
	return killed
}

// WaitGone waits, for a few seconds at most, until none of the processes is left.
func WaitGone(pids []int) {
	waitUntil(5*time.Second, func() bool {
		for _, pid := range pids {
			if stat, err := readStat(pid); err == nil && stat.state != 'Z' {
				return false
			}
		}
		return true
	})
}

func recordPath(folder layout.Layout, name string) string {
	return filepath.Join(folder.ProcessRecords(), name+".json")
}

func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

func waitUntil(limit time.Duration, done func() bool) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return done()
}
