// Command grafana-standin stands in for Grafana: its HTTP API, provisioning files and dashboards of Prometheus.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"seaworthy/deploy/local/standins/grafana/internal/accounts"
	"seaworthy/deploy/local/standins/grafana/internal/api"
	"seaworthy/deploy/local/standins/grafana/internal/dashboards"
	"seaworthy/deploy/local/standins/grafana/internal/datasources"
	"seaworthy/deploy/local/standins/grafana/internal/provisioning"
	"seaworthy/deploy/local/standins/grafana/internal/settings"
	"seaworthy/deploy/local/standins/grafana/internal/store"
)

func main() {
	public := flag.String("public", "/usr/share/grafana/public", "folder of the page's files")
	flag.Parse()
	if err := run(*public); err != nil {
		slog.Error("grafana stand-in stopped", "error", err)
		os.Exit(1)
	}
}

func run(public string) error {
	obeyed, err := settings.Load(os.Environ())
	if err != nil {
		return err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(obeyed.LogLevel)); err != nil {
		return fmt.Errorf("setting GF_LOG_LEVEL: %w", err)
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	slog.Info("grafana stand-in started", "standsInFor", "Grafana "+api.Version, "address", obeyed.Address)
	for _, name := range obeyed.Unused {
		slog.Warn("setting ignored", "setting", name, "reason", "it has no effect in this stand-in for Grafana")
	}
	lock, err := store.Lock(obeyed.Data)
	if err != nil {
		return err
	}
	defer lock.Close()
	server, err := assemble(obeyed, public)
	if err != nil {
		return err
	}
	return serve(obeyed.Address, server.Handler())
}

// assemble makes every service, the first administrator of a new database, and what the files say.
func assemble(obeyed *settings.Settings, public string) (server *api.Server, err error) {
	server = &api.Server{Settings: obeyed, Public: public}
	if server.Accounts, err = accounts.Open(obeyed.Data); err != nil {
		return nil, err
	}
	if server.DataSources, err = datasources.Open(obeyed.Data); err != nil {
		return nil, err
	}
	if server.Dashboards, err = dashboards.Open(obeyed.Data); err != nil {
		return nil, err
	}
	created, err := server.Accounts.CreateFirst(obeyed.AdminUser, obeyed.AdminPassword)
	if err != nil {
		return nil, fmt.Errorf("the first administrator: %w", err)
	}
	if created {
		slog.Info("administrator created", "login", obeyed.AdminUser)
	}
	server.Provisioning = &provisioning.Provisioning{
		Folder: obeyed.Provisioning, DataSources: server.DataSources, Dashboards: server.Dashboards,
	}
	if err := server.Provisioning.Start(); err != nil {
		return nil, fmt.Errorf("provisioning: %w", err)
	}
	return server, nil
}

func serve(address string, handler http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	listening := &http.Server{
		Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- listening.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	slog.Info("grafana stand-in draining")
	drain, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := listening.Shutdown(drain); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
