package metrics

import (
	"net"
	"strconv"
	"strings"
	"sync"

	"seaworthy/deploy/local/standins/mesh/internal/names"
	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// Traffic turns the lines of Envoy's access log into counts.
type Traffic struct {
	*Registry
	PodIP string

	mutex  sync.Mutex
	labels proxyapi.Labels
	// open holds the labels under which each inbound connection was counted as open.
	open map[uint64]Labels
}

// NewTraffic has counted nothing yet.
func NewTraffic(podIP string) *Traffic {
	return &Traffic{Registry: NewRegistry(), PodIP: podIP, open: map[uint64]Labels{}}
}

// Name takes the names that the control plane gives to ports and endpoints. Endpoints that are gone keep theirs, for lines
// that come late.
func (t *Traffic) Name(labels proxyapi.Labels) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for name, destination := range labels.Outbound {
		for address, endpoint := range t.labels.Outbound[name].Endpoints {
			if _, ok := destination.Endpoints[address]; !ok && len(destination.Endpoints) < 1000 {
				destination.Endpoints[address] = endpoint
			}
		}
	}
	t.labels = labels
}

// Count counts one line.
func (t *Traffic) Count(line proxyapi.Line) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch line.Kind {
	case proxyapi.InboundHTTP:
		t.inboundHTTP(line)
	case proxyapi.InboundTCP:
		t.inboundTCP(line)
	case proxyapi.InboundClosed:
		if labels, ok := t.open[line.Connection]; ok {
			delete(t.open, line.Connection)
			t.Change("tcp_open_connections", labels, -1)
			t.Add("tcp_close_total", labels.With(Labels{"errno": ""}), 1)
		}
	case proxyapi.OutboundHTTP:
		t.outboundHTTP(line)
	case proxyapi.OutboundRoute:
		t.outboundRoute(line)
	case proxyapi.OutboundTCP:
		t.outboundTCP(line)
	}
}

// inbound gives the labels of an inbound connection: those of the target and of TLS, and those of the Server.
func (t *Traffic) inbound(line proxyapi.Line) (target, server Labels, defaultAuthorization string) {
	port := line.Port
	if port == "" {
		port = strconv.Itoa(line.LocalPort)
	}
	target = Labels{"target_addr": net.JoinHostPort(t.PodIP, port), "target_ip": t.PodIP, "target_port": port, "tls": "no_identity"}
	switch {
	case line.Peer != "":
		target["tls"], target["client_id"] = "true", line.Peer
	case line.SNI != "":
		target["tls"], target["sni"] = "opaque", line.SNI
	default:
		target["no_tls_reason"] = "no_tls_from_remote"
	}
	known, ok := t.labels.Inbound[line.Port]
	if !ok {
		known = t.labels.Inbound[""]
	}
	server = Labels{"srv_port": port}
	for name, value := range known {
		if name != "default_authz" {
			server[name] = value
		}
	}
	return target, server, known["default_authz"]
}

// authorization names the policy that Envoy says has allowed a request: its kind, a slash, its name.
func authorization(policy, standard string) (authz, route Labels) {
	route = Labels{"route_group": "", "route_kind": "default", "route_name": "default"}
	kind, name, ok := strings.Cut(policy, "/")
	if !ok {
		return Labels{"authz_group": "", "authz_kind": "default", "authz_name": standard}, route
	}
	if strings.HasPrefix(name, "probe ") {
		name, route["route_name"] = "probe", "probe"
	}
	group := ""
	if kind != "default" {
		group = "policy.linkerd.io"
	}
	return Labels{"authz_group": group, "authz_kind": kind, "authz_name": name}, route
}

func (t *Traffic) inboundHTTP(line proxyapi.Line) {
	target, server, standard := t.inbound(line)
	t.opened(line.Connection, target, server)
	allowed, route := authorization(line.Policy, standard)
	all := target.With(server).With(route)
	if strings.HasPrefix(line.Details, "rbac_access_denied") {
		t.Add("inbound_http_authz_deny_total", all, 1)
		return
	}
	t.Add("inbound_http_authz_allow_total", all.With(allowed), 1)
	all = all.With(allowed).With(Labels{"direction": "inbound"})
	t.exchange(all, line)
	t.bytes(target.With(Labels{"direction": "inbound", "peer": "src"}).With(server), line)
}

// exchange counts a request and its response.
func (t *Traffic) exchange(labels Labels, line proxyapi.Line) {
	t.Add("request_total", labels, 1)
	outcome := classify(line)
	t.Add("response_total", labels.With(outcome), 1)
	if line.FirstByte != nil {
		status := Labels{}
		if code, ok := outcome["status_code"]; ok {
			status["status_code"] = code
		}
		t.Observe("response_latency_ms", labels.With(status), *line.FirstByte)
	}
}

// classify follows Linkerd: 500 to 599 is a failure; of gRPC's statuses 2, 4, 7, 13, 14 and 15 are, and none counts as
// success; a stream that broke is a failure without a status.
func classify(line proxyapi.Line) Labels {
	outcome := Labels{"classification": "success"}
	isBroken := line.Status == 0 || strings.Contains(line.Flags, "DC") || strings.Contains(line.Flags, "UC") ||
		strings.Contains(line.Flags, "DR") || strings.Contains(line.Flags, "UR")
	switch {
	case isBroken:
		outcome["classification"], outcome["error"] = "failure", "unclassified"
		return outcome
	case strings.HasPrefix(line.Content, "application/grpc"):
		if line.GRPC != nil {
			outcome["grpc_status"] = strconv.Itoa(*line.GRPC)
			switch *line.GRPC {
			case 2, 4, 7, 13, 14, 15:
				outcome["classification"] = "failure"
			}
		}
	case line.Status >= 500:
		outcome["classification"] = "failure"
	}
	outcome["status_code"] = strconv.Itoa(line.Status)
	return outcome
}

func (t *Traffic) opened(connection uint64, target, server Labels) {
	if _, ok := t.open[connection]; ok {
		return
	}
	labels := target.With(server).With(Labels{"direction": "inbound", "peer": "src"})
	t.open[connection] = labels
	t.Add("tcp_open_total", labels, 1)
	t.Change("tcp_open_connections", labels, 1)
}

func (t *Traffic) bytes(labels Labels, line proxyapi.Line) {
	t.Add("tcp_read_bytes_total", labels, float64(line.Received))
	t.Add("tcp_write_bytes_total", labels, float64(line.Sent))
}

func (t *Traffic) inboundTCP(line proxyapi.Line) {
	target, server, standard := t.inbound(line)
	switch {
	case strings.HasPrefix(line.Closing, "rbac_access_denied"):
		t.Add("inbound_tcp_authz_deny_total", target.With(server), 1)
	case line.Type == proxyapi.Connected:
		t.opened(line.Connection, target, server)
		allowed, _ := authorization(line.Policy, standard)
		t.Add("inbound_tcp_authz_allow_total", target.With(server).With(allowed), 1)
	default:
		t.bytes(target.With(server).With(Labels{"direction": "inbound", "peer": "src"}), line)
	}
}

// Scrape counts a request to the proxy's own port, as Linkerd's proxy does.
func (t *Traffic) Scrape(path string, status int, milliseconds int64) {
	line := proxyapi.Line{Port: strconv.Itoa(names.AdminPort), Status: status, FirstByte: &milliseconds}
	if path != "/metrics" {
		line.Policy = "default/probe " + path
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	target, server, standard := t.inbound(line)
	allowed, route := authorization(line.Policy, standard)
	t.exchange(target.With(server).With(route).With(allowed).With(Labels{"direction": "inbound"}), line)
}
