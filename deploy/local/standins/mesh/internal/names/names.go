// Package names holds the names, ports and defaults by which Linkerd's documentation speaks of a mesh.
package names

import (
	"fmt"
	"strings"
)

// Namespaces and the names of what is injected.
const (
	ControlPlaneNamespace = "linkerd"
	ProxyContainer        = "linkerd-proxy"
	InitContainer         = "linkerd-init"
	TokenAudience         = "identity.l5d.io"
	TokenFile             = "/var/run/secrets/tokens/linkerd-identity-token"
	IdentityFolder        = "/var/run/linkerd/identity/end-entity"
	Version               = "standin-1"
)

// Ports of the proxy and the user that its traffic is told by.
const (
	InboundPort  = 4143
	OutboundPort = 4140
	ControlPort  = 4190
	AdminPort    = 4191
	ProxyUser    = 2102
)

// Labels and annotations.
const (
	Inject            = "linkerd.io/inject"
	ControlPlaneLabel = "linkerd.io/control-plane-ns"
	WorkloadLabel     = "linkerd.io/workload-ns"
	OwnerLabelPrefix  = "linkerd.io/proxy-"
	ConfigPrefix      = "config.linkerd.io/"

	DefaultInboundPolicy = ConfigPrefix + "default-inbound-policy"
)

// identitySuffix ends every workload's identity.
const identitySuffix = ".serviceaccount.identity." + ControlPlaneNamespace + ".cluster.local"

// Identity is the DNS name in the certificate of a ServiceAccount's pods.
func Identity(account, namespace string) string {
	if account == "" {
		account = "default"
	}
	return account + "." + namespace + identitySuffix
}

// AccountIdentity is the identity of the ServiceAccount that the API knows as this user.
func AccountIdentity(user string) (string, error) {
	own, isAccount := strings.CutPrefix(user, "system:serviceaccount:")
	namespace, account, ok := strings.Cut(own, ":")
	if !isAccount || !ok {
		return "", fmt.Errorf("%q is no ServiceAccount", user)
	}
	return Identity(account, namespace), nil
}
