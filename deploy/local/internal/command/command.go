// Package command reads the command line.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"seaworthy/deploy/local/internal/layout"
	"seaworthy/deploy/local/internal/lifecycle"
	"seaworthy/deploy/local/internal/prerequisites"
)

// The exit codes, for scripts.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnsupported = 3
)

const help = `A real, single-node Kubernetes for this machine: one binary, no registry, nothing left behind.

Usage:
  seaworthy-cluster up [--dir DIR] [--resources DIR] [--parts NAME,...]
                                                       start it, resume it, or find it running
  seaworthy-cluster down [--dir DIR] [--purge]         stop it; --purge removes its data too
  seaworthy-cluster status [--dir DIR] [--json]        say how it is; exit code 0 when it is ready
  seaworthy-cluster load-image [--dir DIR] TAR...      give it images from archives
  seaworthy-cluster add [--dir DIR] NAME FOLDER        give it a part: FOLDER/images/*.tar and FOLDER/objects.yaml
  seaworthy-cluster remove [--dir DIR] NAME            take away what add applied, but for namespaces and resource definitions
  seaworthy-cluster kubectl ...                        the usual command line, with KUBECONFIG or --kubeconfig
  seaworthy-cluster COMPONENT ...                      be etcd, coredns, kube-apiserver, kube-controller-manager,
                                                       kube-scheduler, network-policy-controller, kubelet or kube-proxy
Flags:
  --dir DIR        the cluster's folder (default ` + layout.DefaultDir + `)
  --resources DIR  the folder with emissary-crds.yaml and images/*.tar (default: beside this program)
  --parts NAMES    the parts of this version: others that were built beside this program are removed
  --json           print DIR/status.json as it is
  --purge          remove DIR after stopping

In DIR: kubeconfig (once it is ready), status.json (how far a start is), parts/NAME.status.json (the same of a part), logs/.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 this machine cannot run it (the message says what to do).
`

// verb is one thing that the command can do, with the flags it has read.
type verb struct {
	flags     *flag.FlagSet
	dir       string
	resources string
	parts     string
	json      bool
	purge     bool
}

// Run carries out one command line and gives its exit code.
func Run(arguments []string, out, errors io.Writer) int {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "--help" || arguments[0] == "-h" {
		fmt.Fprint(out, help)
		return exitDone
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := runVerb(ctx, arguments[0], arguments[1:], out)
	switch code := exitCode(err); {
	case err == nil:
		return exitDone
	case err == flag.ErrHelp:
		fmt.Fprint(out, help)
		return exitDone
	case err == lifecycle.ErrNotReady:
		return code
	default:
		fmt.Fprintln(errors, "seaworthy-cluster:", err)
		return code
	}
}

// usageError is a mistake in the command line, as against one in carrying it out.
type usageError struct{ error }

func exitCode(err error) int {
	var unsupported *prerequisites.Unsupported
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &unsupported):
		return exitUnsupported
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFailed
	}
}

func runVerb(ctx context.Context, name string, arguments []string, out io.Writer) error {
	v, err := read(name, arguments)
	if err != nil {
		return err
	}
	folder, err := layout.New(v.dir)
	if err != nil {
		return err
	}
	if name != "status" && name != "up" && os.Geteuid() != 0 {
		return &prerequisites.Unsupported{Missing: []string{name + " needs root"}}
	}
	switch name {
	case "up":
		return lifecycle.Up(ctx, folder, resourcesIn(v.resources, v.parts), out)
	case "down":
		return lifecycle.Down(ctx, folder, v.purge, out)
	case "load-image":
		return lifecycle.LoadImages(ctx, folder, v.flags.Args(), out)
	case "remove":
		return lifecycle.Remove(ctx, folder, v.flags.Arg(0), out)
	case "add":
		return lifecycle.Add(ctx, folder, v.flags.Arg(0), v.flags.Arg(1), out)
	default:
		if v.json {
			return lifecycle.PrintRawStatus(folder, out)
		}
		return lifecycle.PrintStatus(ctx, folder, out)
	}
}

// read takes the flags that the verb has, and refuses any other.
func read(name string, arguments []string) (*verb, error) {
	v := &verb{flags: flag.NewFlagSet(name, flag.ContinueOnError)}
	v.flags.SetOutput(io.Discard)
	v.flags.StringVar(&v.dir, "dir", layout.DefaultDir, "")
	switch name {
	case "up":
		v.flags.StringVar(&v.resources, "resources", "", "")
		v.flags.StringVar(&v.parts, "parts", "", "")
	case "down":
		v.flags.BoolVar(&v.purge, "purge", false, "")
	case "status":
		v.flags.BoolVar(&v.json, "json", false, "")
	case "load-image", "add", "remove":
	default:
		return nil, usageError{fmt.Errorf("there is no command %q; see seaworthy-cluster help", name)}
	}
	if err := v.flags.Parse(arguments); err != nil {
		if err == flag.ErrHelp {
			return nil, err
		}
		return nil, usageError{fmt.Errorf("%w; see seaworthy-cluster help", err)}
	}
	return v, checkArguments(name, v.flags)
}

func checkArguments(name string, flags *flag.FlagSet) error {
	switch {
	case name == "load-image" && flags.NArg() == 0:
		return usageError{errors.New("load-image wants the path of at least one image archive")}
	case name == "add" && flags.NArg() != 2:
		return usageError{errors.New("add wants the name of a part and its folder")}
	case name == "remove" && flags.NArg() != 1:
		return usageError{errors.New("remove wants the name of a part")}
	case !slices.Contains([]string{"load-image", "add", "remove"}, name) && flags.NArg() > 0:
		return usageError{fmt.Errorf("%s does not know what to do with %q", name, flags.Arg(0))}
	}
	return nil
}

// resourcesIn looks beside the program when no folder is named.
func resourcesIn(dir, parts string) lifecycle.Resources {
	if own, err := os.Executable(); dir == "" && err == nil {
		dir = filepath.Dir(own)
	}
	return lifecycle.Resources{
		Images: filepath.Join(dir, "images"), CRDs: filepath.Join(dir, "emissary-crds.yaml"), Built: filepath.Dir(dir),
		Parts: strings.FieldsFunc(parts, func(letter rune) bool { return letter == ',' }),
	}
}
