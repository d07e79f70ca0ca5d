package identity

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

func TestTheIssuerIsSignedByTheAnchorAndRenewedBeforeItEnds(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	made, err := renew(nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tls.X509KeyPair([]byte(made.Issuer), []byte(made.IssuerKey)); err != nil {
		t.Errorf("the issuer's key is not its own: %v", err)
	}
	verify := func(identity *Identity, at time.Time) error {
		issuer, err := parse(identity.Issuer)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM([]byte(made.Anchor))
		_, err = issuer.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: at})
		return err
	}
	if err := verify(made, now); err != nil {
		t.Error(err)
	}
	same, err := renew(made, now.Add(200*24*time.Hour))
	if err != nil || *same != *made {
		t.Errorf("an issuer that still holds was replaced: %v", err)
	}
	later := now.Add(330 * 24 * time.Hour)
	renewed, err := renew(made, later)
	if err != nil || renewed.Issuer == made.Issuer || renewed.Anchor != made.Anchor {
		t.Fatalf("an issuer about to end was kept, or the anchor changed: %v", err)
	}
	if err := verify(renewed, later); err != nil {
		t.Error(err)
	}
	values, err := renewed.Values()
	if err != nil || !strings.Contains(string(values), "identityTrustAnchorsPEM") || strings.Contains(string(values), made.AnchorKey) {
		t.Errorf("the values hold the anchor's key, or not the anchor: %v", err)
	}
}
