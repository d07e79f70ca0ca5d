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
)

// clockSkew is how much clocks in the cluster may differ.
const clockSkew = 20 * time.Second

const authorityLifetime = 365 * 24 * time.Hour

// Material is what the authority keeps in the cluster: the anchor's certificate, the issuer's certificate and key, as PEM.
type Material struct{ Anchors, Issuer, Key []byte }

// Authority signs certificates. The anchor's own key is thrown away once it has signed the issuer.
type Authority struct {
	Anchors   []byte
	Lifetime  time.Duration
	issuer    *x509.Certificate
	issuerPEM []byte
	key       crypto.Signer
}

// NewMaterial makes an anchor and an issuer.
func NewMaterial(now time.Time) (Material, error) {
	anchorKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Material{}, err
	}
	anchor, err := authorityTemplate("root.linkerd.cluster.local", now)
	if err != nil {
		return Material{}, err
	}
	anchorDER, err := x509.CreateCertificate(rand.Reader, anchor, anchor, anchorKey.Public(), anchorKey)
	if err != nil {
		return Material{}, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Material{}, err
	}
	issuer, err := authorityTemplate("identity.linkerd.cluster.local", now)
	if err != nil {
		return Material{}, err
	}
	issuer.MaxPathLenZero = true
	issuerDER, err := x509.CreateCertificate(rand.Reader, issuer, anchor, key.Public(), anchorKey)
	if err != nil {
		return Material{}, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Material{}, err
	}
	return Material{Anchors: encode("CERTIFICATE", anchorDER), Issuer: encode("CERTIFICATE", issuerDER), Key: encode("PRIVATE KEY", encoded)}, nil
}

func authorityTemplate(name string, now time.Time) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(authorityLifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true,
	}, err
}

// Open reads what NewMaterial made.
func Open(material Material, lifetime time.Duration) (*Authority, error) {
	pair, err := tls.X509KeyPair(material.Issuer, material.Key)
	if err != nil {
		return nil, fmt.Errorf("the issuer's certificate and key: %w", err)
	}
	issuer, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return nil, err
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the issuer's key cannot sign")
	}
	return &Authority{Anchors: material.Anchors, Lifetime: lifetime, issuer: issuer, issuerPEM: material.Issuer, key: key}, nil
}

// Expires is when the issuer can sign no longer.
func (a *Authority) Expires() time.Time { return a.issuer.NotAfter }

// Pool holds the anchors.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.Anchors)
	return pool
}

// Sign issues a certificate for the names and gives it as PEM, with the issuer's after it.
func (a *Authority) Sign(public crypto.PublicKey, now time.Time, names ...string) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	leaf := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(a.Lifetime + clockSkew),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if leaf.NotAfter.After(a.issuer.NotAfter) {
		leaf.NotAfter = a.issuer.NotAfter
	}
	if len(names[0]) > 64 {
		leaf.Subject.CommonName = ""
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, a.issuer, public, a.key)
	if err != nil {
		return nil, err
	}
	return append(encode("CERTIFICATE", signed), a.issuerPEM...), nil
}

// SignRequest issues a certificate for the one name in a request, which must be the one that was proved.
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
	return a.Sign(parsed.PublicKey, now, proved)
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Chain reads the certificates of a PEM, in their order.
func Chain(encoded []byte) ([][]byte, error) {
	var chain [][]byte
	for block, rest := pem.Decode(encoded); block != nil; block, rest = pem.Decode(rest) {
		chain = append(chain, block.Bytes)
	}
	if len(chain) == 0 {
		return nil, fmt.Errorf("there is no certificate in the answer")
	}
	return chain, nil
}
