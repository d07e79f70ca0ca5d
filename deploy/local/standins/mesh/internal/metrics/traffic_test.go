package metrics

import (
	"fmt"
	"strings"
	"testing"

	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

func written(t *testing.T, traffic *Traffic, samples ...Sample) string {
	t.Helper()
	text := &strings.Builder{}
	if err := traffic.Write(text, samples); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func number64(n int64) *int64 { return &n }
func status(n int) *int       { return &n }

func TestResponsesAreClassifiedAsLinkerdDoes(t *testing.T) {
	for _, c := range []struct {
		line proxyapi.Line
		want string
	}{
		{proxyapi.Line{Status: 200}, "success"}, {proxyapi.Line{Status: 404}, "success"}, {proxyapi.Line{Status: 403}, "success"},
		{proxyapi.Line{Status: 500}, "failure"}, {proxyapi.Line{Status: 599}, "failure"}, {proxyapi.Line{Status: 0, Flags: "DC"}, "failure"},
		{proxyapi.Line{Status: 200, Content: "application/grpc+proto", GRPC: status(14)}, "failure"},
		{proxyapi.Line{Status: 200, Content: "application/grpc", GRPC: status(5)}, "success"},
		{proxyapi.Line{Status: 200, Content: "application/grpc"}, "success"},
	} {
		if got := classify(c.line); got["classification"] != c.want {
			t.Errorf("%+v: %v", c.line, got)
		}
	}
	if broken := classify(proxyapi.Line{Status: 0}); broken["status_code"] != "" || broken["error"] != "unclassified" {
		t.Errorf("a broken stream: %v", broken)
	}
}

func TestARefusedRequestIsNoRequest(t *testing.T) {
	traffic := NewTraffic("10.0.0.1")
	traffic.Name(proxyapi.Labels{Inbound: map[string]map[string]string{"80": {"srv_kind": "server", "srv_name": "web"}}})
	traffic.Count(proxyapi.Line{Kind: proxyapi.InboundHTTP, Port: "80", Status: 403, Details: "rbac_access_denied_matched_policy[none]", Connection: 1})
	text := written(t, traffic)
	if strings.Contains(text, "request_total") || !strings.Contains(text, "inbound_http_authz_deny_total{") || !strings.Contains(text, `srv_name="web"`) {
		t.Error(text)
	}
}

func TestAConnectionIsOpenFromItsFirstRequestToItsEnd(t *testing.T) {
	traffic := NewTraffic("10.0.0.1")
	request := proxyapi.Line{Kind: proxyapi.InboundHTTP, Port: "80", Status: 200, Connection: 7, Peer: "client", FirstByte: number64(4)}
	traffic.Count(request)
	traffic.Count(request)
	open := `tcp_open_connections{client_id="client",direction="inbound",peer="src",srv_port="80",target_addr="10.0.0.1:80",target_ip="10.0.0.1",target_port="80",tls="true"} `
	if text := written(t, traffic); !strings.Contains(text, open+"1\n") {
		t.Error(text)
	}
	traffic.Count(proxyapi.Line{Kind: proxyapi.InboundClosed, Connection: 7})
	if text := written(t, traffic); !strings.Contains(text, open+"0\n") {
		t.Error(text)
	}
}

func TestLatenciesFallIntoLinkerdsBuckets(t *testing.T) {
	traffic := NewTraffic("10.0.0.1")
	for _, milliseconds := range []int64{0, 1, 6, 10, 60000} {
		traffic.Observe("response_latency_ms", Labels{"a": "b"}, milliseconds)
	}
	text := written(t, traffic)
	for _, want := range []string{
		`_bucket{a="b",le="1"} 2`, `_bucket{a="b",le="5"} 2`, `_bucket{a="b",le="10"} 4`, `_bucket{a="b",le="50000"} 4`, `_bucket{a="b",le="+Inf"} 5`, `_sum{a="b"} 60017`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func TestAPodThatAsksEverMoreAddressesFillsNoMemory(t *testing.T) {
	traffic := NewTraffic("10.0.0.1")
	for port := range maxSamples {
		traffic.Count(proxyapi.Line{Kind: proxyapi.OutboundHTTP, Cluster: "original_destination", Host: fmt.Sprintf("10.0.0.2:%d", port), Status: 200})
	}
	traffic.Add("request_total", traffic.outbound("original_destination", "10.0.0.2:0"), 1)
	text := written(t, traffic)
	if count := strings.Count(text, "\n"); count > maxSamples+10 || !strings.Contains(text, `target_port="0",tls="no_identity"} 2`) {
		t.Errorf("%d lines", count)
	}
}

func TestAnEndpointsLabelsOutliveItForLateLines(t *testing.T) {
	traffic := NewTraffic("10.0.0.1")
	endpoint := proxyapi.Endpoint{TargetIP: "10.0.0.2", TargetPort: 8080, Identity: "web", Labels: map[string]string{"dst_deployment": "web"}}
	name := func(endpoints map[string]proxyapi.Endpoint) {
		traffic.Name(proxyapi.Labels{Outbound: map[string]proxyapi.Destination{"http_a": {Authority: "web.shop:80", Endpoints: endpoints}}})
	}
	name(map[string]proxyapi.Endpoint{"10.0.0.2:4143": endpoint})
	name(map[string]proxyapi.Endpoint{})
	traffic.Count(proxyapi.Line{Kind: proxyapi.OutboundHTTP, Cluster: "http_a", Host: "10.0.0.2:4143", Status: 200})
	if text := written(t, traffic); !strings.Contains(text, `dst_deployment="web"`) || !strings.Contains(text, `target_addr="10.0.0.2:8080"`) {
		t.Error(text)
	}
}
