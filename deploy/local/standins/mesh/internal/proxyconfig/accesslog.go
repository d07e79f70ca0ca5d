package proxyconfig

// The fields of the access log are those of proxyapi.Line.
var httpFields = object{
	"method": "%REQ(:METHOD)%", "authority": "%REQ(:AUTHORITY)%", "content": "%REQ(CONTENT-TYPE)%",
	"status": "%RESPONSE_CODE%", "grpc": "%GRPC_STATUS_NUMBER%", "flags": "%RESPONSE_FLAGS%",
	"details": "%RESPONSE_CODE_DETAILS%", "first_byte": "%RESPONSE_DURATION%",
}

var inboundFields = object{
	"connection": "%CONNECTION_ID%", "peer": "%DOWNSTREAM_PEER_DNS_SAN%", "local_port": "%DOWNSTREAM_LOCAL_PORT%",
	"received": "%DOWNSTREAM_WIRE_BYTES_RECEIVED%", "sent": "%DOWNSTREAM_WIRE_BYTES_SENT%",
}

var outboundFields = object{
	"cluster": "%UPSTREAM_CLUSTER_RAW%", "host": "%UPSTREAM_HOST%",
	"received": "%UPSTREAM_WIRE_BYTES_RECEIVED%", "sent": "%UPSTREAM_WIRE_BYTES_SENT%",
}

var tcpFields = object{
	"type": "%ACCESS_LOG_TYPE%", "flags": "%RESPONSE_FLAGS%", "closing": "%CONNECTION_TERMINATION_DETAILS%",
	"sni": "%REQUESTED_SERVER_NAME%",
}

func accessLog(kind string, fields ...object) []object {
	format := object{"kind": kind}
	for _, group := range fields {
		for name, value := range group {
			format[name] = value
		}
	}
	return []object{extension("stdout", "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
		object{"log_format": object{"json_format": format}})}
}
