// Package envoy runs an Envoy and speaks to its administration address.
package envoy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	"google.golang.org/protobuf/encoding/protojson"
)

// Process is a running Envoy.
type Process struct {
	command *exec.Cmd
	ended   chan error
}

// Start runs Envoy with a bootstrap. Its log goes to standard error, and what it is told to write to standard output there.
func Start(program string, bootstrap *bootstrapv3.Bootstrap, arguments ...string) (*Process, error) {
	content, err := protojson.Marshal(bootstrap)
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, append([]string{"--config-yaml", string(content), "--disable-hot-restart"}, arguments...)...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, err
	}
	process := &Process{command: command, ended: make(chan error, 1)}
	go func() { process.ended <- command.Wait() }()
	return process, nil
}

// Ended receives when Envoy has ended by itself.
func (p *Process) Ended() <-chan error { return p.ended }

// Stop ends Envoy, by force if it does not end in time.
func (p *Process) Stop(timeout time.Duration) error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(timeout):
		return p.command.Process.Kill()
	}
}

// Validate asks Envoy whether it would start with a bootstrap; the reason why not is the error's text.
func Validate(ctx context.Context, program string, bootstrap *bootstrapv3.Bootstrap) error {
	content, err := protojson.Marshal(bootstrap)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "validate-*.json")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	output, err := exec.CommandContext(ctx, program, "--mode", "validate", "--config-path", file.Name(), "--log-level", "critical").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}
