// Package tools runs helm and kubectl against one cluster.
package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Run carries out a program with the given input and gives what it printed.
type Run func(ctx context.Context, input []byte, program string, arguments ...string) ([]byte, error)

// Failure is a program that ended with an error, and what it said.
type Failure struct {
	Program string
	Said    string
	Cause   error
}

func (f *Failure) Error() string {
	if f.Said == "" {
		return fmt.Sprintf("%s: %v", f.Program, f.Cause)
	}
	return f.Program + ": " + f.Said
}

func (f *Failure) Unwrap() error { return f.Cause }

// Said tells whether the program ended with a message that holds the text.
func Said(err error, text string) bool {
	var failure *Failure
	return errors.As(err, &failure) && strings.Contains(failure.Said, text)
}

// Programs finds helm and kubectl in a folder and points both at a cluster. Helm keeps its files below `cache`, apart from
// those of the person who runs it.
func Programs(folder, kubeconfig, cache string) Run {
	environment := append(os.Environ(),
		"KUBECONFIG="+kubeconfig,
		"HELM_CACHE_HOME="+filepath.Join(cache, "helm", "cache"),
		"HELM_CONFIG_HOME="+filepath.Join(cache, "helm", "config"),
		"HELM_DATA_HOME="+filepath.Join(cache, "helm", "data"),
	)
	return func(ctx context.Context, input []byte, program string, arguments ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, filepath.Join(folder, program), arguments...)
		command.Env = environment
		command.Stdin = bytes.NewReader(input)
		// Interrupted, it ends by itself, so that helm records how far it came.
		command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
		var out, said bytes.Buffer
		command.Stdout, command.Stderr = &out, &said
		if err := command.Run(); err != nil {
			return out.Bytes(), &Failure{Program: program, Said: lastLines(said.String()), Cause: err}
		}
		return out.Bytes(), nil
	}
}

// lastLines keeps what says why, without helm's warnings about file modes.
func lastLines(text string) string {
	var kept []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "WARNING: Kubernetes configuration file") {
			kept = append(kept, line)
		}
	}
	if len(kept) > 8 {
		kept = kept[len(kept)-8:]
	}
	return strings.Join(kept, "\n")
}
