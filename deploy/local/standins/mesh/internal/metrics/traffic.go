package metrics

import (
	"maps"
	"net"
	"strconv"
	"strings"
	"sync"

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
			t.Add("tcp_open_connections", labels, -1)
		}
	case proxyapi.OutboundHTTP:
		// One attempt: retries are above these counters.
		t.exchange(t.outbound(line.Cluster, line.Host), line)
	}
}

// inbound gives the labels of an inbound connection: those of the target, of TLS and of the Server.
func (t *Traffic) inbound(line proxyapi.Line) (labels Labels, defaultAuthorization string) {
	port := line.Port
	if port == "" {
		port = strconv.Itoa(line.LocalPort)
	}
	known, ok := t.labels.Inbound[line.Port]
	if !ok {
		known = t.labels.Inbound[""]
	}
	labels = Labels{"srv_port": port, "target_addr": net.JoinHostPort(t.PodIP, port), "target_ip": t.PodIP, "target_port": port, "tls": "no_identity"}
	maps.Copy(labels, known)
	delete(labels, "default_authz")
	switch {
	case line.Peer != "":
		labels["tls"], labels["client_id"] = "true", line.Peer
	case line.SNI != "":
		labels["tls"], labels["sni"] = "opaque", line.SNI
	default:
		labels["no_tls_reason"] = "no_tls_from_remote"
	}
	return labels, known["default_authz"]
}

// authorization names the policy that Envoy says has allowed a request: its kind, a slash, its name.
func authorization(policy, standard string) Labels {
	kind, name, ok := strings.Cut(policy, "/")
	if !ok {
		kind, name = "default", standard
	}
	group := ""
	if kind != "default" {
		group = "policy.linkerd.io"
	}
	if strings.HasPrefix(name, "probe ") {
		name = "probe"
	}
	return Labels{"authz_group": group, "authz_kind": kind, "authz_name": name}
}

func (t *Traffic) inboundHTTP(line proxyapi.Line) {
	labels, standard := t.inbound(line)
	t.opened(line.Connection, labels)
	labels = labels.With(Labels{"route_group": "", "route_kind": "default", "route_name": "default"})
	if strings.Contains(line.Policy, "/probe ") {
		labels["route_name"] = "probe"
	}
	if strings.HasPrefix(line.Details, "rbac_access_denied") {
		t.Add("inbound_http_authz_deny_total", labels, 1)
		return
	}
	labels = labels.With(authorization(line.Policy, standard))
	t.Add("inbound_http_authz_allow_total", labels, 1)
	t.exchange(labels.With(Labels{"direction": "inbound"}), line)
}

func (t *Traffic) inboundTCP(line proxyapi.Line) {
	labels, standard := t.inbound(line)
	switch {
	case strings.HasPrefix(line.Closing, "rbac_access_denied"):
		t.Add("inbound_tcp_authz_deny_total", labels, 1)
	case line.Type == proxyapi.Connected:
		t.opened(line.Connection, labels)
		t.Add("inbound_tcp_authz_allow_total", labels.With(authorization(line.Policy, standard)), 1)
	}
}

func (t *Traffic) opened(connection uint64, labels Labels) {
	if _, ok := t.open[connection]; ok {
		return
	}
	labels = labels.With(Labels{"direction": "inbound", "peer": "src"})
	t.open[connection] = labels
	t.Add("tcp_open_connections", labels, 1)
}

// exchange counts a request and its response.
func (t *Traffic) exchange(labels Labels, line proxyapi.Line) {
	t.Add("request_total", labels, 1)
	outcome := classify(line)
	t.Add("response_total", labels.With(outcome), 1)
	if line.FirstByte != nil {
		if code, ok := outcome["status_code"]; ok {
			labels = labels.With(Labels{"status_code": code})
		}
		t.Observe("response_latency_ms", labels, *line.FirstByte)
	}
}

// classify follows Linkerd: 500 to 599 is a failure; of gRPC's statuses 2, 4, 7, 13, 14 and 15 are, and none counts as
// success; a stream that broke is a failure without a status.
func classify(line proxyapi.Line) Labels {
	for _, flag := range strings.Split(line.Flags, ",") {
		if flag == "DC" || flag == "UC" || flag == "DR" || flag == "UR" || line.Status == 0 {
			return Labels{"classification": "failure", "error": "unclassified"}
		}
	}
	outcome := Labels{"classification": "success", "status_code": strconv.Itoa(line.Status)}
	isFailed := line.Status >= 500
	if strings.HasPrefix(line.Content, "application/grpc") {
		isFailed = false
		if line.GRPC != nil {
			outcome["grpc_status"] = strconv.Itoa(*line.GRPC)
			isFailed = strings.Contains(" 2 4 7 13 14 15 ", " "+outcome["grpc_status"]+" ")
		}
	}
	if isFailed {
		outcome["classification"] = "failure"
	}
	return outcome
}

// outbound gives the labels of an endpoint that this pod speaks to.
func (t *Traffic) outbound(cluster, host string) Labels {
	labels := Labels{"direction": "outbound", "tls": "no_identity", "no_tls_reason": "not_provided_by_service_discovery"}
	destination, ok := t.labels.Outbound[cluster]
	if ok {
		labels["authority"] = destination.Authority
	}
	endpoint, ok := destination.Endpoints[host]
	if ok {
		host = net.JoinHostPort(endpoint.TargetIP, strconv.Itoa(endpoint.TargetPort))
	}
	if ip, port, err := net.SplitHostPort(host); err == nil {
		labels["target_addr"], labels["target_ip"], labels["target_port"] = host, ip, port
	}
	if endpoint.Identity != "" {
		delete(labels, "no_tls_reason")
		labels["tls"], labels["server_id"] = "true", endpoint.Identity
	}
	return labels.With(endpoint.Labels)
}

// Host is what Envoy says of the connections to one endpoint.
type Host struct {
	Cluster, Address string
	Active, Total    float64
}

// Connections gives the open connections to endpoints of Services.
func (t *Traffic) Connections(hosts []Host) []Sample {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var samples []Sample
	for _, host := range hosts {
		if _, ok := t.labels.Outbound[host.Cluster]; ok && host.Total > 0 {
			labels := t.outbound(host.Cluster, host.Address).With(Labels{"peer": "dst"})
			samples = append(samples, Sample{"tcp_open_connections", labels, host.Active})
		}
	}
	return samples
}
