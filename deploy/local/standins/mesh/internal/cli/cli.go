// Package cli is the linkerd command: what it prints has the columns that the real one prints.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// notice goes first, and to the standard error, so that what follows can be piped on.
const notice = "This is a stand-in for Linkerd's command, for the stand-in for Linkerd in this cluster."

const help = `Usage:
  linkerd check
  linkerd inject [--ingress] FILE | -
  linkerd version
  linkerd viz stat KIND[/NAME] [-n NAMESPACE] [-t WINDOW] [--from KIND/NAME [--from-namespace NAMESPACE]] [--unmeshed]
  linkerd viz edges KIND [-n NAMESPACE]

KIND is deployment, pod or service. Of the real command's others, none is here, nor another form of output.
`

// options are the flags of all commands.
type options struct {
	namespace, from, fromNamespace, metrics string
	window                                  time.Duration
	unmeshed, ingress                       bool
}

// errReported ends the command with a failure whose words are out already.
var errReported = errors.New("failed")

// command is one run.
type command struct {
	options
	api      kube
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// Run runs the command and gives its exit status.
func Run(ctx context.Context, arguments []string, in io.Reader, out, errors io.Writer) int {
	c := &command{in: in, out: out, err: errors, now: time.Now}
	flags := pflag.NewFlagSet("linkerd", pflag.ContinueOnError)
	flags.SetOutput(errors)
	flags.Usage = func() { fmt.Fprint(errors, help) }
	flags.StringVarP(&c.namespace, "namespace", "n", "", "the namespace")
	flags.DurationVarP(&c.window, "time-window", "t", time.Minute, "how far back to count")
	flags.StringVar(&c.from, "from", "", "only traffic from this")
	flags.StringVar(&c.fromNamespace, "from-namespace", "", "the namespace of what is named by --from")
	flags.BoolVar(&c.unmeshed, "unmeshed", false, "show what has no proxy too")
	flags.BoolVar(&c.ingress, "ingress", false, "inject in ingress mode")
	flags.StringVar(&c.metrics, "metrics-url", cmp.Or(os.Getenv("LINKERD_METRICS_URL"), metricsAPI), "where the metrics API, or a Prometheus, answers")
	if err := flags.Parse(arguments); err != nil {
		return 2
	}
	fmt.Fprintln(errors, notice)
	err := c.dispatch(ctx, flags.Args())
	switch {
	case err == nil:
		return 0
	case err != errReported:
		fmt.Fprintln(errors, "Error:", err)
	}
	return 1
}

func (c *command) dispatch(ctx context.Context, words []string) error {
	name := strings.Join(words[:min(len(words), 2)], " ")
	err := c.connect()
	switch {
	case len(words) == 1 && words[0] == "check":
		return c.check(ctx, err)
	case len(words) == 2 && words[0] == "inject":
		return c.inject(words[1])
	case name == "version":
		fmt.Fprintln(c.out, "Client version:", names.Version)
		return nil
	case err != nil && strings.HasPrefix(name, "viz "):
		return err
	case name == "viz stat" && len(words) == 3:
		return c.stat(ctx, words[2])
	case name == "viz edges" && len(words) == 3:
		return c.edges(ctx, words[2])
	default:
		fmt.Fprint(c.err, help)
		return fmt.Errorf("linkerd %s is not here", strings.Join(words, " "))
	}
}

// kinds are the workloads by which metrics are grouped: the word on the command line, the API's path, the metrics' label.
var kinds = []struct {
	names       []string
	path, label string
}{
	{[]string{"deployment", "deployments", "deploy"}, "apis/apps/v1", "deployment"},
	{[]string{"pod", "pods", "po"}, "api/v1", "pod"},
	{[]string{"service", "services", "svc"}, "api/v1", "service"},
}

// target is a kind, and one name of it or all.
type target struct{ path, label, name string }

func parseTarget(text string) (target, error) {
	word, name, _ := strings.Cut(text, "/")
	for _, kind := range kinds {
		for _, known := range kind.names {
			if known == word {
				return target{kind.path, kind.label, name}, nil
			}
		}
	}
	return target{}, fmt.Errorf("%q is not known here: deployment, pod and service are", word)
}

// writeTable aligns the first columns to the left and the others to the right, with three blanks between.
func writeTable(out io.Writer, lines [][]string, left int) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for column, cell := range line {
			widths[column] = max(widths[column], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		padded := make([]string, len(line))
		for column, cell := range line {
			blanks := strings.Repeat(" ", widths[column]-utf8.RuneCountInString(cell))
			if padded[column] = blanks + cell; column < left {
				padded[column] = cell + blanks
			}
		}
		fmt.Fprintln(out, strings.TrimRight(strings.Join(padded, "   "), " "))
	}
}
