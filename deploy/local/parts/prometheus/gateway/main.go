// Command metrics-gateway stands before a Prometheus that knows everybody's numbers, and answers each ServiceAccount's queries
// with those of its own namespace alone. It also passes that Prometheus's scrapes of learners' pods on, and bounds them.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	authentication "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if err := run(); err != nil {
		slog.Error("metrics gateway failed", "error", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 4 {
		return errors.New("usage: metrics-gateway LISTEN PROMETHEUS_URL SCRAPE_LISTEN")
	}
	prometheus, err := url.Parse(os.Args[2])
	if err != nil {
		return err
	}
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	answers := &http.Server{Addr: os.Args[1], Handler: newGateway(prometheus, review(client)), MaxHeaderBytes: 4 * maxQueryBytes, ReadTimeout: 15 * time.Second}
	scrapes := &http.Server{Addr: os.Args[3], Handler: newScraper(newBudget(standard, time.Now))}
	slog.Info("metrics gateway started", "listen", answers.Addr, "prometheus", prometheus.String(), "scrape_listen", scrapes.Addr)
	return serveAll(ctx, answers, scrapes)
}

// serveAll serves until the context ends, or one of the servers fails.
func serveAll(ctx context.Context, servers ...*http.Server) error {
	ended := make(chan error, len(servers))
	for _, server := range servers {
		server.ReadHeaderTimeout, server.WriteTimeout = 5*time.Second, 30*time.Second
		go func() { ended <- server.ListenAndServe() }()
	}
	var failed error
	select {
	case failed = <-ended:
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, server := range servers {
		failed = errors.Join(failed, server.Shutdown(limited))
	}
	return failed
}

// review asks the API server whose a token is.
func review(client kubernetes.Interface) identify {
	return func(ctx context.Context, token string) (string, error) {
		asked := &authentication.TokenReview{Spec: authentication.TokenReviewSpec{Token: token}}
		answer, err := client.AuthenticationV1().TokenReviews().Create(ctx, asked, v1.CreateOptions{})
		if err != nil {
			return "", fmt.Errorf("the token cannot be reviewed: %w", err)
		}
		return namespaceOf(answer.Status)
	}
}

// namespaceOf reads a user name such as system:serviceaccount:NAMESPACE:NAME.
func namespaceOf(status authentication.TokenReviewStatus) (string, error) {
	rest, found := strings.CutPrefix(status.User.Username, "system:serviceaccount:")
	namespace, _, both := strings.Cut(rest, ":")
	if !status.Authenticated || !found || !both || namespace == "" {
		return "", errNotAuthenticated
	}
	return namespace, nil
}
