package model

import (
	"fmt"
	"slices"
	"strings"

	emissary "github.com/emissary-ingress/emissary/v3/pkg/api/getambassador.io/v3alpha1"
	"k8s.io/apimachinery/pkg/types"
)

// OwnPorts are those that the ingress listens on itself: for diagnostics, Envoy's administration and its configuration.
var OwnPorts = []int32{8877, 8001, 8003}

// Listener is a port, and the Hosts that are served on it.
type Listener struct {
	Name          types.NamespacedName
	UID           types.UID
	Port          uint32
	TLS           bool
	ProxyProtocol bool
	Security      emissary.SecurityModelType
	L7Depth       uint32
	StatsPrefix   string
	// Hosts have different hostnames each.
	Hosts []*Host
}

var stacks = map[string]string{
	"HTTP": "HTTP,TCP", "HTTPS": "TLS,HTTP,TCP", "HTTPPROXY": "PROXY,HTTP,TCP", "HTTPSPROXY": "TLS,PROXY,HTTP,TCP",
}

func (b *builder) readListeners() []*Listener {
	var listeners []*Listener
	for _, object := range b.input.Listeners {
		if object.Spec != nil && !obeyed(object.Spec.AmbassadorID) {
			continue
		}
		name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
		listener, err := b.readListener(name, object)
		if err != nil {
			b.report.fail(name, "%v", err)
			continue
		}
		same := slices.IndexFunc(listeners, func(other *Listener) bool { return other.Port == listener.Port })
		if same >= 0 {
			b.report.failGlobally("Duplicate listener %s on tcp://0.0.0.0:%d; keeping definition from %s",
				name.Name, listener.Port, KeyOf(listeners[same].Name))
			continue
		}
		if !b.bindHosts(listener, object) {
			b.report.fail(name, "No matching Hosts/TCPMappings found, disabling!")
			continue
		}
		listeners = append(listeners, listener)
	}
	if len(listeners) == 0 {
		b.report.Notices = append(b.report.Notices, Entry{Text: "there are no active Listeners: connections to the ingress are refused"})
	}
	return listeners
}

func (b *builder) readListener(name types.NamespacedName, object *emissary.Listener) (*Listener, error) {
	spec := object.Spec
	if spec == nil {
		return nil, fmt.Errorf("the Listener has no spec")
	}
	if reason := b.input.Refused[object.UID]; reason != "" {
		return nil, fmt.Errorf("Envoy refuses this Listener: %s", reason)
	}
	if slices.Contains(OwnPorts, spec.Port) {
		return nil, fmt.Errorf("port %d belongs to the ingress itself", spec.Port)
	}
	stack, err := b.stackOf(name, spec)
	if err != nil {
		return nil, err
	}
	binding := spec.HostBinding
	if binding.Namespace.From == "" && binding.Selector == nil {
		return nil, fmt.Errorf("hostBinding must have at least one of namespace or selector")
	}
	if binding.Selector != nil && (binding.Selector.MatchLabels == nil || len(binding.Selector.MatchExpressions) > 0) {
		return nil, fmt.Errorf("hostBinding.selector currently supports only matchLabels")
	}
	listener := &Listener{
		Name: name, UID: object.UID, Port: uint32(spec.Port), Security: spec.SecurityModel, L7Depth: uint32(max(0, spec.L7Depth)),
		TLS: slices.Contains(stack, "TLS"), ProxyProtocol: slices.Contains(stack, "PROXY"), StatsPrefix: spec.StatsPrefix,
	}
	if listener.StatsPrefix == "" {
		listener.StatsPrefix = "ingress_http"
		if listener.TLS {
			listener.StatsPrefix = "ingress_https"
		}
	}
	return listener, nil
}

func (b *builder) stackOf(name types.NamespacedName, spec *emissary.ListenerSpec) ([]string, error) {
	var stack []string
	for _, layer := range spec.ProtocolStack {
		stack = append(stack, string(layer))
	}
	switch {
	case len(stack) > 0 && spec.Protocol != "":
		b.report.fail(name, "protocol and protocolStack may not both be specified; using protocolStack and ignoring protocol")
	case len(stack) == 0 && spec.Protocol == "":
		return nil, fmt.Errorf("one of protocol and protocolStack must be specified")
	case len(stack) == 0 && spec.Protocol == "UDP":
		return nil, fmt.Errorf("protocol %s is not valid", spec.Protocol)
	case len(stack) == 0:
		stack = strings.Split(stacks[string(spec.Protocol)], ",")
	}
	if !slices.Contains(stack, "HTTP") || stack[len(stack)-1] != "TCP" {
		return nil, fmt.Errorf("this stand-in serves HTTP over TCP alone: no TCPMappings and no HTTP/3")
	}
	return stack, nil
}

// bindHosts finds the Hosts that the Listener takes; of two with one hostname the later replaces the earlier, as in Emissary.
func (b *builder) bindHosts(listener *Listener, object *emissary.Listener) bool {
	binding := object.Spec.HostBinding
	for _, host := range b.hosts {
		everywhere := strings.EqualFold(string(binding.Namespace.From), string(emissary.ALLNamespaceFromType))
		if !everywhere && host.Name.Namespace != listener.Name.Namespace {
			continue
		}
		if binding.Selector != nil && !labelsMatch(binding.Selector.MatchLabels, host.labels) {
			continue
		}
		if listener.Security == "INSECURE" && host.Insecure == Reject {
			continue
		}
		bound := *host
		same := slices.IndexFunc(listener.Hosts, func(other *Host) bool { return strings.EqualFold(other.Hostname, host.Hostname) })
		if same < 0 {
			listener.Hosts = append(listener.Hosts, &bound)
			continue
		}
		b.report.notice(host.Name, "on the Listener %s.%s it replaces the Host %s.%s of the same hostname, of which Emissary says nothing",
			listener.Name.Name, listener.Name.Namespace, listener.Hosts[same].Name.Name, listener.Hosts[same].Name.Namespace)
		listener.Hosts[same] = &bound
	}
	return len(listener.Hosts) > 0
}
