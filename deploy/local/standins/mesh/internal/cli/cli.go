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

	"github.com/spf13/pflag"

	"seaworthy/deploy/local/standins/mesh/internal/names"
)

// notice goes first, and to the standard error, so that what follows can be piped on.
const notice = "This is a stand-in for Linkerd's command, for the stand-in for Linkerd in this cluster."

const help = `Usage:
  linkerd check [--proxy] [-n NAMESPACE]
  linkerd inject [--ingress] FILE | -
  linkerd version
  linkerd viz stat KIND[/NAME] [-n NAMESPACE | -A] [-t WINDOW] [--to KIND/NAME | --from KIND/NAME] [-o table|wide|json] [--unmeshed]
  linkerd viz edges KIND [-n NAMESPACE | -A] [-o table|wide|json]

Of the real command's others, none is here.
`

// options are the flags of all commands.
type options struct {
	namespace, output, to, from, metrics string
	window                               time.Duration
	all, unmeshed, proxy, ingress        bool
}

// errReported ends the command with a failure whose words are out already.
var errReported = errors.New("failed")

// command is one run.
type command struct {
	options
	token    string
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
	flags.BoolVarP(&c.all, "all-namespaces", "A", false, "all namespaces")
	flags.StringVarP(&c.output, "output", "o", "table", "table, wide or json")
	flags.DurationVarP(&c.window, "time-window", "t", time.Minute, "how far back to count")
	flags.StringVar(&c.to, "to", "", "only traffic to this")
	flags.StringVar(&c.from, "from", "", "only traffic from this")
	flags.BoolVar(&c.unmeshed, "unmeshed", false, "show what has no proxy too")
	flags.BoolVar(&c.proxy, "proxy", false, "check the proxies of a namespace")
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
	switch {
	case len(words) == 1 && words[0] == "check":
		return c.check(ctx)
	case len(words) == 2 && words[0] == "inject":
		return c.inject(words[1])
	case name == "version":
		fmt.Fprintln(c.out, "Client version:", names.Version)
		return nil
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
	{[]string{"statefulset", "statefulsets", "sts"}, "apis/apps/v1", "statefulset"},
	{[]string{"daemonset", "daemonsets", "ds"}, "apis/apps/v1", "daemonset"},
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
	return target{}, fmt.Errorf("%q is not known here: deployment, statefulset, daemonset, pod and service are", word)
}
