// Package agent runs a pod's Envoy: it fetches the pod's certificate and Envoy's configuration from the control plane, counts
// what Envoy reports, and answers at the proxy's admin port.
package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"seaworthy/deploy/local/standins/mesh/internal/identity"
	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

const (
	// renewAt is the part of a certificate's life after which it is renewed.
	renewAt     = 0.7
	minRenewal  = 10 * time.Second
	maxRenewal  = 24 * time.Hour
	dialTimeout = 5 * time.Second
)

// Settings are those that the injector writes into the proxy's environment.
type Settings struct {
	Pod, Namespace, IP string
	Anchors            string
	ControlPlane       string
}

// Identity is the pod's key and certificate.
type Identity struct {
	settings Settings
	roots    *x509.CertPool
	envoy    *discovery

	mutex     sync.Mutex
	current   *tls.Certificate
	expires   time.Time
	refreshes int
}

// newIdentity has no certificate yet.
func newIdentity(settings Settings, envoy *discovery) (*Identity, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(settings.Anchors)) {
		return nil, fmt.Errorf("LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS holds no certificate")
	}
	return &Identity{settings: settings, roots: roots, envoy: envoy}, nil
}

// State is when the certificate ends, and how often there was a new one.
func (i *Identity) State() (expires time.Time, refreshes int) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.expires, i.refreshes
}

// Client speaks to the control plane, and shows the pod's certificate once there is one.
func (i *Identity) Client(timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		IdleConnTimeout:     time.Minute,
		TLSClientConfig: &tls.Config{
			RootCAs: i.roots, MinVersion: tls.VersionTLS13,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				i.mutex.Lock()
				defer i.mutex.Unlock()
				if i.current == nil {
					return &tls.Certificate{}, nil
				}
				return i.current, nil
			},
		},
	}}
}

// Keep gets a certificate and renews it until the context ends. The first one is told through ready.
func (i *Identity) Keep(ctx context.Context, ready chan<- struct{}) {
	wait := time.Duration(0)
	for failures := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		lifetime, err := i.refresh(ctx)
		if err != nil {
			failures++
			wait = min(time.Duration(failures)*time.Second, 10*time.Second)
			slog.Error("certificate not issued", "control_plane", i.settings.ControlPlane, "error", err, "hint", hint(err))
			continue
		}
		if failures = 0; ready != nil {
			close(ready)
			ready = nil
		}
		wait = min(max(time.Duration(float64(lifetime)*renewAt), minRenewal), maxRenewal)
	}
}

// hint says what is probably wrong where the control plane cannot be reached.
func hint(err error) string {
	if network, ok := err.(net.Error); ok && network != nil {
		return "network policies of the pod's namespace must allow egress to namespace linkerd, TCP port 8443, and to the cluster's DNS"
	}
	return ""
}

// refresh has a new key certified and gives it to Envoy.
func (i *Identity) refresh(ctx context.Context) (lifetime time.Duration, err error) {
	token, err := os.ReadFile(names.TokenFile)
	if err != nil {
		return 0, err
	}
	claimed, err := claimedIdentity(token)
	if err != nil {
		return 0, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return 0, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{claimed}}, key)
	if err != nil {
		return 0, err
	}
	signed, err := i.certify(ctx, bytes.TrimSpace(token), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr}))
	if err != nil {
		return 0, err
	}
	chain, err := identity.Chain(signed)
	if err != nil {
		return 0, err
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return 0, err
	}
	content, err := secret(signed, key)
	if err != nil {
		return 0, err
	}
	i.envoy.set(proxyapi.IdentitySecret, content)
	i.mutex.Lock()
	i.current, i.expires = &tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf}, leaf.NotAfter
	i.refreshes++
	i.mutex.Unlock()
	slog.Info("certificate issued", "identity", claimed, "expires", leaf.NotAfter)
	return time.Until(leaf.NotAfter), nil
}

func (i *Identity) certify(ctx context.Context, token, csr []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+i.settings.ControlPlane+"/certify", bytes.NewReader(csr))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	client := i.Client(15 * time.Second)
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the control plane answered %s: %s", answer.Status, bytes.TrimSpace(content))
	}
	return content, err
}

// secret is the key and the certificates as Envoy reads them.
func secret(chain []byte, key *ecdsa.PrivateKey) (json.RawMessage, error) {
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
	return json.Marshal([]map[string]any{{
		"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "name": "identity",
		"tls_certificate": map[string]any{
			"certificate_chain": map[string]any{"inline_string": string(chain)},
			"private_key":       map[string]any{"inline_string": string(private)},
		},
	}})
}
