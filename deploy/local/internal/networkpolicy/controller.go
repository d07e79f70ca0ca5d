// Package networkpolicy runs kube-router's network policy controller alone, without its router and service proxy.
package networkpolicy

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"seaworthy/deploy/local/internal/layout"
)

const (
	// cacheTimeout is how long the first lists of pods, namespaces and policies may take.
	cacheTimeout = time.Minute
	// syncPeriod is how long a synchronization that failed stays undone where nothing else changes.
	syncPeriod = time.Minute
	// restartDelay keeps a fault that lasts from using the processor.
	restartDelay = time.Second
)

// Main is the component's program: it keeps the firewall in line with the cluster's network policies until it is stopped.
func Main(arguments []string) int {
	flags := flag.NewFlagSet(arguments[0], flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "the credentials to read pods, namespaces and policies with")
	tools := flags.String("tools", "", "the folder for the firewall's commands as the controller is to find them")
	klog.InitFlags(flags)
	if err := flags.Parse(arguments[1:]); err != nil {
		return 2
	}
	if err := useTools(*tools); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	klog.OsExit = restart
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *kubeconfig); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// restart begins the program again under its process number. The controller exits at a firewall command that fails once,
// as one may beside other programs that change the firewall, and the policies of later pods would be left out.
func restart(code int) {
	time.Sleep(restartDelay)
	if own, err := os.Executable(); err == nil {
		_ = syscall.Exec(own, os.Args, os.Environ())
	}
	os.Exit(code)
}

func run(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	limited, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	if !cache.WaitForCacheSync(limited.Done(), pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		if ctx.Err() != nil {
			return nil
		}
		return errors.New("the pods, namespaces and policies cannot be listed")
	}
	settings := options.NewKubeRouterConfig()
	settings.ClusterIPCIDRs = []string{layout.ServiceRange}
	settings.IPTablesSyncPeriod = syncPeriod
	settings.EnableIPv4 = true // pods have no IPv6 here: the cluster's own rules refuse it
	rules, sets, err := netpol.NewIPTablesHandlers(settings)
	if err != nil {
		return err
	}
	for family, handler := range rules {
		rules[family] = behindRefusals{handler}
	}
	podsThen, namespacesThen, policiesThen := newMoment(pods, namespaces, policies)
	controller, err := netpol.NewNetworkPolicyController(
		oneNode{client}, settings, podsThen, policiesThen, namespacesThen, &sync.Mutex{}, rules, sets)
	if err != nil {
		return err
	}
	handlers := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods: controller.PodEventHandler, namespaces: controller.NamespaceEventHandler, policies: controller.NetworkPolicyEventHandler,
	}
	for informer, handler := range handlers {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	runUntilStopped(ctx, controller)
	return nil
}

func runUntilStopped(ctx context.Context, controller *netpol.NetworkPolicyController) {
	heartbeats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range heartbeats { // the controller waits until each is read
		}
	}()
	var group sync.WaitGroup
	group.Add(1)
	controller.Run(heartbeats, ctx.Done(), &group)
	group.Wait()
}
