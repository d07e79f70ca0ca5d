package metrics

import (
	"net"
	"strconv"
	"strings"

	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// outbound gives the labels of an endpoint that this pod speaks to.
func (t *Traffic) outbound(cluster, host string) Labels {
	labels := Labels{"direction": "outbound", "tls": "no_identity", "no_tls_reason": "not_provided_by_service_discovery"}
	destination, ok := t.labels.Outbound[cluster]
	if ok {
		labels["authority"] = destination.Authority
	}
	endpoint, ok := destination.Endpoints[host]
	if !ok {
		ip, port, err := net.SplitHostPort(host)
		if err == nil {
			labels["target_addr"], labels["target_ip"], labels["target_port"] = host, ip, port
		}
		return labels
	}
	port := strconv.Itoa(endpoint.TargetPort)
	labels["target_addr"], labels["target_ip"], labels["target_port"] = net.JoinHostPort(endpoint.TargetIP, port), endpoint.TargetIP, port
	if endpoint.Identity != "" {
		delete(labels, "no_tls_reason")
		labels["tls"], labels["server_id"] = "true", endpoint.Identity
	}
	return labels.With(endpoint.Labels)
}

// outboundHTTP counts one attempt: retries are above these counters.
func (t *Traffic) outboundHTTP(line proxyapi.Line) {
	labels := t.outbound(line.Cluster, line.Host)
	t.exchange(labels, line)
	t.bytes(labels.With(Labels{"peer": "dst"}), line)
	if destination, ok := t.labels.Outbound[line.Cluster]; ok {
		status, failure := routeStatus(line)
		backend := parent("backend", destination).With(parent("parent", destination)).With(route)
		t.Add("outbound_http_route_backend_requests_total", backend, 1)
		t.Add("outbound_http_route_backend_response_statuses_total",
			backend.With(Labels{"http_status": status, "error": failure}), 1)
	}
}

var route = Labels{"route_group": "", "route_kind": "default", "route_namespace": "", "route_name": "http"}

func parent(role string, destination proxyapi.Destination) Labels {
	return Labels{
		role + "_group": "core", role + "_kind": "Service", role + "_namespace": destination.Namespace,
		role + "_name": destination.Service, role + "_port": strconv.Itoa(destination.Port), role + "_section_name": "",
	}
}

// outboundRoute counts what the pod's application got in the end, after retries.
func (t *Traffic) outboundRoute(line proxyapi.Line) {
	if name := errorName(line.Flags); name != "" {
		t.Add("outbound_http_errors_total", Labels{"error": name}, 1)
	}
	destination, ok := t.labels.Outbound[line.Cluster]
	if !ok {
		return
	}
	status, failure := routeStatus(line)
	t.Add("outbound_http_route_request_statuses_total",
		parent("parent", destination).With(route).With(Labels{"hostname": "", "http_status": status, "error": failure}), 1)
}

// routeStatus gives a status, or the proxy's own error in its place.
func routeStatus(line proxyapi.Line) (status, failure string) {
	for _, flag := range strings.Split(line.Flags, ",") {
		switch flag {
		case "UT":
			return "", "REQUEST_TIMEOUT"
		case "UH", "NC":
			return "", "FAIL_FAST"
		case "UO":
			return "", "LOAD_SHED"
		case "UF", "UC", "UR", "LR":
			return "", "IO"
		}
	}
	if line.Status == 0 {
		return "", "UNKNOWN"
	}
	return strconv.Itoa(line.Status), ""
}

func errorName(flags string) string {
	for _, flag := range strings.Split(flags, ",") {
		switch flag {
		case "UT":
			return "response timeout"
		case "UH", "NC":
			return "failfast"
		case "UO":
			return "loadshed"
		case "UF", "UC", "UR", "LR":
			return "i/o"
		}
	}
	return ""
}

func (t *Traffic) outboundTCP(line proxyapi.Line) {
	if line.Type != proxyapi.Connected && line.Host != "" {
		t.bytes(t.outbound(line.Cluster, line.Host).With(Labels{"peer": "dst"}), line)
	}
}

// Host is what Envoy says of one endpoint now.
type Host struct {
	Cluster, Address string
	Active, Total    float64
	IsEjected        bool
}

// Connections gives the open connections to endpoints, and how many endpoints of each Service take requests.
func (t *Traffic) Connections(hosts []Host) []Sample {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	type balancer struct{ ready, pending, used float64 }
	balancers := map[string]*balancer{}
	var samples []Sample
	for _, host := range hosts {
		if _, ok := t.labels.Outbound[host.Cluster]; !ok {
			continue
		}
		if host.Total > 0 {
			labels := t.outbound(host.Cluster, host.Address).With(Labels{"peer": "dst"})
			samples = append(samples, Sample{"tcp_open_connections", "gauge", labels, host.Active}, Sample{"tcp_open_total", "counter", labels, host.Total})
		}
		if !strings.HasPrefix(host.Cluster, "http_") {
			continue
		}
		if balancers[host.Cluster] == nil {
			balancers[host.Cluster] = &balancer{}
		}
		balancers[host.Cluster].used += host.Total
		if host.IsEjected {
			balancers[host.Cluster].pending++
		} else {
			balancers[host.Cluster].ready++
		}
	}
	for key, count := range balancers {
		if count.used == 0 {
			continue
		}
		labels := parent("parent", t.labels.Outbound[key]).With(parent("backend", t.labels.Outbound[key]))
		samples = append(samples,
			Sample{"outbound_http_balancer_endpoints", "gauge", labels.With(Labels{"endpoint_state": "ready"}), count.ready},
			Sample{"outbound_http_balancer_endpoints", "gauge", labels.With(Labels{"endpoint_state": "pending"}), count.pending})
	}
	return samples
}
