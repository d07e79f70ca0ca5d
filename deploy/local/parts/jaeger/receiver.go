package main

import (
	"context"
	"errors"
	"fmt"
	"net"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	nooptrace "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxRequestMiB is far above what an exporter sends at once.
const maxRequestMiB = 2

// tenantHeader is Jaeger's own.
const tenantHeader = "x-tenant"

// startReceiver takes traces by OTLP and writes them into the store of the namespace whose pod they come from.
func startReceiver(ctx context.Context, read settings, kept *stores, owner owners, logger *zap.Logger) (receiver.Traces, error) {
	factory := otlpreceiver.NewFactory()
	traces, err := consumer.NewTraces(func(ctx context.Context, received ptrace.Traces) error {
		tenant, err := sender(ctx, owner)
		if err != nil {
			return err
		}
		return kept.write(ctx, tenant, received)
	})
	if err != nil {
		return nil, err
	}
	started, err := factory.CreateTraces(ctx, receiver.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger:         logger.WithOptions(zap.IncreaseLevel(zap.WarnLevel)),
			TracerProvider: nooptrace.NewTracerProvider(),
			MeterProvider:  noopmetric.NewMeterProvider(),
		},
	}, receiverConfig(factory, read), traces)
	if err != nil {
		return nil, err
	}
	return started, started.Start(ctx, componenttest.NewNopHost())
}

// sender is the namespace that a request comes from. What its header says cannot be more than what its address proves.
func sender(ctx context.Context, owner owners) (string, error) {
	from := client.FromContext(ctx)
	if from.Addr == nil {
		return "", errors.New("the sender's address is not known")
	}
	host := from.Addr.String()
	if address, _, err := net.SplitHostPort(host); err == nil {
		host = address
	}
	namespace, isKnown := owner(net.ParseIP(host))
	if !isKnown {
		// A pod may run a moment before the cluster knows its address: the exporter sends the same again.
		return "", fmt.Errorf("no pod of the cluster has the address %s", host)
	}
	for _, claimed := range from.Metadata.Get(tenantHeader) {
		if claimed != namespace {
			// Sending the same again would not help.
			return "", consumererror.NewPermanent(status.Errorf(codes.PermissionDenied,
				"the header %s names %q, and the pod that sends is in %q", tenantHeader, claimed, namespace))
		}
	}
	return namespace, nil
}

// receiverConfig lets the tenant's header reach the consumer, and bounds what one request can hold.
func receiverConfig(factory receiver.Factory, read settings) component.Config {
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	grpc := config.GRPC.GetOrInsertDefault()
	grpc.NetAddr.Endpoint = read.grpc
	grpc.IncludeMetadata = true
	grpc.MaxRecvMsgSizeMiB = maxRequestMiB
	grpc.ReadBufferSize = 32 << 10
	web := config.HTTP.GetOrInsertDefault()
	web.ServerConfig.Endpoint = read.http
	web.ServerConfig.IncludeMetadata = true
	web.ServerConfig.MaxRequestBodySize = maxRequestMiB << 20
	config.GRPC = configoptional.Some(*grpc)
	config.HTTP = configoptional.Some(*web)
	return config
}
