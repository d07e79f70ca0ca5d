package main

import (
	"context"

	"github.com/jaegertracing/jaeger/internal/tenancy"
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
)

// maxRequestMiB is far above what an exporter sends at once.
const maxRequestMiB = 2

// startReceiver takes traces by OTLP and writes them into the store of the tenant that the request names.
func startReceiver(ctx context.Context, read settings, kept *stores, tenants *tenancy.Manager, logger *zap.Logger) (receiver.Traces, error) {
	factory := otlpreceiver.NewFactory()
	traces, err := consumer.NewTraces(func(ctx context.Context, received ptrace.Traces) error {
		tenant, err := tenancy.GetValidTenant(ctx, tenants)
		if err != nil {
			// Sending the same again would not help.
			return consumererror.NewPermanent(err)
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
