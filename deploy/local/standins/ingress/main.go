// Command emissary-standin obeys Emissary's Listeners, Hosts and Mappings with a real Envoy.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"seaworthy/deploy/local/standins/ingress/internal/cluster"
	"seaworthy/deploy/local/standins/ingress/internal/control"
	"seaworthy/deploy/local/standins/ingress/internal/diagnostics"
	"seaworthy/deploy/local/standins/ingress/internal/model"
	"seaworthy/deploy/local/standins/internal/envoy"
	"seaworthy/deploy/local/standins/internal/watch"
	"seaworthy/deploy/local/standins/internal/xds"
)

const (
	// drainTime is how long requests still come after the pod is no longer ready.
	drainTime = 5 * time.Second
	stopTime  = 5 * time.Second
)

func main() {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level(os.Getenv("AES_LOG_LEVEL"))}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, logger); err != nil {
		logger.Error("ingress stopped", "reason", err.Error())
		os.Exit(1)
	}
}

func level(name string) slog.Level {
	if name == "debug" {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// run serves until the context ends, and then a little longer for those whose requests are on their way.
func run(ctx context.Context, logger *slog.Logger) error {
	client, err := connect()
	if err != nil {
		return err
	}
	serving, cancel := context.WithCancel(context.Background())
	defer cancel()
	store, err := watch.New(client, cluster.Kinds()...)
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	configuration := xds.NewServer(logger)
	if err := serveConfiguration(serving, configuration, failed); err != nil {
		return err
	}
	program := setting("ENVOY", "/usr/local/bin/envoy")
	loop := &control.Loop{
		Store: store, Node: configuration.Node(control.NodeID), Admin: envoy.Admin{URL: control.AdminURL},
		Envoy: program, Namespace: setting("AMBASSADOR_NAMESPACE", "emissary"), Logger: logger,
	}
	var draining atomic.Bool
	go serveDiagnostics(diagnostics.Server{Current: loop.Current, Draining: draining.Load, Admin: loop.Admin}, failed)
	if err := store.Run(serving); err != nil {
		return err
	}
	bootstrap, err := control.Bootstrap()
	if err != nil {
		return err
	}
	process, err := envoy.Start(program, bootstrap, "--concurrency", setting("ENVOY_CONCURRENCY", "1"), "--log-level", "warning", "--component-log-level", "misc:error",
		"--drain-time-s", "600", "--file-flush-interval-msec", "200")
	if err != nil {
		return err
	}
	statuses := control.NewStatuses(client, store, logger)
	go statuses.Run(serving)
	go loop.Run(serving, func(current *model.Model) { statuses.Want(current.Report.Mappings) })
	logger.Info("ingress started", "namespace", loop.Namespace)
	select {
	case <-ctx.Done():
	case err := <-failed:
		return err
	case err := <-process.Ended():
		return fmt.Errorf("envoy ended by itself: %v", err)
	}
	draining.Store(true)
	if err := loop.Admin.Post(serving, "/drain_listeners?graceful&skip_exit"); err != nil {
		logger.Warn("listeners not drained", "reason", err.Error())
	}
	time.Sleep(drainTime)
	return process.Stop(stopTime)
}

func connect() (dynamic.Interface, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 200
	return dynamic.NewForConfig(config)
}

func serveConfiguration(ctx context.Context, server *xds.Server, failed chan<- error) error {
	listener, err := net.Listen("tcp", control.ConfigurationAddress)
	if err != nil {
		return err
	}
	go func() { failed <- server.Serve(ctx, listener) }()
	return nil
}

func serveDiagnostics(server diagnostics.Server, failed chan<- error) {
	failed <- (&http.Server{Addr: ":8877", Handler: server.Handler(), ReadHeaderTimeout: 5 * time.Second}).ListenAndServe()
}
