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
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

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
	envoy    *discovery
	// client speaks to the control plane, and shows the pod's certificate once there is one.
	client    *http.Client
	current   atomic.Pointer[tls.Certificate]
	refreshes atomic.Int64
}

// newIdentity has no certificate yet.
func newIdentity(settings Settings, envoy *discovery) (*Identity, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(settings.Anchors)) {
		return nil, fmt.Errorf("LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS holds no certificate")
	}
	made := &Identity{settings: settings, envoy: envoy}
	made.current.Store(&tls.Certificate{})
	made.client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout: dialTimeout,
		// A connection that was made without a certificate must not serve a question that needs one.
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			RootCAs: roots, MinVersion: tls.VersionTLS13,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return made.current.Load(), nil },
		},
	}}
	return made, nil
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
	private, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return 0, err
	}
	csr, err := cert.MakeCSR(key, &pkix.Name{}, []string{claimed}, nil)
	if err != nil {
		return 0, err
	}
	signed, err := i.certify(ctx, bytes.TrimSpace(token), csr)
	if err != nil {
		return 0, err
	}
	pair, err := tls.X509KeyPair(signed, private)
	if err != nil {
		return 0, err
	}
	content, err := json.Marshal([]map[string]any{{
		"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", "name": "identity",
		"tls_certificate": map[string]any{
			"certificate_chain": map[string]any{"inline_string": string(signed)},
			"private_key":       map[string]any{"inline_string": string(private)},
		},
	}})
	if err != nil {
		return 0, err
	}
	i.envoy.set(proxyapi.IdentitySecret, content)
	i.current.Store(&pair)
	i.refreshes.Add(1)
	slog.Info("certificate issued", "identity", claimed, "expires", pair.Leaf.NotAfter)
	return time.Until(pair.Leaf.NotAfter), nil
}

// claimedIdentity reads from a token whose it is; the control plane proves it.
func claimedIdentity(token []byte) (string, error) {
	claims := struct {
		Subject string `json:"sub"`
	}{}
	parts := bytes.Split(bytes.TrimSpace(token), []byte("."))
	if len(parts) != 3 {
		return "", fmt.Errorf("%s holds no token", names.TokenFile)
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", err
	}
	return names.AccountIdentity(claims.Subject)
}

func (i *Identity) certify(ctx context.Context, token, csr []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+i.settings.ControlPlane+"/certify", bytes.NewReader(csr))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := i.client.Do(request)
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
