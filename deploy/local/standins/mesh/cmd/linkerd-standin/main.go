// Command linkerd-standin is the control plane of a stand-in for Linkerd: it injects proxies into pods, issues their
// certificates and tells each one what to do.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"seaworthy/deploy/local/standins/internal/watch"
	"seaworthy/deploy/local/standins/mesh/internal/cluster"
	"seaworthy/deploy/local/standins/mesh/internal/controlplane"
	"seaworthy/deploy/local/standins/mesh/internal/inject"
)

type options struct {
	proxies, injector, image, services string
	lifetime                           time.Duration
}

func main() {
	chosen := options{}
	flag.StringVar(&chosen.proxies, "address", ":8443", "the address at which proxies ask")
	flag.StringVar(&chosen.injector, "injector-address", ":9443", "the address at which the API server has pods injected")
	flag.StringVar(&chosen.image, "proxy-image", "seaworthy.local/linkerd-standin-proxy:1", "the image of the proxy that pods get")
	flag.StringVar(&chosen.services, "service-range", "10.96.0.0/16", "the addresses of Services")
	flag.DurationVar(&chosen.lifetime, "issuance-lifetime", 24*time.Hour, "how long a proxy's certificate lasts")
	flag.Parse()
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, chosen); err != nil {
		slog.Error("control plane failed", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, chosen options) error {
	_, services, err := net.ParseCIDR(chosen.services)
	if err != nil {
		return err
	}
	if chosen.lifetime < 15*time.Second {
		return fmt.Errorf("certificates of %s would not outlast their renewal", chosen.lifetime)
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 200
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	kube := controlplane.Kube{Client: client}
	authority, err := kube.Authority(ctx, chosen.lifetime)
	if err != nil {
		return fmt.Errorf("the mesh's issuer: %w", err)
	}
	store, err := watch.New(client, cluster.Kinds()...)
	if err != nil {
		return err
	}
	if err := store.Run(ctx); err != nil {
		return err
	}
	configs := controlplane.NewConfigs(cluster.Read(store), services)
	go configs.Follow(ctx, store)
	if err := kube.Publish(ctx, authority.Anchors); err != nil {
		return fmt.Errorf("the trust anchors: %w", err)
	}
	slog.Info("control plane started", "address", chosen.proxies, "proxy_image", chosen.image)
	server := &controlplane.Server{
		Kube: kube, Authority: authority, Configs: configs,
		Injection: inject.Settings{Image: chosen.image, TrustAnchors: string(authority.Anchors)},
	}
	return server.Run(ctx, chosen.proxies, chosen.injector)
}
