// Command cluster-parts installs the real parts that labs run against on a cluster that can reach their charts, and removes them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"seaworthy/deploy/cluster/internal/charts"
	"seaworthy/deploy/cluster/internal/lock"
	"seaworthy/deploy/cluster/internal/parts"
	"seaworthy/deploy/cluster/internal/pins"
	"seaworthy/deploy/cluster/internal/standins"
	"seaworthy/deploy/cluster/internal/tools"
)

const help = `Installs Emissary, Linkerd, Jaeger, Prometheus and Grafana, pinned by version and digest, and removes them.

Usage:
  deploy/cluster/install [--dry-run] [--locked] [--timeout 10m] [--kubeconfig FILE] [PART...]
  deploy/cluster/remove  [--definitions] [--timeout 10m] [--kubeconfig FILE] [PART...]

Without a part, all of them, in the order of pins.yaml. A part brings those that it needs, and takes those that need it along.
  --dry-run      say what would be done and what is missing; change nothing
  --locked       refuse a chart whose digest is recorded neither in pins.yaml nor in lock.yaml
  --definitions  remove the resource definitions too, and with them everybody's Mappings, Servers and the like
  --kubeconfig   the cluster; else KUBECONFIG, else the local cluster's
  --timeout      how long one chart may take until all of it is ready
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something is missing (the message says what; nothing was changed).
`

const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitMissing = 3
)

// options are what the command line says.
type options struct {
	verb                                string
	folder, programs, cache, kubeconfig string
	isDry, isLocked, removesDefinitions bool
	timeout                             time.Duration
	parts                               []string
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, out, failures io.Writer) int {
	options, err := read(arguments)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, help)
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(failures, "%v\n\n%s", err, help)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	code, err := carry(ctx, options, out)
	if err != nil {
		fmt.Fprintln(failures, "deploy/cluster:", err)
	}
	return code
}

func read(arguments []string) (*options, error) {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "--help" || arguments[0] == "-h" {
		return nil, flag.ErrHelp
	}
	read := &options{verb: arguments[0]}
	flags := flag.NewFlagSet(read.verb, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&read.folder, "folder", "", "")
	flags.StringVar(&read.programs, "programs", "", "")
	flags.StringVar(&read.cache, "cache", "", "")
	flags.StringVar(&read.kubeconfig, "kubeconfig", "", "")
	flags.DurationVar(&read.timeout, "timeout", 10*time.Minute, "")
	switch read.verb {
	case "install":
		flags.BoolVar(&read.isDry, "dry-run", false, "")
		flags.BoolVar(&read.isLocked, "locked", false, "")
	case "remove":
		flags.BoolVar(&read.removesDefinitions, "definitions", false, "")
	default:
		return nil, fmt.Errorf("there is no command %q", read.verb)
	}
	if err := flags.Parse(arguments[1:]); err != nil {
		return nil, err
	}
	read.parts = flags.Args()
	if read.folder == "" || read.programs == "" || read.cache == "" {
		return nil, errors.New("--folder, --programs and --cache are given by deploy/cluster/install and deploy/cluster/remove")
	}
	return read, nil
}

// kubeconfig is the given one, else the environment's first, else the local cluster's.
func kubeconfig(given string) (string, error) {
	if given == "" {
		if list := filepath.SplitList(os.Getenv("KUBECONFIG")); len(list) > 0 {
			given = list[0]
		}
	}
	if given == "" {
		given = "/var/lib/seaworthy-cluster/kubeconfig"
	}
	path, err := filepath.Abs(given)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no kubeconfig %s: set KUBECONFIG to that of your cluster, or start a local one with make run", path)
	}
	return path, nil
}

func carry(ctx context.Context, options *options, out io.Writer) (int, error) {
	pinned, err := pins.Read(filepath.Join(options.folder, "pins.yaml"))
	if err != nil {
		return exitFailed, err
	}
	chosen, err := pinned.Choose(options.parts)
	if err != nil {
		return exitUsage, err
	}
	config, err := kubeconfig(options.kubeconfig)
	if err != nil {
		return exitMissing, err
	}
	locked, err := lock.Read(filepath.Join(options.folder, "lock.yaml"), options.isLocked)
	if err != nil {
		return exitFailed, err
	}
	run := tools.Programs(options.programs, config, options.cache)
	installer := &parts.Installer{
		Folder: options.folder, Lock: locked, Run: run, Local: standins.Find(config), Timeout: options.timeout, Out: out, Now: time.Now,
		Charts: &charts.Store{Folder: filepath.Join(options.cache, "charts"), Lock: locked, Run: run},
	}
	if options.verb == "remove" {
		if chosen, err = pinned.ChooseToRemove(options.parts); err != nil {
			return exitUsage, err
		}
		return done(installer.Remove(ctx, chosen, options.removesDefinitions), out)
	}
	if options.isDry {
		fmt.Fprintln(out, "A dry run: it says what would be done and what is missing, and changes nothing.")
		if err := installer.DryRun(ctx, chosen); err != nil {
			return exitFailed, err
		}
	}
	if faults := installer.Preflight(ctx, chosen); len(faults) > 0 {
		fmt.Fprintln(out, "What is missing:")
		for _, fault := range faults {
			fmt.Fprintln(out, "-", fault)
		}
		return exitMissing, errors.New("nothing was changed")
	}
	if options.isDry {
		fmt.Fprintln(out, "Nothing is missing. Nothing was changed.")
		return exitDone, nil
	}
	return done(installer.Install(ctx, chosen), out, notes(chosen)...)
}

// notes are what is left to do for whoever runs the platform.
func notes(chosen []pins.Part) []string {
	var notes []string
	for _, part := range chosen {
		if len(part.PodImages) > 0 {
			notes = append(notes, fmt.Sprintf("%s adds images to learners' pods: add %s to cluster.allowed_images of the platform.",
				part.Product, strings.Join(part.PodImages, ", ")))
		}
	}
	return notes
}

func done(err error, out io.Writer, notes ...string) (int, error) {
	if err != nil {
		return exitFailed, err
	}
	for _, note := range notes {
		fmt.Fprintln(out, note)
	}
	fmt.Fprintln(out, "Done.")
	return exitDone, nil
}
