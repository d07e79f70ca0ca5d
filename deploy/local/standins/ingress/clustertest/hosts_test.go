package clustertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"
)

// listener opens a port of its own for a test, which serves the Hosts with a label of the lab's alone.
func (l *lab) listener(port int, fields string) {
	l.Helper()
	l.apply(fmt.Sprintf(`{apiVersion: getambassador.io/v3alpha1, kind: Listener, metadata: {name: own},
		spec: {port: %d, securityModel: XFP, hostBinding: {namespace: {from: SELF}, selector: {matchLabels: {bound: here}}}, %s}}`, port, fields))
}

func (l *lab) hostObject(name, labels, fields string) {
	l.Helper()
	l.apply(fmt.Sprintf(`{apiVersion: getambassador.io/v3alpha1, kind: Host, metadata: {name: %s, labels: {%s}}, spec: {%s}}`, name, labels, fields))
}

// refused tells whether nothing listens on a port of the ingress.
func refused(t *testing.T, number int) bool {
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(pod(t), fmt.Sprint(number)), time.Second)
	if err == nil {
		connection.Close()
	}
	return err != nil
}

// The documentation of Listener: without one nothing is bound; one that no Host matches says so and is not bound either.
func TestAPortIsBoundWhileAListenerHasHosts(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("qotm", "prefix: /, service: qotm")
	const number = 9081
	if !refused(t, number) {
		t.Fatal("something listens before there is a Listener")
	}
	lab.listener(number, "protocol: HTTP")
	lab.awaitDiagnostics("errors", "own", "No matching Hosts/TCPMappings found, disabling!")
	if !refused(t, number) {
		t.Error("the port of a Listener without Hosts is bound")
	}
	lab.hostObject("here", "bound: here", `hostname: "HOST", requestPolicy: {insecure: {action: Route}}`)
	lab.awaitStatus(200, "/", onPort(t, number))
	lab.delete("Listener", "own")
	lab.await("the port is closed", func() error {
		if !refused(t, number) {
			return errorf("it is open")
		}
		return nil
	})
}

// The documentation of Host: without a policy insecure requests are redirected, to the same port; Reject has no route.
func TestInsecureRequestsAreRedirectedUnlessTheHostRoutesThem(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("qotm", "prefix: /qotm/, service: qotm")
	lab.hostObject("own", "bound: here", `hostname: "HOST"`)
	for _, edits := range [][]edit{nil, {header("X-Forwarded-Proto", "https")}} {
		got := lab.awaitStatus(301, "/qotm/a?q=1", append(edits, host(lab.host))...)
		if want := "https://" + lab.host + "/qotm/a?q=1"; got.header.Get("Location") != want {
			t.Errorf("it leads to %q", got.header.Get("Location"))
		}
	}
	if got := lab.request("/other/"); got.status != 404 {
		t.Errorf("a path without a Mapping answers %d", got.status)
	}
	lab.listener(9082, "protocol: HTTP, l7Depth: 1")
	lab.awaitStatus(200, "/qotm/", onPort(t, 9082), header("X-Forwarded-Proto", "https"), header("X-Forwarded-For", "192.0.2.1"))
	lab.hostObject("own", "bound: here", `hostname: "HOST", requestPolicy: {insecure: {action: Reject}}`)
	lab.awaitStatus(404, "/qotm/")
}

// The documentation of Host: exact beats glob, and a path known only to the wider Host is not looked for there.
func TestOnlyTheMostSpecificHostIsAsked(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("qotm", "prefix: /qotm/, service: qotm")
	lab.apply(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: wide}, spec: {hostname: "*.HOST", prefix: /wide/, service: qotm}}`)
	lab.awaitStatus(200, "/qotm/")
	lab.awaitStatus(200, "/wide/", host("a."+lab.host))
	lab.awaitStatus(404, "/wide/")
	lab.awaitStatus(404, "/qotm/", host(lab.host+":8080"))
	lab.hostObject("narrow", "", `hostname: "a.HOST", mappingSelector: {matchLabels: {for: narrow}}, requestPolicy: {insecure: {action: Route}}`)
	lab.awaitStatus(404, "/wide/", host("a."+lab.host))
	lab.awaitStatus(200, "/wide/", host("b."+lab.host))
}

// The documentation of Host: with a mappingSelector, labels and hostname must both match; a Mapping without hostname needs the labels.
func TestAHostTakesMappingsByLabelAndHostname(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.hostObject("own", "", `hostname: "HOST", mappingSelector: {matchLabels: {for: NAMESPACE}}, requestPolicy: {insecure: {action: Route}}`)
	for name, fields := range map[string]string{
		"both":    `labels: {for: NAMESPACE}}, spec: {hostname: "HOST", prefix: /both/, service: qotm`,
		"wrong":   `labels: {for: another}}, spec: {hostname: "HOST", prefix: /wrong/, service: qotm`,
		"label":   `labels: {for: NAMESPACE}}, spec: {prefix: /label/, service: qotm`,
		"neither": `labels: {}}, spec: {prefix: /neither/, service: qotm`,
	} {
		lab.apply(fmt.Sprintf(`{apiVersion: getambassador.io/v3alpha1, kind: Mapping, metadata: {name: %s, %s}}`, name, fields))
	}
	lab.awaitStatus(200, "/both/")
	lab.awaitStatus(200, "/label/")
	lab.awaitStatus(404, "/wrong/")
	lab.awaitStatus(404, "/neither/")
	lab.awaitDiagnostics("notices", "neither", "no Host takes this Mapping")
	lab.awaitState("neither", "Running", "it names no hostname")
	lab.awaitState("both", "Running", "")
}

// The documentation of Host: tlsSecret ends TLS for its hostname; a missing secret leaves the Host out.
func TestAHostEndsTLS(t *testing.T) {
	lab := newLab(t)
	lab.serve("qotm", &echo{name: "qotm"})
	lab.mapping("qotm", "prefix: /, service: qotm")
	lab.hostObject("secure", "", `hostname: "HOST", tlsSecret: {name: certificate}`)
	lab.awaitDiagnostics("errors", "secure", "invalid TLS secret certificate."+lab.namespace)
	certificate, key, roots := selfSigned(t, lab.host)
	lab.apply(fmt.Sprintf(`{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {name: certificate}, data: {tls.crt: %s, tls.key: %s}}`,
		base64.StdEncoding.EncodeToString(certificate), base64.StdEncoding.EncodeToString(key)))
	secure := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: lab.host},
	}}
	lab.await("the Host answers by TLS", func() error {
		request, err := http.NewRequest(http.MethodGet, "https://"+gateway+"/", nil)
		if err != nil {
			return err
		}
		request.Host = lab.host
		response, err := secure.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != 200 || response.TLS == nil {
			return errorf("it answers %s", response.Status)
		}
		return nil
	})
	if got := lab.awaitStatus(301, "/"); got.header.Get("Location") != "https://"+lab.host+"/" {
		t.Errorf("cleartext is led to %q", got.header.Get("Location"))
	}
}

func selfSigned(t *testing.T, name string) (certificate, key []byte, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	content, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: content}), roots
}
