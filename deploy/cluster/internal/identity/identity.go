// Package identity keeps the trust anchor of the mesh and the issuer that it signs, which Linkerd's chart wants to be given.
package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"seaworthy/deploy/cluster/internal/releases"
	"seaworthy/deploy/cluster/internal/tools"
)

const (
	secretName  = "seaworthy-trust-anchor"
	anchorName  = "root.linkerd.cluster.local"
	issuerName  = "identity.linkerd.cluster.local"
	anchorLives = 10 * 365 * 24 * time.Hour
	issuerLives = 365 * 24 * time.Hour
	// renewBefore is how long before its end an issuer is replaced; `linkerd check` warns at the same time.
	renewBefore = 60 * 24 * time.Hour
)

// Identity is what is kept: PEM blocks by the keys of a Secret.
type Identity struct {
	Anchor    string `json:"anchor.crt"`
	AnchorKey string `json:"anchor.key"`
	Issuer    string `json:"issuer.crt"`
	IssuerKey string `json:"issuer.key"`
}

// Ensure reads the identity of the cluster, makes what is missing or about to end, and keeps it there.
func Ensure(ctx context.Context, run tools.Run, namespace string, now time.Time) (*Identity, error) {
	kept, err := Find(ctx, run, namespace)
	if err != nil {
		return nil, err
	}
	current, err := renew(kept, now)
	if err != nil || (kept != nil && *kept == *current) {
		return current, err
	}
	secret := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "stringData": current,
		"metadata": map[string]any{
			"name": secretName, "namespace": namespace, "labels": map[string]string{releases.OwnerLabel: releases.Owner},
		},
	}
	content, err := json.Marshal(secret)
	if err != nil {
		return nil, err
	}
	_, err = run(ctx, content, "kubectl", "apply", "--server-side", "--force-conflicts",
		"--field-manager", "seaworthy-deploy-cluster", "--filename", "-")
	return current, err
}

// Find reads what is kept; nil for nothing.
func Find(ctx context.Context, run tools.Run, namespace string) (*Identity, error) {
	out, err := run(ctx, nil, "kubectl", "get", "secret", secretName, "--namespace", namespace, "--ignore-not-found",
		"--output", "json", "--request-timeout", "30s")
	if err != nil || strings.TrimSpace(string(out)) == "" {
		return nil, err
	}
	secret := struct{ Data map[string]string }{}
	if err := json.Unmarshal(out, &secret); err != nil {
		return nil, err
	}
	kept := &Identity{}
	for key, field := range map[string]*string{
		"anchor.crt": &kept.Anchor, "anchor.key": &kept.AnchorKey, "issuer.crt": &kept.Issuer, "issuer.key": &kept.IssuerKey,
	} {
		content, err := base64.StdEncoding.DecodeString(secret.Data[key])
		if err != nil {
			return nil, fmt.Errorf("the Secret %s/%s has no readable %s: %w", namespace, secretName, key, err)
		}
		*field = string(content)
	}
	return kept, nil
}

// Remove takes the Secret away.
func Remove(ctx context.Context, run tools.Run, namespace string) error {
	_, err := run(ctx, nil, "kubectl", "delete", "secret", "--namespace", namespace, "--ignore-not-found",
		"--field-selector", "metadata.name="+secretName, "--selector", releases.OwnerLabel+"="+releases.Owner)
	return err
}

// Values are those of the control plane's chart.
func (i *Identity) Values() ([]byte, error) {
	tls := map[string]string{"crtPEM": i.Issuer, "keyPEM": i.IssuerKey}
	return yaml.Marshal(map[string]any{
		"identityTrustAnchorsPEM": i.Anchor,
		"identity":                map[string]any{"issuer": map[string]any{"tls": tls}},
	})
}

func renew(kept *Identity, now time.Time) (*Identity, error) {
	if kept == nil {
		anchorKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		template := authority(anchorName, now, anchorLives, 1)
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, anchorKey.Public(), anchorKey)
		if err != nil {
			return nil, err
		}
		key, err := encodeKey(anchorKey)
		if err != nil {
			return nil, err
		}
		kept = &Identity{Anchor: encode("CERTIFICATE", certificate), AnchorKey: key}
	}
	if issuer, err := parse(kept.Issuer); err == nil && now.Add(renewBefore).Before(issuer.NotAfter) {
		return kept, nil
	}
	return kept.issue(now)
}

// issue signs a new issuer with the kept anchor, so that what trusts the anchor goes on.
func (i *Identity) issue(now time.Time) (*Identity, error) {
	anchor, err := parse(i.Anchor)
	if err != nil {
		return nil, fmt.Errorf("the kept trust anchor cannot be read: %w", err)
	}
	block, _ := pem.Decode([]byte(i.AnchorKey))
	if block == nil {
		return nil, errors.New("the kept trust anchor has no key")
	}
	anchorKey, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the key of the kept trust anchor cannot be read: %w", err)
	}
	issuerKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.CreateCertificate(rand.Reader, authority(issuerName, now, issuerLives, 0), anchor, issuerKey.Public(), crypto.Signer(anchorKey))
	if err != nil {
		return nil, err
	}
	key, err := encodeKey(issuerKey)
	if err != nil {
		return nil, err
	}
	return &Identity{Anchor: i.Anchor, AnchorKey: i.AnchorKey, Issuer: encode("CERTIFICATE", certificate), IssuerKey: key}, nil
}

func authority(name string, now time.Time, lives time.Duration, below int) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: now.Add(-time.Minute), NotAfter: now.Add(lives), IsCA: true, BasicConstraintsValid: true,
		MaxPathLen: below, MaxPathLenZero: below == 0, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func parse(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("it is no PEM block")
	}
	return x509.ParseCertificate(block.Bytes)
}

func encode(kind string, content []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
}

func encodeKey(key *ecdsa.PrivateKey) (string, error) {
	content, err := x509.MarshalECPrivateKey(key)
	return encode("EC PRIVATE KEY", content), err
}
