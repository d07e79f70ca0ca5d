package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"k8s.io/client-go/util/cert"
)

func authority(t *testing.T) *Authority {
	t.Helper()
	certificate, key, err := NewMaterial()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := Open(certificate, key, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func request(t *testing.T, names ...string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: names}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func TestACertificateIsForTheProvedIdentityAndEndsSoon(t *testing.T) {
	own, now := authority(t), time.Now()
	signed, err := own.SignRequest(request(t, "web.shop"), "web.shop", now)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := cert.ParseCertsPEM(signed)
	if err != nil || len(chain) != 1 {
		t.Fatalf("%d certificates, %v", len(chain), err)
	}
	leaf := chain[0]
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "web.shop", Roots: own.Pool()}); err != nil {
		t.Error(err)
	}
	if lasts := leaf.NotAfter.Sub(now); lasts > time.Hour+clockSkew || leaf.IsCA {
		t.Errorf("lasts %s, authority %v", lasts, leaf.IsCA)
	}
}

func TestAnotherNameThanTheProvedOneIsRefused(t *testing.T) {
	own := authority(t)
	for _, names := range [][]string{{"other.shop"}, {"web.shop", "other.shop"}, {}} {
		if _, err := own.SignRequest(request(t, names...), "web.shop", time.Now()); err == nil {
			t.Errorf("%v was signed", names)
		}
	}
	if _, err := own.SignRequest([]byte("hello"), "web.shop", time.Now()); err == nil {
		t.Error("what is no request was signed")
	}
}
