// Package names holds the names, ports and defaults by which Linkerd's documentation speaks of a mesh.
package names

import (
	"strconv"
	"strings"
)

// Namespaces and the names of what is injected.
const (
	ControlPlaneNamespace = "linkerd"
	ProxyContainer        = "linkerd-proxy"
	InitContainer         = "linkerd-init"
	ValidatorContainer    = "linkerd-network-validator"
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

	SkipInboundPorts     = ConfigPrefix + "skip-inbound-ports"
	SkipOutboundPorts    = ConfigPrefix + "skip-outbound-ports"
	SkipSubnets          = ConfigPrefix + "skip-subnets"
	OpaquePorts          = ConfigPrefix + "opaque-ports"
	DefaultInboundPolicy = ConfigPrefix + "default-inbound-policy"
)

// DefaultOpaquePorts are those of protocols in which the server speaks first.
const DefaultOpaquePorts = "25,587,3306,4444,5432,6379,9300,11211"

// identitySuffix ends every workload's identity.
const identitySuffix = ".serviceaccount.identity." + ControlPlaneNamespace + ".cluster.local"

// Identity is the DNS name in the certificate of a ServiceAccount's pods.
func Identity(account, namespace string) string {
	if account == "" {
		account = "default"
	}
	return account + "." + namespace + identitySuffix
}

// ParseIdentity gives the ServiceAccount and namespace of an identity.
func ParseIdentity(identity string) (account, namespace string, ok bool) {
	short, found := strings.CutSuffix(identity, identitySuffix)
	if !found {
		return "", "", false
	}
	return strings.Cut(short, ".")
}

// Ports is a set of port numbers.
type Ports []Range

// Range is a run of ports, both ends included.
type Range struct{ First, Last int }

// ParsePorts reads a list as the annotations hold it: numbers and ranges with commas between. Names are looked up.
func ParsePorts(list string, lookup map[string]int) (Ports, error) {
	var ports Ports
	for _, entry := range strings.Split(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if number, ok := lookup[entry]; ok {
			ports = append(ports, Range{number, number})
			continue
		}
		first, last, isRange := strings.Cut(entry, "-")
		if !isRange {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 16)
		if err != nil {
			return nil, &PortError{entry}
		}
		to, err := strconv.ParseUint(last, 10, 16)
		if err != nil || to < from {
			return nil, &PortError{entry}
		}
		ports = append(ports, Range{int(from), int(to)})
	}
	return ports, nil
}

// Contains tells whether the port is in the set.
func (p Ports) Contains(port int) bool {
	for _, r := range p {
		if r.First <= port && port <= r.Last {
			return true
		}
	}
	return false
}

// PortError names an entry that is neither a port nor a range of ports.
type PortError struct{ Entry string }

func (e *PortError) Error() string {
	return strconv.Quote(e.Entry) + " is neither a port, nor a range of ports, nor the name of a container's port"
}
