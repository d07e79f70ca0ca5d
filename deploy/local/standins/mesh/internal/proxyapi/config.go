// Package proxyapi is what the control plane and the proxies have in common: what a proxy is told, and what its Envoy reports.
package proxyapi

import "encoding/json"

// Folder is where a proxy keeps its files.
const Folder = "/var/run/linkerd/identity/end-entity/envoy"

// AnchorsFile holds the mesh's trust anchors.
const AnchorsFile = Folder + "/anchors.pem"

// DiscoveryCluster is the one cluster that Envoy knows from the start: the proxy's own discovery service.
const DiscoveryCluster = "discovery"

// Keys under which resources are asked for; endpoints follow theirs with a cluster's name.
const (
	Listeners      = "listeners"
	Clusters       = "clusters"
	InboundRoutes  = "routes/inbound"
	OutboundRoutes = "routes/outbound"
	Endpoints      = "endpoints/"
	IdentitySecret = "secrets/identity"
)

// Config is what the control plane tells a proxy.
type Config struct {
	Version string `json:"version"`
	// Resources holds a list for each key.
	Resources map[string]json.RawMessage `json:"resources"`
	Labels    Labels                     `json:"labels"`
}

// Labels tell the proxy how to name what its access log reports.
type Labels struct {
	// Inbound is by port; the empty port stands for those that are not known.
	Inbound map[string]map[string]string `json:"inbound"`
	// Outbound is by the name of Envoy's cluster.
	Outbound map[string]Destination `json:"outbound"`
}

// Destination is one port of a Service.
type Destination struct {
	Authority string              `json:"authority"`
	Service   string              `json:"service"`
	Namespace string              `json:"namespace"`
	Port      int                 `json:"port"`
	Endpoints map[string]Endpoint `json:"endpoints"`
}

// Endpoint is behind one address that Envoy connects to.
type Endpoint struct {
	TargetIP   string            `json:"ip"`
	TargetPort int               `json:"port"`
	Identity   string            `json:"identity,omitempty"`
	Labels     map[string]string `json:"labels"`
}

type object = map[string]any

// Source is the proxy's discovery service, which holds each question until it has something new.
func Source() map[string]any {
	return object{"resource_api_version": "V3", "api_config_source": object{
		"api_type": "REST", "transport_api_version": "V3", "cluster_names": []string{DiscoveryCluster},
		"refresh_delay": "0.1s", "request_timeout": "60s",
	}}
}
