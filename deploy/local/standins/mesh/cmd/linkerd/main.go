// Command linkerd asks the stand-in for Linkerd what the real linkerd command asks Linkerd.
package main

import (
	"context"
	"os"
	"os/signal"

	"seaworthy/deploy/local/standins/mesh/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
