package controlplane

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/identity"
	"seaworthy/deploy/local/standins/mesh/internal/inject"
)

// maxBody bounds what a client may send: a pod that is being admitted is the largest.
const maxBody = 4 << 20

// serverNames are those by which the API server and the proxies reach the control plane.
var serverNames = []string{
	"linkerd-identity.linkerd.svc.cluster.local", "linkerd-proxy-injector.linkerd.svc", "linkerd-identity.linkerd.svc",
}

// Server answers the API server and the proxies, at one port.
type Server struct {
	Kube      Kube
	Authority *identity.Authority
	Configs   *Configs
	Injection inject.Settings
}

// Run serves until the context ends.
func (s *Server) Run(ctx context.Context, address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /inject", s.inject)
	mux.HandleFunc("POST /certify", s.certify)
	mux.HandleFunc("GET /config", s.config)
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	certificates := &ownCertificate{authority: s.Authority}
	server := &http.Server{
		Addr: address, Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
		TLSConfig: &tls.Config{
			MinVersion: tls.VersionTLS12, GetCertificate: certificates.get,
			ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: s.Authority.Pool(),
		},
	}
	stopped := make(chan struct{})
	go func() {
		<-ctx.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		s.Configs.Close()
		if err := server.Shutdown(ending); err != nil {
			slog.Warn("connections closed", "error", err)
		}
		close(stopped)
	}()
	if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// certify issues a certificate to whoever holds a ServiceAccount's token.
func (s *Server) certify(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		http.Error(w, "a ServiceAccount's token is needed", http.StatusUnauthorized)
		return
	}
	proved, err := s.Kube.Review(r.Context(), token)
	if err != nil {
		slog.Warn("token refused", "error", err)
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	request, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	signed, err := s.Authority.SignRequest(request, proved, time.Now())
	if err != nil {
		slog.Warn("certificate request refused", "identity", proved, "error", err)
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	slog.Info("certificate issued", "identity", proved)
	w.Header().Set("Content-Type", "application/x-pem-file")
	if _, err := w.Write(signed); err != nil {
		slog.Debug("answer not sent", "error", err)
	}
}

func answer(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(content); err != nil {
		slog.Debug("answer not sent", "error", err)
	}
}

// ownCertificate is the control plane's, made anew when two thirds of its life are over.
type ownCertificate struct {
	authority *identity.Authority
	mutex     sync.Mutex
	current   *tls.Certificate
	renewal   time.Time
}

func (o *ownCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	now := time.Now()
	if o.current != nil && now.Before(o.renewal) {
		return o.current, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signed, err := o.authority.Sign(key.Public(), now, serverNames...)
	if err != nil {
		return nil, err
	}
	o.current, o.renewal = &tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: key}, now.Add(o.authority.Lifetime*2/3)
	return o.current, nil
}
