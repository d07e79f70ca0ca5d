package model

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Service is where a Mapping sends its requests.
type Service struct {
	// Text is the service as the diagnostics write it: qualified by a namespace, with its scheme.
	Text string
	Host string
	Port int
	TLS  bool
}

var unusual = regexp.MustCompile(`[^0-9A-Za-z_]`)

// StatsName is the name in Envoy's statistics: without the scheme, and with nothing but letters, digits and underscores.
func (s Service) StatsName() string { return unusual.ReplaceAllString(s.withoutScheme(), "_") }

func (s Service) withoutScheme() string {
	if _, rest, found := strings.Cut(s.Text, "://"); found {
		return rest
	}
	return s.Text
}

// HostPort is what Linkerd's header wants.
func (s Service) HostPort() string { return fmt.Sprintf("%s:%d", s.Host, s.Port) }

// KubernetesName tells which Service of which namespace is meant, where endpoints are looked up.
func (s Service) KubernetesName(fallback string) (namespace, name string) {
	name, rest, qualified := strings.Cut(s.Host, ".")
	if _, err := netip.ParseAddr(s.Host); err == nil || !qualified {
		return fallback, s.Host
	}
	namespace, _, _ = strings.Cut(rest, ".")
	return namespace, name
}

// parseService reads `[scheme://]name[.namespace][:port]`. What is wrong with it comes back in words, first what concerns
// nobody's object by name and then what concerns the cluster; the service stays usable as far as it goes.
func parseService(written, namespace string, qualify bool) (service Service, malformed string, wrong []string) {
	text, malformed := normalize(written, namespace, qualify)
	service.Text = text
	scheme, rest, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		scheme, rest = "http", text
	}
	switch strings.ToLower(scheme) {
	case "http":
	case "https":
		service.TLS = true
	default:
		wrong = append(wrong, fmt.Sprintf("service %s has unknown scheme %s, assuming HTTP", text, scheme))
	}
	authority, junk := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		authority, junk = rest[:at], rest[at:]
	}
	if junk != "" {
		wrong = append(wrong, fmt.Sprintf("service %s has extra URL components; ignoring everything but the host and port", rest))
	}
	host, port, err := splitPort(authority)
	if err != nil {
		wrong = append(wrong, fmt.Sprintf("found invalid port for service %s. Please specify a valid port between 0 and 65535 - %v. "+
			"Service %s cluster will be ignored, please re-configure", rest, err, rest))
	}
	if host == "" {
		wrong = append(wrong, fmt.Sprintf("service %s has no hostname and will be ignored; please re-configure", rest))
		host = "unknown"
	}
	service.Host, service.Port = host, port
	if service.Port == 0 && service.TLS {
		service.Port = 443
	} else if service.Port == 0 {
		service.Port = 80
	}
	return service, malformed, wrong
}

// normalize adds the Mapping's namespace to a bare name, and drops what stands behind the port.
func normalize(written, namespace string, qualify bool) (text, malformed string) {
	scheme, rest, hasScheme := strings.Cut(written, "://")
	if !hasScheme {
		scheme, rest = "", written
	}
	parsed, err := url.Parse("//" + rest)
	if err == nil && parsed.Hostname() == "" {
		err = fmt.Errorf("No hostname")
	}
	var port int
	if err == nil {
		_, port, err = splitPort(parsed.Host)
	}
	if err != nil {
		return written, fmt.Sprintf("Malformed service '%s': %v", written, err)
	}
	host := parsed.Hostname()
	if qualify && !strings.ContainsAny(host, ".:") && host != "localhost" {
		host += "." + namespace
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != 0 {
		host += ":" + strconv.Itoa(port)
	}
	if hasScheme {
		host = scheme + "://" + host
	}
	return host, ""
}

func splitPort(authority string) (host string, port int, err error) {
	at := strings.LastIndex(authority, ":")
	if at < 0 || strings.HasSuffix(authority, "]") {
		return strings.Trim(authority, "[]"), 0, nil
	}
	host = strings.Trim(authority[:at], "[]")
	if authority[at+1:] == "" {
		return host, 0, nil
	}
	port, err = strconv.Atoi(authority[at+1:])
	if err != nil {
		return host, 0, fmt.Errorf("Port could not be cast to integer value as '%s'", authority[at+1:])
	}
	if port < 0 || port > 65535 {
		return host, 0, fmt.Errorf("Port out of range 0-65535")
	}
	return host, port, nil
}
