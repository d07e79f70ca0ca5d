package proxyconfig

import (
	"fmt"
	"maps"

	"seaworthy/deploy/local/standins/mesh/internal/proxyapi"
)

// alpn is what a client's proxy offers in its ClientHello: the mesh's transport, what it carries, and to which port. The real
// proxy offers the first part alone and sends the rest as a header.
func alpn(protocol string, port int) string {
	return fmt.Sprintf("transport.l5d.io/v1/%s/%d", protocol, port)
}

// tlsSettings holds what both ends have in common: TLS 1.3, the pod's own certificate, the mesh's trust anchors.
func tlsSettings(validation object) object {
	validation["trusted_ca"] = object{"filename": proxyapi.AnchorsFile}
	return object{
		"tls_params":                         object{"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
		"tls_certificate_sds_secret_configs": []object{{"name": "identity", "sds_config": proxyapi.Source()}},
		"validation_context":                 validation,
	}
}

// clientSocket requires the server to have the identity that the control plane gave for it.
func clientSocket(identity, protocol string, port int) object {
	settings := tlsSettings(object{"match_typed_subject_alt_names": []object{
		{"san_type": "DNS", "matcher": object{"exact": identity}},
	}})
	settings["alpn_protocols"] = []string{alpn(protocol, port)}
	return extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
		object{"sni": identity, "common_tls_context": settings})
}

func serverSocket() object {
	return extension("envoy.transport_sockets.tls", "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
		object{"require_client_certificate": true, "common_tls_context": tlsSettings(object{})})
}

// connectionManager is Envoy's HTTP filter with everything off that would show in the traffic. Routes are found by the value
// of a header that only this filter sets, and that the routes remove.
// The last value that is not empty counts.
func connectionManager(prefix, header string, values []string, filters, log []object, errors object) object {
	var mutations []object
	for _, value := range values {
		mutations = append(mutations, object{"append": object{
			"header": object{"key": header, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
		}})
	}
	return extension("envoy.filters.network.http_connection_manager",
		"envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", object{
			"stat_prefix": prefix,
			"rds":         object{"route_config_name": prefix, "config_source": proxyapi.Source()},
			"early_header_mutation_extensions": []object{extension("header", "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
				object{"mutations": mutations})},
			"http_filters":                 filters,
			"access_log":                   log,
			"local_reply_config":           errors,
			"http_protocol_options":        object{"accept_http_10": true},
			"upgrade_configs":              []object{{"upgrade_type": "websocket"}},
			"server_header_transformation": "PASS_THROUGH",
			"generate_request_id":          false,
			"preserve_external_request_id": true,
			"skip_xff_append":              true,
			"stream_idle_timeout":          "0s",
		})
}

func router(upstreamLog []object) object {
	return extension("envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router",
		object{"suppress_envoy_headers": true, "upstream_log": upstreamLog})
}

func tcpProxy(prefix, cluster string, log []object) object {
	return extension("envoy.filters.network.tcp_proxy", "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", object{
		"stat_prefix": prefix, "cluster": cluster, "idle_timeout": "0s",
		"access_log": log, "access_log_options": object{"flush_access_log_on_connected": true},
		// Earlier, whose certificate it is would not be known yet when the connection is counted.
		"upstream_connect_mode": "ON_DOWNSTREAM_TLS_HANDSHAKE", "max_early_data_bytes": 0,
	})
}

func listener(name, address string, port int, chains, filters []object) object {
	return typed("envoy.config.listener.v3.Listener", object{
		"name":             name,
		"address":          socketAddress(address, port),
		"filter_chains":    chains,
		"listener_filters": filters,
		// A client that says nothing is waiting for the server to speak.
		"listener_filters_timeout":             "10s",
		"continue_on_listener_filters_timeout": true,
		"enable_reuse_port":                    false,
	})
}

func socketAddress(address string, port int) object {
	return object{"socket_address": object{"address": address, "port_value": port}}
}

var originalDestination = extension("envoy.filters.listener.original_dst", "envoy.extensions.filters.listener.original_dst.v3.OriginalDst", object{})

var tlsInspector = extension("envoy.filters.listener.tls_inspector", "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", object{})

var httpInspector = extension("envoy.filters.listener.http_inspector", "envoy.extensions.filters.listener.http_inspector.v3.HttpInspector", object{})

var httpProtocols = []string{"http/1.0", "http/1.1", "h2c"}

// accessLog writes the fields of proxyapi.Line that a kind of line has.
func accessLog(kind string, fields object) []object {
	fields["kind"] = kind
	return []object{extension("stdout", "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
		object{"log_format": object{"json_format": fields}})}
}

// exchangeFields are those of a request and its response, with others.
func exchangeFields(more object) object {
	fields := object{
		"content": "%REQ(CONTENT-TYPE)%", "status": "%RESPONSE_CODE%", "grpc": "%GRPC_STATUS_NUMBER%",
		"flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%", "first_byte": "%RESPONSE_DURATION%",
	}
	maps.Copy(fields, more)
	return fields
}

// localError answers for a proxy: the error's text in a header, an empty body.
func localError(flags []string, status int, text string) object {
	mapper := object{
		"filter": object{"response_flag_filter": object{"flags": flags}},
		"headers_to_add": []object{
			{"header": object{"key": "l5d-proxy-error", "value": text}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
		},
	}
	if status != 0 {
		mapper["status_code"] = status
	}
	return mapper
}

// outboundErrors are the answers that a client's own proxy gives; those of the far side carry no such header.
var outboundErrors = object{
	"body_format": object{"text_format_source": object{"inline_string": ""}},
	"mappers": []object{
		localError([]string{"UT"}, 504, "request timed out"),
		localError([]string{"UH", "NC"}, 503, "service unavailable"),
		localError([]string{"UF"}, 502, "connection failed"),
		localError([]string{"UC", "UR", "LR"}, 502, "connection closed by the endpoint"),
		localError([]string{"UO"}, 503, "request queue is full"),
	},
}

var inboundErrors = object{
	"body_format": object{"text_format_source": object{"inline_string": ""}},
	"mappers": []object{
		{"filter": object{"response_flag_filter": object{"flags": []string{"UF", "UC", "UR", "LR"}}}, "status_code": 502},
	},
}
