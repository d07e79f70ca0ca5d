// Command qotm is a small system to deploy, route to, measure and break: a web front, the quote of the moment, the authors,
// the store of quotes, and a team's pages. It is one program, and its first argument says which it is; without one it is qotm.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"seaworthy/deploy/images/qotm/internal/authors"
	"seaworthy/deploy/images/qotm/internal/docs"
	"seaworthy/deploy/images/qotm/internal/front"
	"seaworthy/deploy/images/qotm/internal/qotm"
	"seaworthy/deploy/images/qotm/internal/server"
	"seaworthy/deploy/images/qotm/internal/settings"
	"seaworthy/deploy/images/qotm/internal/store"
	"seaworthy/deploy/images/qotm/internal/telemetry"
)

// register adds each service's own addresses.
var register = map[string]func(*server.Service) error{
	"front": front.Register,
	"qotm":  qotm.Register,
	"authors": func(service *server.Service) error {
		authors.Register(service)
		return nil
	},
	"store": store.Register,
	"docs":  docs.Register,
}

const (
	exitFailed        = 1
	exitWrongSettings = 2
)

func main() {
	name := "qotm"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	os.Exit(run(ctx, name, os.Getenv))
}

// run serves until the context ends. What is wrong with the settings is said before anything listens.
func run(ctx context.Context, name string, environment func(string) string) int {
	read, err := settings.Read(name, environment)
	logger := telemetry.NewLogger(os.Stdout, name, read.Version)
	var service *server.Service
	if err == nil {
		service, err = build(read, environment)
	}
	if err != nil {
		logger.Error("settings refused", "reason", err.Error())
		return exitWrongSettings
	}
	listeners, err := service.Listen(ctx)
	if errors.Is(err, context.Canceled) {
		return 0
	}
	if err == nil {
		err = service.Serve(ctx, listeners)
	}
	if err != nil {
		logger.Error("service failed", "reason", err.Error())
		return exitFailed
	}
	return 0
}

func build(read settings.Settings, environment func(string) string) (*server.Service, error) {
	logger := telemetry.NewLogger(os.Stdout, read.Service, read.Version)
	tracing, err := telemetry.NewTracing(read.Service, read.Version, read.Server, environment, logger)
	if err != nil {
		return nil, err
	}
	service, err := server.New(read, logger, tracing)
	if err != nil {
		return nil, err
	}
	if err := register[read.Service](service); err != nil {
		return nil, fmt.Errorf("%s: %w", read.Service, err)
	}
	return service, nil
}
