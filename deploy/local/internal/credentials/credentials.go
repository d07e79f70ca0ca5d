package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"

	"seaworthy/deploy/local/internal/layout"
)

// clients are the users that components act as, by the name of their certificate's files.
var clients = map[string]subject{
	"admin":                   {name: "seaworthy-admin", organizations: []string{"system:masters"}},
	"kube-controller-manager": {name: "system:kube-controller-manager"},
	"kube-scheduler":          {name: "system:kube-scheduler"},
	"kube-proxy":              {name: "system:kube-proxy"},
	// Its rights are in the manifest network-policy.yaml.
	"network-policy-controller": {name: "seaworthy-network-policy-controller"},
	"kubelet-client":            {name: "seaworthy-apiserver", organizations: []string{"system:masters"}},
}

// Ensure writes every certificate, key and kubeconfig that is missing.
func Ensure(folder layout.Layout) error {
	ca, err := openAuthority(folder)
	if err != nil {
		return err
	}
	if err := ca.issue(folder, "etcd", subject{name: "etcd", hosts: []string{"127.0.0.1", "localhost"}}); err != nil {
		return err
	}
	if err := ca.issue(folder, "kube-apiserver", subject{name: "kube-apiserver", hosts: apiServerNames()}); err != nil {
		return err
	}
	node := subject{
		name:          "system:node:" + layout.NodeName,
		organizations: []string{"system:nodes"},
		hosts:         []string{layout.NodeAddress, layout.NodeName},
	}
	if err := ca.issue(folder, "kubelet", node); err != nil {
		return err
	}
	for file, who := range clients {
		if err := ca.issue(folder, file, who); err != nil {
			return err
		}
	}
	for _, file := range []string{"kube-controller-manager", "kube-scheduler", "kube-proxy", "network-policy-controller", "kubelet"} {
		if err := writeKubeconfig(folder, folder.Credential(file+".kubeconfig"), file); err != nil {
			return err
		}
	}
	return ensureServiceAccountKey(folder)
}

// WriteAdminKubeconfig opens the cluster to the person at this machine.
func WriteAdminKubeconfig(folder layout.Layout) error {
	return writeKubeconfig(folder, folder.Kubeconfig(), "admin")
}

func apiServerNames() []string {
	return []string{
		layout.NodeAddress, layout.KubernetesServiceAddress, "127.0.0.1", "localhost", "kubernetes",
		"kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + layout.ClusterDomain,
	}
}

// ensureServiceAccountKey makes the key that signs pods' tokens. It must outlive restarts, or every token would be void.
func ensureServiceAccountKey(folder layout.Layout) error {
	private, public := folder.Credential("service-account.key"), folder.Credential("service-account.pub")
	if _, err := os.Stat(public); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	keyBytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	publicBytes, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writeBlock(private, "EC PRIVATE KEY", keyBytes); err != nil {
		return err
	}
	return writeBlock(public, "PUBLIC KEY", publicBytes)
}

// writeKubeconfig puts the certificates into the file itself, so that it can be copied elsewhere.
func writeKubeconfig(folder layout.Layout, path, file string) error {
	var encoded [3]string
	for at, name := range []string{"ca.crt", file + ".crt", file + ".key"} {
		content, err := os.ReadFile(folder.Credential(name))
		if err != nil {
			return err
		}
		encoded[at] = base64.StdEncoding.EncodeToString(content)
	}
	content := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
  - name: seaworthy
    cluster:
      server: %s
      certificate-authority-data: %s
users:
  - name: %s
    user:
      client-certificate-data: %s
      client-key-data: %s
contexts:
  - name: seaworthy
    context: { cluster: seaworthy, user: %s }
current-context: seaworthy
`, layout.APIServerURL(), encoded[0], file, encoded[1], encoded[2], file)
	return layout.WriteFile(path, []byte(content), 0o600)
}
