// Package identity issues short-lived certificates to the mesh's proxies, for the ServiceAccounts that their tokens prove.
package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// clockSkew is how much clocks in the cluster may differ.
const clockSkew = 20 * time.Second

// Authority signs certificates. It is the mesh's trust anchor and its issuer in one.
type Authority struct {
	// Anchors are the certificates that everyone in the mesh trusts, as PEM.
	Anchors  []byte
	Lifetime time.Duration
	issuer   *x509.Certificate
	key      crypto.Signer
}

// NewMaterial makes a trust anchor, and gives its certificate and its key as PEM.
func NewMaterial() (certificate, key []byte, err error) {
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if key, err = keyutil.MarshalPrivateKeyToPEM(made); err != nil {
		return nil, nil, err
	}
	anchor, err := cert.NewSelfSignedCACert(cert.Config{CommonName: "root.linkerd.cluster.local"}, made)
	if err != nil {
		return nil, nil, err
	}
	return encode(anchor.Raw), key, nil
}

// Open reads what NewMaterial made.
func Open(certificate, key []byte, lifetime time.Duration) (*Authority, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("the issuer's certificate and key: %w", err)
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the issuer's key cannot sign")
	}
	return &Authority{Anchors: certificate, Lifetime: lifetime, issuer: pair.Leaf, key: signer}, nil
}

// Pool holds the anchors.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.issuer)
	return pool
}

// Sign issues a certificate for the names.
func (a *Authority) Sign(public crypto.PublicKey, now time.Time, names ...string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"linkerd-standin"}}, DNSNames: names,
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(a.Lifetime + clockSkew),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.issuer, public, a.key)
}

// SignRequest issues a certificate for the one name in a request, which must be the one that was proved, and gives it as PEM.
func (a *Authority) SignRequest(request []byte, proved string, now time.Time) ([]byte, error) {
	block, _ := pem.Decode(request)
	if block == nil {
		return nil, fmt.Errorf("the certificate request is no PEM")
	}
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, err
	}
	if err := parsed.CheckSignature(); err != nil {
		return nil, err
	}
	if len(parsed.DNSNames) != 1 || parsed.DNSNames[0] != proved {
		return nil, fmt.Errorf("the request is for %q, the token is for %q", parsed.DNSNames, proved)
	}
	signed, err := a.Sign(parsed.PublicKey, now, proved)
	return encode(signed), err
}

func encode(certificate []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: cert.CertificateBlockType, Bytes: certificate})
}
