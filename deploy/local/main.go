// Command seaworthy-cluster is a whole single-node Kubernetes in one binary, and the command that brings it up and down.
//
// Each component is the upstream program under its own name, but for network policies, which one controller of kube-router
// enforces: the binary looks at its first argument, or at the name it
// was called by, and becomes that component. Any other first argument is a verb of the cluster itself.
package main

import (
	"os"
	"path/filepath"

	"seaworthy/deploy/local/internal/command"
)

func main() {
	if run, found := components[filepath.Base(os.Args[0])]; found {
		os.Exit(run(os.Args))
	}
	if len(os.Args) > 1 {
		if run, found := components[os.Args[1]]; found {
			os.Exit(run(os.Args[1:]))
		}
	}
	os.Exit(command.Run(os.Args[1:], os.Stdout, os.Stderr))
}
