// Command jaeger is Jaeger with traces in memory: its OTLP receiver, its store and its query API (version 3), and nothing of
// the databases and the web pages that its all-in-one program is built with.
//
// Traces belong to tenants as Jaeger defines them, and each tenant has a store of its own. A tenant is a namespace: whoever asks
// names it in the header x-tenant; whoever sends is known by the address of its pod, whatever that header says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/jaegertracing/jaeger/internal/tenancy"
	"go.uber.org/zap"
)

// settings are what the command line says.
type settings struct {
	grpc, http, query string
	maxTraces         int
	maxBytes          uint64
}

func readSettings(arguments []string) (settings, error) {
	var read settings
	flags := flag.NewFlagSet("jaeger", flag.ContinueOnError)
	flags.StringVar(&read.grpc, "otlp-grpc", ":4317", "address for traces by gRPC")
	flags.StringVar(&read.http, "otlp-http", ":4318", "address for traces by HTTP")
	flags.StringVar(&read.query, "query", ":16686", "address of the query API")
	flags.IntVar(&read.maxTraces, "max-traces", 500, "traces that a tenant keeps; the oldest make room")
	flags.Uint64Var(&read.maxBytes, "max-bytes", 96<<20, "memory in use at which the largest tenants are dropped")
	if err := flags.Parse(arguments); err != nil {
		return read, err
	}
	if read.maxTraces <= 0 || read.maxBytes == 0 {
		return read, errors.New("-max-traces and -max-bytes must be above 0")
	}
	return read, nil
}

func main() {
	read, err := readSettings(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "jaeger:", err)
		os.Exit(2)
	}
	logger, err := zap.NewProduction()
	if err != nil {
		fmt.Fprintln(os.Stderr, "jaeger:", err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	owner, err := watchPods(ctx)
	if err == nil {
		err = run(ctx, read, owner, logger)
	}
	if err != nil {
		logger.Error("jaeger failed", zap.Error(err))
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, read settings, owner owners, logger *zap.Logger) error {
	tenants := tenancy.NewManager(&tenancy.Options{Enabled: true})
	kept, err := newStores(read.maxTraces)
	if err != nil {
		return err
	}
	receiver, err := startReceiver(ctx, read, kept, owner, logger)
	if err != nil {
		return fmt.Errorf("traces cannot be received: %w", err)
	}
	query, err := startQuery(read.query, kept, tenants, logger)
	if err != nil {
		return errors.Join(fmt.Errorf("the query API cannot listen: %w", err), receiver.Shutdown(context.WithoutCancel(ctx)))
	}
	logger.Info("jaeger started", zap.String("otlp_grpc", read.grpc), zap.String("otlp_http", read.http),
		zap.String("query", query.address), zap.Int("max_traces", read.maxTraces), zap.Uint64("max_bytes", read.maxBytes))
	watchMemory(ctx, read.maxBytes, kept, logger)
	logger.Info("jaeger stopping")
	ended := context.WithoutCancel(ctx)
	return errors.Join(receiver.Shutdown(ended), query.server.Shutdown(ended))
}
