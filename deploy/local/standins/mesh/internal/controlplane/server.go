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
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/util/flowcontrol"

	"seaworthy/deploy/local/standins/mesh/internal/identity"
	"seaworthy/deploy/local/standins/mesh/internal/inject"
)

// maxBody bounds what a client may send: a pod that is being admitted is the largest.
const maxBody = 4 << 20

// serverNames are those by which the API server and the proxies reach the control plane.
var serverNames = []string{
	"linkerd-identity.linkerd.svc.cluster.local", "linkerd-proxy-injector.linkerd.svc", "linkerd-identity.linkerd.svc",
}

// Server answers the API server and the proxies, each at an address of its own: whoever can send a review has pods patched and
// events written in its name, so a network policy keeps all pods from the injector.
type Server struct {
	Kube      Kube
	Authority *identity.Authority
	Configs   *Configs
	Injection inject.Settings
}

// Run serves until the context ends.
func (s *Server) Run(ctx context.Context, proxies, injector string) error {
	certificates := &ownCertificate{authority: s.Authority}
	ready := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	reviews, questions := http.NewServeMux(), http.NewServeMux()
	reviews.HandleFunc("POST /inject", s.inject)
	questions.HandleFunc("POST /certify", s.certify)
	questions.HandleFunc("GET /config", s.config)
	questions.HandleFunc("GET /ready", ready)
	group, serving := errgroup.WithContext(ctx)
	for address, handler := range map[string]http.Handler{injector: reviews, proxies: limitByAddress(questions)} {
		server := &http.Server{
			Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, MaxHeaderBytes: 64 << 10,
			ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
			TLSConfig: &tls.Config{
				MinVersion: tls.VersionTLS12, GetCertificate: certificates.get,
				ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: s.Authority.Pool(),
			},
		}
		group.Go(func() error {
			if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		group.Go(func() error {
			<-serving.Done()
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.Configs.Close()
			return server.Shutdown(ending)
		})
	}
	return group.Wait()
}

// A proxy asks once after each change, so one that asks more often than this is none. Addresses are the pods', of which a node
// has a thousand at most.
const (
	questionsPerSecond = 20
	questionsAtOnce    = 40
)

// limitByAddress keeps one pod from taking the time of all others.
func limitByAddress(next http.Handler) http.Handler {
	mutex, limits := sync.Mutex{}, map[string]flowcontrol.RateLimiter{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			address = r.RemoteAddr
		}
		mutex.Lock()
		limit, known := limits[address]
		if !known {
			limit = flowcontrol.NewTokenBucketRateLimiter(questionsPerSecond, questionsAtOnce)
			limits[address] = limit
		}
		mutex.Unlock()
		if !limit.TryAccept() {
			http.Error(w, "a pod may ask no more often", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
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
