// Package progress keeps the file in which a start says how far it is, for the web server and for people.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"seaworthy/deploy/local/internal/layout"
)

// Phase is the state of the whole cluster.
type Phase string

// The phases; building is written by the start script, before this program exists.
const (
	Building Phase = "building"
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Failed   Phase = "failed"
	Stopped  Phase = "stopped"
)

// Status is the file's content.
type Status struct {
	Phase     Phase  `json:"phase"`
	Step      string `json:"step"`
	Done      int    `json:"done"`
	Total     int    `json:"total"`
	Detail    string `json:"detail"`
	StartedAt int64  `json:"started_at_us"`
	UpdatedAt int64  `json:"updated_at_us"`
}

// Read gives the status in the file, or nothing when there is no file.
func Read(path string) (*Status, error) {
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	status := &Status{}
	if err := json.Unmarshal(content, status); err != nil {
		return nil, fmt.Errorf("%s is not a status file: %w", path, err)
	}
	return status, nil
}

// Reporter tells the file and the person at the terminal about each step.
type Reporter struct {
	path   string
	out    io.Writer
	status Status
	began  time.Time
}

// NewReporter reports a start of so many steps.
func NewReporter(path string, out io.Writer, total int) *Reporter {
	return &Reporter{
		path:   path,
		out:    out,
		status: Status{Phase: Starting, Total: total, StartedAt: time.Now().UnixMicro()},
		began:  time.Now(),
	}
}

// Step says what happens next; everything before it is done.
func (r *Reporter) Step(done int, step, detail string) error {
	r.status.Phase = Starting
	r.status.Done, r.status.Step, r.status.Detail = done, step, detail
	fmt.Fprintf(r.out, "[%d/%d] %s\n", done+1, r.status.Total, step)
	return r.write()
}

// Detail says more about the step under way, in the file alone.
func (r *Reporter) Detail(detail string) error {
	if r.status.Detail == detail {
		return nil
	}
	r.status.Detail = detail
	return r.write()
}

// Finish says that the cluster answers.
func (r *Reporter) Finish(detail string) error {
	r.status.Phase, r.status.Step, r.status.Detail = Ready, "Ready", detail
	r.status.Done = r.status.Total
	fmt.Fprintf(r.out, "Ready after %.1f s.\n", time.Since(r.began).Seconds())
	return r.write()
}

// Fail says why there will be no cluster and what to do; the step stays the one that failed.
func (r *Reporter) Fail(reason error) error {
	r.status.Phase, r.status.Detail = Failed, reason.Error()
	return r.write()
}

// WriteStopped says that the cluster was taken down on purpose.
func WriteStopped(path string) error {
	now := time.Now().UnixMicro()
	return write(path, Status{Phase: Stopped, Step: "Stopped", Detail: "The cluster was stopped.", StartedAt: now, UpdatedAt: now})
}

func (r *Reporter) write() error {
	r.status.UpdatedAt = time.Now().UnixMicro()
	return write(r.path, r.status)
}

func write(path string, status Status) error {
	content, err := json.Marshal(status)
	if err != nil {
		return err
	}
	return layout.WriteFile(path, append(content, '\n'), 0o644)
}
