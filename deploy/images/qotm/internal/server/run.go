package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"seaworthy/deploy/images/qotm/internal/certificates"
	"seaworthy/deploy/images/qotm/internal/faults"
)

// drainTimeout is how long requests in flight may take to finish after the signal to stop.
const drainTimeout = 10 * time.Second

// Listen starts as late as it is told to, and opens the addresses to serve on.
func (s *Service) Listen(ctx context.Context) ([]net.Listener, error) {
	if delay := s.Settings.StartDelay; delay > 0 {
		s.Logger.Info("service starting", "delay_ms", delay.Milliseconds())
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	plain, err := net.Listen("tcp", s.Settings.Listen)
	if err != nil || s.authority == nil {
		return []net.Listener{plain}, err
	}
	secure, err := s.listenTLS()
	if err != nil {
		return nil, errors.Join(err, plain.Close())
	}
	return []net.Listener{plain, secure}, nil
}

// listenTLS shows the certificate that the fault in force asks for, with each new connection.
func (s *Service) listenTLS() (net.Listener, error) {
	names := certificates.Names(s.Settings.Service, s.Settings.Namespace)
	valid, err := s.authority.Issue(names, s.Now(), false)
	if err != nil {
		return nil, fmt.Errorf("no certificate: %w", err)
	}
	expired, err := s.authority.Issue(names, s.Now(), true)
	if err != nil {
		return nil, fmt.Errorf("no certificate: %w", err)
	}
	current := func() *tls.Certificate {
		if s.Fault.Get().Certificate == faults.Expired {
			return expired
		}
		return valid
	}
	s.metrics.addExpiry(current)
	return tls.Listen("tcp", s.Settings.TLSListen, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return current(), nil
		},
	})
}

// certificateKey is where a connection's context has the number of changes of the certificate before it.
type certificateKey struct{}

// closeOld ends a connection after this answer if it began with another certificate, so that its client meets the new one.
func (s *Service) closeOld(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil && r.Context().Value(certificateKey{}) != s.certificateChanges.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers until it is told to stop, then fails the readiness probe and finishes the requests in flight.
func (s *Service) Serve(ctx context.Context, listeners []net.Listener) error {
	server := &http.Server{
		Handler: s.closeOld(s.Handler()), ReadHeaderTimeout: 5 * time.Second,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, certificateKey{}, s.certificateChanges.Load())
		},
	}
	failed := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { failed <- server.Serve(listener) }()
		s.Logger.Info("service listening", "address", listener.Addr().String(), "server", s.Settings.Server)
	}
	go s.Fault.Grow(ctx)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	// The proxies in front learn only by the readiness probe that this server stops.
	time.Sleep(s.Settings.DrainDelay)
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return err
	}
	for range listeners {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	s.Logger.Info("service stopped")
	return s.tracing.Stop(limited)
}
