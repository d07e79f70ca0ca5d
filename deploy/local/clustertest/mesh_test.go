package clustertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func identity(account, namespace string) string {
	return account + "." + namespace + ".serviceaccount.identity.linkerd.cluster.local"
}

// certify asks the mesh for a certificate of an identity, and gives the status with the certificate or what was said.
func certify(t *testing.T, token, claimed string) (int, *tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{claimed}}, key)
	if err != nil {
		t.Fatal(err)
	}
	body := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})
	status, content := askMesh(t, http.MethodPost, "/certify", nil, token, body)
	block, _ := pem.Decode([]byte(content))
	if block == nil {
		return status, nil, content
	}
	return status, &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}, content
}

// askMesh asks the mesh's control plane as a proxy does.
func askMesh(t *testing.T, method, path string, certificate *tls.Certificate, token string, body []byte) (int, string) {
	t.Helper()
	settings := &tls.Config{InsecureSkipVerify: true}
	if certificate != nil {
		settings.Certificates = []tls.Certificate{*certificate}
	}
	request, err := http.NewRequest(method, "https://"+serviceAddress(t, "linkerd", "linkerd-identity")+":8080"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := (&http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{TLSClientConfig: settings, DisableKeepAlives: true}}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}

func TestNobodyTakesTheMeshIdentityOfAnother(t *testing.T) {
	own, other := newLab(t), newLab(t)
	own.deploy("qotm", 1000, "")
	other.deploy("qotm", 1000, "")
	token := func(audience string) string {
		return kubectl(t, "-n", own.namespace, "create", "token", "client", "--audience", audience)
	}
	const audience = "identity.l5d.io"
	for _, claimed := range []string{identity("client", other.namespace), identity("default", own.namespace), identity("linkerd-identity", "linkerd"), "*", ""} {
		if status, _, said := certify(t, token(audience), claimed); status != http.StatusForbidden {
			t.Errorf("a certificate for %q: %d %s", claimed, status, said)
		}
	}
	if status, _, said := certify(t, token("https://kubernetes.default.svc"), identity("client", own.namespace)); status != http.StatusUnauthorized {
		t.Errorf("a token for something else: %d %s", status, said)
	}
	status, certificate, said := certify(t, token(audience), identity("client", own.namespace))
	if status != http.StatusOK {
		t.Fatalf("the own identity: %d %s", status, said)
	}
	pod := func(of lab) string {
		return of.namespace + "/" + kubectl(t, "-n", of.namespace, "get", "pods", "-l", "app=qotm", "-o", "jsonpath={.items[0].metadata.name}")
	}
	status, config := askMesh(t, http.MethodGet, "/config?pod="+pod(own), certificate, "", nil)
	if status != http.StatusOK || !strings.Contains(config, "qotm."+own.namespace) || strings.Contains(config, other.namespace) {
		t.Errorf("the own configuration: %d, and it speaks of the other's Services: %t", status, strings.Contains(config, other.namespace))
	}
	for path, want := range map[string]int{"/config?pod=" + pod(other): http.StatusNotFound, "/config?pod=" + pod(own) + "/../": http.StatusNotFound, "/inject": http.StatusNotFound} {
		if status, said := askMesh(t, http.MethodGet, path, certificate, "", nil); status != want {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
}

func TestAFloodOfQuestionsIsOnePodsAlone(t *testing.T) {
	own, other := newLab(t), newLab(t)
	own.deploy("toolbox", 1000, "linkerd.io/inject: disabled")
	own.answers("toolbox", "-X POST https://linkerd-identity.linkerd:8080/certify", "401")
	// Over a few connections that are kept, so that they are many a second on a slow machine too.
	flood := `for i in $(seq 4); do curl -sk -o /dev/null -w '%{http_code}\n' -X POST -H 'Authorization: Bearer none' "https://linkerd-identity.linkerd:8080/certify?[1-200]" & done; wait`
	counts := map[string]int{}
	for _, status := range strings.Fields(own.shell("toolbox", flood)) {
		counts[status]++
	}
	if counts["429"] == 0 || counts["401"] == 0 {
		t.Errorf("the answers to a flood: %v", counts)
	}
	// A proxy that starts meanwhile has its certificate and its configuration.
	other.deploy("qotm", 1000, "")
}

func TestNobodyPassesAProxyByAndNoPolicyHoldsBeyondItsNamespace(t *testing.T) {
	own, other := newLab(t), newLab(t)
	other.deploy("qotm", 1000, "config.linkerd.io/default-inbound-policy: all-authenticated")
	// As one whose traffic leaves without a proxy; a meshed pod gets no container of the proxy's user.
	other.deploy("toolbox", 2102, "linkerd.io/inject: disabled")
	other.answers("toolbox", "http://qotm/", "403")
	address := other.podAddress("qotm")
	other.answers("toolbox", "http://"+address+":8080/", "403")
	for _, direct := range []string{"http://" + address + ":4143/", "https://" + address + ":4143/", "http://" + address + ":4190/"} {
		if got := other.status("toolbox", direct); got != "000" {
			t.Errorf("%s answers %s", direct, got)
		}
	}
	// That one is led to the inbound port as any other, and refused there.
	other.answers("toolbox", "http://"+address+":4140/", "403")
	// A cluster that the platform has set up refuses what names another namespace; the mesh itself lets it reach no further.
	foreign := fmt.Sprintf(`{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: everyone},
		spec: {targetRef: {kind: Namespace, name: %s}, requiredAuthenticationRefs: []}}`, other.namespace)
	if err := own.tryApply(foreign); err != nil && !strings.Contains(err.Error(), "'seaworthy-mesh'") {
		t.Error(err)
	}
	own.apply(`{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {name: everyone}, spec: {identities: ["*"]}}
---
{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: qotm}, spec: {podSelector: {}, port: 8080, accessPolicy: all-unauthenticated}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: server}, spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: qotm},
	requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: everyone}]}}`)
	own.deploy("qotm", 1000, "config.linkerd.io/default-inbound-policy: all-authenticated")
	own.deploy("toolbox", 1000, "linkerd.io/inject: disabled")
	// Once the own ones hold, the other namespace's proxies have been told of them if they ever are.
	own.answers("toolbox", "http://qotm/", "200")
	other.refused("http://qotm/", "with another namespace's policies")
	// Whoever is meshed is let in by *, whoever is not is not.
	other.apply(`{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: qotm}, spec: {podSelector: {matchLabels: {app: qotm}}, port: http}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: MeshTLSAuthentication, metadata: {name: everyone}, spec: {identities: ["*"]}}
---
{apiVersion: policy.linkerd.io/v1alpha1, kind: AuthorizationPolicy, metadata: {name: everyone}, spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: qotm},
	requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: MeshTLSAuthentication, name: everyone}]}}`)
	other.refused("http://qotm/", "an unmeshed request with a policy for *")
}

// refused asks for a while from the toolbox and gets 403 each time; no answer at all, as from a busy machine, is none.
func (l lab) refused(url, what string) {
	l.Helper()
	answered := 0
	for begun := time.Now(); time.Since(begun) < 3*time.Second || answered == 0; time.Sleep(250 * time.Millisecond) {
		switch got := l.status("toolbox", url); {
		case got == "403":
			answered++
		case got != "000":
			l.Errorf("%s: %s", what, got)
			return
		case time.Since(begun) > patience:
			l.Errorf("%s: no answer", what)
			return
		}
	}
}

func TestAPodThatImitatesAProxyIsRefused(t *testing.T) {
	own := newLab(t)
	for _, place := range []string{
		"containers: [{name: linkerd-proxy, %s}]", "initContainers: [{name: linkerd-proxy, restartPolicy: Always, %s}], containers: [{name: main, %[1]s}]",
	} {
		container := `image: "seaworthy.local/toolbox:1", resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}},
			securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}`
		err := own.tryApply(fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {linkerd.io/control-plane-ns: linkerd}}, spec: {
			automountServiceAccountToken: false, terminationGracePeriodSeconds: 2, securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}, `+place+`}}`, container))
		if err == nil || !strings.Contains(err.Error(), "brings no container linkerd-proxy of its own") {
			t.Errorf("%s: the API says %v", place, err)
		}
	}
}
