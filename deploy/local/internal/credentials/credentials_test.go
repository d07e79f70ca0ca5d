package credentials

import (
	"crypto/x509"
	"os"
	"testing"

	"seaworthy/deploy/local/internal/layout"
)

func ensured(t *testing.T) layout.Layout {
	t.Helper()
	folder := layout.Layout{Dir: t.TempDir()}
	for path, mode := range folder.Folders() {
		if err := os.MkdirAll(path, os.FileMode(mode)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Ensure(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTheAPIServerIsTrustedUnderEveryNameClientsUse(t *testing.T) {
	folder := ensured(t)
	ca, _, err := readPair(folder, "ca")
	if err != nil {
		t.Fatal(err)
	}
	server, _, err := readPair(folder, "kube-apiserver")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, name := range []string{layout.NodeAddress, layout.KubernetesServiceAddress, "kubernetes.default.svc"} {
		if _, err := server.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheKubeletIsANode(t *testing.T) {
	kubelet, _, err := readPair(ensured(t), "kubelet")
	if err != nil {
		t.Fatal(err)
	}
	if kubelet.Subject.CommonName != "system:node:seaworthy" || kubelet.Subject.Organization[0] != "system:nodes" {
		t.Errorf("the node authorizer would not know %s", kubelet.Subject)
	}
}

func TestASecondStartKeepsKeysAndMakesUpForLostOnes(t *testing.T) {
	folder := ensured(t)
	read := func(name string) string {
		content, err := os.ReadFile(folder.Credential(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	tokens, admin := read("service-account.key"), read("admin.crt")
	if err := os.Remove(folder.Credential("kubelet.crt")); err != nil {
		t.Fatal(err)
	}
	if err := Ensure(folder); err != nil {
		t.Fatal(err)
	}
	if read("service-account.key") != tokens || read("admin.crt") != admin {
		t.Error("keys changed: running pods would lose their access")
	}
	if read("kubelet.crt") == "" {
		t.Error("the lost certificate was not made again")
	}
}

func TestTheAdminKubeconfigIsForItsOwnerAlone(t *testing.T) {
	folder := ensured(t)
	if err := WriteAdminKubeconfig(folder); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(folder.Kubeconfig())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
