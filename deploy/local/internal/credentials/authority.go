// Package credentials makes the cluster's certificates and kubeconfigs, all signed by one authority of its own.
package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"

	"seaworthy/deploy/local/internal/layout"
)

// validity is how long certificates hold; a cluster that is brought up again after it gets new ones.
const validity = 10 * 365 * 24 * time.Hour

// authority signs the cluster's certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// subject is who a certificate names and where it may be served.
type subject struct {
	name          string
	organizations []string
	hosts         []string
}

// openAuthority reads the authority in the folder, or creates it.
func openAuthority(folder layout.Layout) (*authority, error) {
	certificate, key, err := readPair(folder, "ca")
	if err == nil {
		return &authority{certificate: certificate, key: key}, nil
	}
	if !os.IsNotExist(err) {
		return nil, err
	}
	key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificateTemplate(subject{name: "seaworthy-cluster"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	if err := writePair(folder, "ca", der, key); err != nil {
		return nil, err
	}
	certificate, err = x509.ParseCertificate(der)
	return &authority{certificate: certificate, key: key}, err
}

// issue writes a certificate and its key, unless the folder has a sound one of this authority already.
func (a *authority) issue(folder layout.Layout, file string, who subject) error {
	if existing, _, err := readPair(folder, file); err == nil && existing.CheckSignatureFrom(a.certificate) == nil &&
		time.Now().Before(existing.NotAfter.Add(-30*24*time.Hour)) {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := certificateTemplate(who)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	return writePair(folder, file, der, key)
}

func certificateTemplate(who subject) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		serial = big.NewInt(time.Now().UnixNano())
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: who.name, Organization: who.organizations},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	for _, host := range who.hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}

func readPair(folder layout.Layout, file string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certificateBytes, err := readBlock(folder.Credential(file + ".crt"))
	if err != nil {
		return nil, nil, err
	}
	keyBytes, err := readBlock(folder.Credential(file + ".key"))
	if err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(certificateBytes)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyBytes)
	return certificate, key, err
}

func readBlock(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}

// writePair writes the key first: a certificate without its key would be taken for a sound pair.
func writePair(folder layout.Layout, file string, certificate []byte, key *ecdsa.PrivateKey) error {
	keyBytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := writeBlock(folder.Credential(file+".key"), "EC PRIVATE KEY", keyBytes); err != nil {
		return err
	}
	return writeBlock(folder.Credential(file+".crt"), "CERTIFICATE", certificate)
}

func writeBlock(path, kind string, content []byte) error {
	return layout.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}
