// Package standins takes the local cluster's stand-ins away before the real ones come, and puts them back.
package standins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Cluster is the local cluster; nil for one of one's own.
type Cluster struct {
	// Dir is its folder.
	Dir string
	// Program carries out seaworthy-cluster; a test has one of its own.
	Program func(ctx context.Context, arguments ...string) error
}

// Find gives the local cluster that a kubeconfig belongs to, if it does.
func Find(kubeconfig string) *Cluster {
	dir := filepath.Dir(kubeconfig)
	program := filepath.Join(dir, "bin", "seaworthy-cluster")
	if _, err := os.Stat(program); err != nil {
		return nil
	}
	return &Cluster{Dir: dir, Program: func(ctx context.Context, arguments ...string) error {
		command := []string{program}
		if os.Geteuid() != 0 {
			command = []string{"sudo", "-n", program}
		}
		run := exec.CommandContext(ctx, command[0], append(command[1:], arguments...)...)
		out, err := run.CombinedOutput()
		if err != nil {
			return fmt.Errorf("seaworthy-cluster %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
		}
		return nil
	}}
}

// IsThere tells whether the local cluster has the part.
func (c *Cluster) IsThere(part string) bool {
	_, err := os.Stat(filepath.Join(c.Dir, "parts", part+".objects.json"))
	return err == nil
}

// Remove takes the part away.
func (c *Cluster) Remove(ctx context.Context, part string) error {
	return c.Program(ctx, "remove", "--dir", c.Dir, part)
}

// Restore puts the part back from the folder it was added from, or says what does.
func (c *Cluster) Restore(ctx context.Context, part string) error {
	if err := c.Release(part); err != nil {
		return err
	}
	source, err := os.ReadFile(filepath.Join(c.Dir, "parts", part+".source"))
	if err != nil {
		return fmt.Errorf("the stand-in %s comes back with `deploy/local/start %s`: where it was built is not known", part, c.Dir)
	}
	return c.Program(ctx, "add", "--dir", c.Dir, part, strings.TrimSpace(string(source)))
}

// Replace records what has the part's place now, so that the next start of the local cluster leaves the stand-in out.
func (c *Cluster) Replace(part, by string) error {
	err := os.WriteFile(c.marker(part), []byte(by+"\n"), 0o644)
	if errors.Is(err, fs.ErrPermission) {
		// The cluster's folder belongs to root, as which the cluster runs.
		command := exec.Command("sudo", "-n", "tee", c.marker(part))
		command.Stdin = strings.NewReader(by + "\n")
		return command.Run()
	}
	return err
}

// Release forgets that record.
func (c *Cluster) Release(part string) error {
	err := os.Remove(c.marker(part))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return exec.Command("sudo", "-n", "rm", "-f", c.marker(part)).Run()
	}
	return err
}

// IsReplaced tells whether something has the part's place.
func (c *Cluster) IsReplaced(part string) bool {
	_, err := os.Stat(c.marker(part))
	return err == nil
}

func (c *Cluster) marker(part string) string {
	return filepath.Join(c.Dir, "parts", part+".replaced")
}
