package translate

import (
	"fmt"
	"strings"

	accesslogv3 "github.com/envoyproxy/go-control-plane/envoy/config/accesslog/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	streamv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	corsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	customresponsev3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/custom_response/v3"
	routerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	proxyprotocolv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/proxy_protocol/v3"
	inspectorv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/tls_inspector/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

const (
	corsFilter     = "envoy.filters.http.cors"
	responseFilter = "envoy.filters.http.custom_response"
)

// accessLog is the line that Emissary writes for each request.
const accessLog = `ACCESS [%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% ` +
	`%RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ` +
	`"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"` + "\n"

// adsSource says that a resource comes by the one stream.
var adsSource = &corev3.ConfigSource{
	ResourceApiVersion:    corev3.ApiVersion_V3,
	ConfigSourceSpecifier: &corev3.ConfigSource_Ads{Ads: &corev3.AggregatedConfigSource{}},
}

// listener makes a listener with a chain for cleartext, and one for each name that TLS is ended for. Its routes are resources
// of their own: a changed listener closes connections, and changed routes do not.
func (t *translator) listener(listener *model.Listener, secrets map[string]*tlsv3.Secret) (*listenerv3.Listener, []*routev3.RouteConfiguration, error) {
	name := fmt.Sprintf("listener-%d", listener.Port)
	made := &listenerv3.Listener{
		Name: name,
		Address: &corev3.Address{Address: &corev3.Address_SocketAddress{SocketAddress: &corev3.SocketAddress{
			Address:       "0.0.0.0",
			PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: listener.Port},
		}}},
	}
	if listener.ProxyProtocol {
		made.ListenerFilters = append(made.ListenerFilters, listenerFilter("proxy_protocol", &proxyprotocolv3.ProxyProtocol{}))
	}
	routes := []*routev3.RouteConfiguration{t.routeConfiguration(name, listener, listener.Hosts)}
	cleartext := chain(name, listener)
	made.FilterChains = append(made.FilterChains, cleartext)
	if listener.TLS {
		made.ListenerFilters = append(made.ListenerFilters, listenerFilter("tls_inspector", &inspectorv3.TlsInspector{}))
		cleartext.FilterChainMatch = &listenerv3.FilterChainMatch{TransportProtocol: "raw_buffer"}
		for _, host := range listener.Hosts {
			if host.Certificate == nil {
				continue
			}
			chainName := name + "-tls-" + host.Hostname
			made.FilterChains = append(made.FilterChains, tlsChain(chainName, listener, host, secrets))
			routes = append(routes, t.routeConfiguration(chainName, listener, []*model.Host{host}))
		}
	}
	return made, routes, made.ValidateAll()
}

// routeConfiguration makes the virtual hosts of a listener's chain: one for each Host. A request goes to the most specific one
// that its hostname matches, and is looked for in no other.
func (t *translator) routeConfiguration(name string, listener *model.Listener, hosts []*model.Host) *routev3.RouteConfiguration {
	made := &routev3.RouteConfiguration{Name: name}
	for _, host := range hosts {
		virtual := &routev3.VirtualHost{Name: host.Name.String(), Domains: []string{strings.ToLower(host.Hostname)}}
		for _, group := range host.Groups {
			virtual.Routes = append(virtual.Routes, t.routes(listener, host, group)...)
		}
		made.VirtualHosts = append(made.VirtualHosts, virtual)
	}
	return made
}

func listenerFilter(name string, config proto.Message) *listenerv3.ListenerFilter {
	return &listenerv3.ListenerFilter{
		Name:       "envoy.filters.listener." + name,
		ConfigType: &listenerv3.ListenerFilter_TypedConfig{TypedConfig: packed(config)},
	}
}

func tlsChain(name string, listener *model.Listener, host *model.Host, secrets map[string]*tlsv3.Secret) *listenerv3.FilterChain {
	made := chain(name, listener)
	made.FilterChainMatch = &listenerv3.FilterChainMatch{TransportProtocol: "tls"}
	if sni, _, _ := strings.Cut(host.Hostname, ":"); sni != "*" {
		made.FilterChainMatch.ServerNames = []string{strings.ToLower(sni)}
	}
	secret := "tls-" + host.Name.String()
	secrets[secret] = &tlsv3.Secret{Name: secret, Type: &tlsv3.Secret_TlsCertificate{TlsCertificate: &tlsv3.TlsCertificate{
		CertificateChain: inline(host.Certificate.Chain),
		PrivateKey:       inline(host.Certificate.Key),
	}}}
	made.TransportSocket = &corev3.TransportSocket{
		Name: "envoy.transport_sockets.tls",
		ConfigType: &corev3.TransportSocket_TypedConfig{TypedConfig: packed(&tlsv3.DownstreamTlsContext{
			CommonTlsContext: &tlsv3.CommonTlsContext{
				TlsCertificateSdsSecretConfigs: []*tlsv3.SdsSecretConfig{{Name: secret, SdsConfig: adsSource}},
			},
		})},
	}
	return made
}

func inline(content []byte) *corev3.DataSource {
	return &corev3.DataSource{Specifier: &corev3.DataSource_InlineBytes{InlineBytes: content}}
}

func chain(routes string, listener *model.Listener) *listenerv3.FilterChain {
	return &listenerv3.FilterChain{
		Name: routes,
		Filters: []*listenerv3.Filter{{
			Name:       "envoy.filters.network.http_connection_manager",
			ConfigType: &listenerv3.Filter_TypedConfig{TypedConfig: packed(manager(routes, listener))},
		}},
	}
}

func manager(routes string, listener *model.Listener) *managerv3.HttpConnectionManager {
	return &managerv3.HttpConnectionManager{
		StatPrefix: listener.StatsPrefix,
		RouteSpecifier: &managerv3.HttpConnectionManager_Rds{Rds: &managerv3.Rds{
			ConfigSource: adsSource, RouteConfigName: routes,
		}},
		HttpFilters: []*managerv3.HttpFilter{
			httpFilter(corsFilter, &corsv3.Cors{}),
			httpFilter(responseFilter, &customresponsev3.CustomResponse{}),
			httpFilter("envoy.filters.http.router", &routerv3.Router{}),
		},
		UseRemoteAddress:  wrapperspb.Bool(true),
		XffNumTrustedHops: listener.L7Depth,
		NormalizePath:     wrapperspb.Bool(true),
		ServerName:        "envoy",
		AccessLog: []*accesslogv3.AccessLog{{
			Name: "envoy.access_loggers.stdout",
			ConfigType: &accesslogv3.AccessLog_TypedConfig{TypedConfig: packed(&streamv3.StdoutAccessLog{
				AccessLogFormat: &streamv3.StdoutAccessLog_LogFormat{LogFormat: text(accessLog)},
			})},
		}},
	}
}

func httpFilter(name string, config proto.Message) *managerv3.HttpFilter {
	return &managerv3.HttpFilter{Name: name, ConfigType: &managerv3.HttpFilter_TypedConfig{TypedConfig: packed(config)}}
}

// text is a format with Envoy's command operators.
func text(format string) *corev3.SubstitutionFormatString {
	return &corev3.SubstitutionFormatString{Format: &corev3.SubstitutionFormatString_TextFormatSource{
		TextFormatSource: &corev3.DataSource{Specifier: &corev3.DataSource_InlineString{InlineString: format}},
	}}
}
