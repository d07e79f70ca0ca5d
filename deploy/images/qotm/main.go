// Command qotm serves the quote of the moment: a small service to deploy, route to, measure and break.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drainTimeout is how long requests in flight may take to finish after the signal to stop.
const drainTimeout = 10 * time.Second

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	settings, err := readSettings(os.Getenv)
	if err != nil {
		logger.Error("wrong settings", "reason", err.Error())
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", settings.listen)
	if err != nil {
		logger.Error("cannot listen", "reason", err.Error())
		os.Exit(1)
	}
	if err := serve(ctx, listener, newService(settings, logger)); err != nil {
		logger.Error("stopped", "reason", err.Error())
		os.Exit(1)
	}
}

// serve answers until it is told to stop, then fails the readiness probe and finishes the requests in flight.
func serve(ctx context.Context, listener net.Listener, service *service) error {
	server := &http.Server{Handler: service.handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	service.logger.Info("listening", "address", listener.Addr().String(), "server", service.settings.server)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	service.drain()
	// The proxies in front learn only by the readiness probe that this server stops.
	time.Sleep(service.settings.drainDelay)
	limited, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return err
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	service.logger.Info("stopped")
	return nil
}
