// Command linkerd-proxy is the proxy of a stand-in for Linkerd: it runs Envoy in a pod.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/agent"
)

const usage = "Usage: linkerd-proxy run | validate\n"

func main() {
	level := slog.LevelInfo
	if strings.Contains(os.Getenv("LINKERD2_PROXY_LOG"), "linkerd=debug") {
		level = slog.LevelDebug
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	switch os.Args[1] {
	case "run":
		if err := agent.Run(ctx, settings()); err != nil {
			slog.Error("proxy failed", "error", err)
			os.Exit(1)
		}
	case "validate":
		if err := agent.Validate(ctx, 10*time.Second); err != nil {
			slog.Error("network not validated", "error", err)
			os.Exit(agent.ExitNotRedirected)
		}
		slog.Info("network validated")
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
}

func settings() agent.Settings {
	return agent.Settings{
		Pod: os.Getenv("POD_NAME"), Namespace: os.Getenv("POD_NAMESPACE"), IP: os.Getenv("POD_IP"),
		Anchors: os.Getenv("LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS"), ControlPlane: os.Getenv("LINKERD2_PROXY_IDENTITY_SVC_ADDR"),
	}
}
