package translate

import (
	"slices"
	"strings"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"

	"seaworthy/deploy/local/standins/ingress/internal/model"
)

// routeConfiguration makes the virtual hosts of a listener's chain.
func (t *translator) routeConfiguration(name string, listener *model.Listener, hosts []*model.Host) *routev3.RouteConfiguration {
	made := &routev3.RouteConfiguration{Name: name}
	for _, host := range hosts {
		narrowed := narrower(host, hosts)
		for _, domain := range append(narrowed, strings.ToLower(host.Hostname)) {
			virtual := &routev3.VirtualHost{Name: host.Name.String() + " " + domain, Domains: []string{domain}}
			for _, group := range host.Groups {
				if reaches(group, domain, narrowed) {
					virtual.Routes = append(virtual.Routes, t.routes(listener, host, group)...)
				}
			}
			made.VirtualHosts = append(made.VirtualHosts, virtual)
		}
	}
	return made
}

// narrower lists the hostnames of Mappings below a Host with a star. Each gets a virtual host of its own, so that a request is
// compared with the routes of its own name alone, however many others have; which request goes where stays the same.
func narrower(host *model.Host, hosts []*model.Host) []string {
	if !strings.Contains(host.Hostname, "*") {
		return nil
	}
	var domains []string
	for _, group := range host.Groups {
		domain := strings.ToLower(group.First().Hostname)
		if domain == "" || domain == "*" || group.First().HostRegex || strings.Contains(strings.Trim(domain, "*"), "*") {
			continue
		}
		if !slices.Contains(domains, domain) && owner(domain, hosts) == host {
			domains = append(domains, domain)
		}
	}
	slices.Sort(domains)
	return domains
}

// owner is the Host that Envoy picks for a name, or for every name below a glob: the most specific one that covers it.
func owner(domain string, hosts []*model.Host) *model.Host {
	var best *model.Host
	for _, host := range hosts {
		if covers(strings.ToLower(host.Hostname), domain) && (best == nil || rank(host.Hostname) > rank(best.Hostname)) {
			best = host
		}
	}
	if best != nil && strings.EqualFold(best.Hostname, domain) {
		return nil
	}
	return best
}

// covers tells whether every name that the second glob matches is matched by the first.
func covers(wide, narrow string) bool {
	switch {
	case wide == "*" || wide == narrow:
		return true
	case strings.HasPrefix(wide, "*"):
		return len(narrow) > len(wide)-1 && strings.HasSuffix(narrow, wide[1:])
	case strings.HasSuffix(wide, "*"):
		return len(narrow) > len(wide)-1 && strings.HasPrefix(narrow, wide[:len(wide)-1])
	}
	return false
}

// rank orders as Envoy does: an exact name, then the longest glob with the star in front, then the longest with it behind.
func rank(hostname string) int {
	switch {
	case hostname == "*":
		return 0
	case strings.HasSuffix(hostname, "*"):
		return len(hostname)
	case strings.HasPrefix(hostname, "*"):
		return 1000 + len(hostname)
	}
	return 2000
}

// reaches tells whether a request for the domain can be one of the group's. Names that have virtual hosts of their own are not
// looked for anywhere else.
func reaches(group *model.Group, domain string, narrowed []string) bool {
	hostname := strings.ToLower(group.First().Hostname)
	if hostname == "" || group.First().HostRegex {
		return true
	}
	if !model.Overlap(hostname, domain) {
		return false
	}
	exact := !strings.Contains(hostname, "*")
	return !exact || hostname == domain || !slices.Contains(narrowed, hostname)
}
