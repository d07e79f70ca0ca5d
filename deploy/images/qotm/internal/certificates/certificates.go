// Package certificates makes the certificates with which the services know each other. Their authority is derived from a secret
// that all of them are given, so that no file has to be passed around; a real system has an authority of its own for that.
package certificates

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"time"
)

// Authority signs certificates, and is what clients trust.
type Authority struct {
	key         ed25519.PrivateKey
	certificate *x509.Certificate
}

// validity is that of a service's certificate, expired or not.
const validity = 90 * 24 * time.Hour

// Derive makes the authority of a secret: the same one in every process.
func Derive(secret string) (*Authority, error) {
	seed := sha256.Sum256([]byte("quote of the moment, certificate authority\n" + secret))
	key := ed25519.NewKeyFromSeed(seed[:])
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "quote of the moment: authority"},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return &Authority{key: key, certificate: certificate}, err
}

// Pool is what a client trusts.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Issue makes a certificate for these names. It ends 90 days after now, or ended an hour before.
func (a *Authority) Issue(names []string, now time.Time, expired bool) (*tls.Certificate, error) {
	end := now.Add(validity)
	if expired {
		end = now.Add(-time.Hour)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:    end.Add(-validity - time.Hour),
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(raw)
	return &tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: private, Leaf: leaf}, err
}

// Names are those by which a Service of Kubernetes is addressed.
func Names(service, namespace string) []string {
	names := []string{service, "localhost"}
	if namespace != "" {
		inNamespace := service + "." + namespace
		names = append(names, inNamespace, inNamespace+".svc", inNamespace+".svc.cluster.local")
	}
	return names
}
