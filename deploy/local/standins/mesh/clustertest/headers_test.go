package clustertest

import (
	"fmt"
	"strings"
	"testing"
)

// echo is an application that logs one header of each request, in either version of HTTP.
func echo(t *testing.T, ns string) {
	t.Helper()
	apply(t, fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: echo, namespace: %s}, spec: {selector: {matchLabels: {app: echo}},
		template: {metadata: {labels: {app: echo}}, spec: {terminationGracePeriodSeconds: 1, securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}},
		containers: [{name: main, image: "seaworthy.local/linkerd-standin-proxy:1", command: [/usr/local/bin/envoy, --log-level, error, --file-flush-interval-msec, "100", --config-yaml, '%s'],
		ports: [{containerPort: 8080, name: http}], readinessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1, timeoutSeconds: 10},
		securityContext: {allowPrivilegeEscalation: false, runAsUser: 1000, capabilities: {drop: [ALL]}}}]}}}}`, ns, strings.Join(strings.Fields(`
		{static_resources: {listeners: [{address: {socket_address: {address: 0.0.0.0, port_value: 8080}}, filter_chains: [{filters: [{
		name: envoy.filters.network.http_connection_manager, typed_config: {
		"@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: echo,
		route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}]},
		http_filters: [{name: router, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}],
		access_log: [{name: stdout, typed_config: {"@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog,
		log_format: {text_format_source: {inline_string: "%PROTOCOL% client=%REQ(L5D-CLIENT-ID)% own=%REQ(L5D-STAND-IN-PORT)%%REQ(L5D-STAND-IN-DST)% end\n"}}}}]}}]}]}]}}`), " ")))
	kubectl(t, "-n", ns, "rollout", "status", "deployment/echo", "--timeout="+patience.String())
	service(t, ns, "echo", "")
}

func TestTheApplicationIsToldItsClientAndNoForgedOne(t *testing.T) {
	ns := namespace(t, meshed)
	echo(t, ns)
	workload(t, ns, "client", "client", "", 1)
	workload(t, ns, "bare", "client", "linkerd.io/inject: disabled", 1)
	logged := func(from, options, want string) {
		t.Helper()
		answers(t, ns, from, "-H 'l5d-client-id: forged' "+options+" http://echo/", "200")
		eventually(t, func() error {
			log, err := try("", "-n", ns, "logs", "deploy/echo", "-c", "main", "--tail=1")
			if err == nil && log != want {
				err = fmt.Errorf("%s with %q: %q, not %q", from, options, log, want)
			}
			return err
		})
	}
	logged("client", "", "HTTP/1.1 client="+identity("client", ns)+" own=-- end")
	logged("client", "--http2-prior-knowledge", "HTTP/2 client="+identity("client", ns)+" own=-- end")
	logged("bare", "", "HTTP/1.1 client=- own=-- end")
}

func TestARefusedConnectionIsClosedAndCounted(t *testing.T) {
	ns := namespace(t, meshed)
	workload(t, ns, "qotm", "default", "", 1)
	service(t, ns, "qotm", "")
	workload(t, ns, "bare", "client", "linkerd.io/inject: disabled", 1)
	answers(t, ns, "bare", "http://qotm/", "200")
	apply(t, fmt.Sprintf(`{apiVersion: policy.linkerd.io/v1beta3, kind: Server, metadata: {name: qotm, namespace: %s},
		spec: {podSelector: {matchLabels: {app: qotm}}, port: http}}`, ns))
	eventually(t, func() error {
		// What is no HTTP is a connection; the application would answer it with an error.
		if out := shell(t, ns, "bare", `exec 3<>/dev/tcp/qotm/80; echo hello >&3; timeout 5 cat <&3 || true`); out != "" {
			return fmt.Errorf("the client gets %q", out)
		}
		if got := metric(t, ns, "qotm", "inbound_tcp_authz_deny_total", `srv_name="qotm"`); got < 1 {
			return fmt.Errorf("%v connections were counted as refused", got)
		}
		return nil
	})
}
