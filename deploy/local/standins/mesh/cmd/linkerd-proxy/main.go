// Command linkerd-proxy is the proxy of a stand-in for Linkerd: it runs Envoy in a pod.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"seaworthy/deploy/local/standins/mesh/internal/agent"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := agent.Run(ctx, settings()); err != nil {
		slog.Error("proxy failed", "error", err)
		os.Exit(1)
	}
}

func settings() agent.Settings {
	return agent.Settings{
		Pod: os.Getenv("POD_NAME"), Namespace: os.Getenv("POD_NAMESPACE"), IP: os.Getenv("POD_IP"),
		Anchors: os.Getenv("LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS"), ControlPlane: os.Getenv("LINKERD2_PROXY_IDENTITY_SVC_ADDR"),
	}
}
