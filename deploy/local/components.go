package main

import (
	"context"
	"os"

	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/template"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"seaworthy/deploy/local/internal/controlplane"
	"seaworthy/deploy/local/internal/networkpolicy"
)

// components maps the name of a program to the code that is that program; args[0] is the name.
var components = map[string]func(args []string) int{
	"etcd":                    runEtcd,
	"coredns":                 runCoreDNS,
	"kube-apiserver":          cobraComponent(apiserver.NewAPIServerCommand),
	"kube-controller-manager": cobraComponent(controllermanager.NewControllerManagerCommand),
	"kube-scheduler":          cobraComponent(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kubelet": cobraComponent(func() *cobra.Command {
		return kubelet.NewKubeletCommand(context.Background())
	}),
	"kube-proxy":                         cobraComponent(proxy.NewProxyCommand),
	controlplane.NetworkPolicyController: networkpolicy.Main,
	"kubectl":                            runKubectl,
}

func runEtcd(args []string) int {
	etcdmain.Main(args)
	return 0
}

func runCoreDNS(args []string) int {
	os.Args = args
	coremain.Run()
	return 0
}

func runKubectl(args []string) int {
	os.Args = args
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		return 1
	}
	return 0
}

// cobraComponent waits with building the command until it is wanted: the commands register flags in shared state.
func cobraComponent(newCommand func() *cobra.Command) func(args []string) int {
	return func(args []string) int {
		os.Args = args
		return cli.Run(newCommand())
	}
}
