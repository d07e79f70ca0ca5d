//! The cluster's addresses and features that a session's objects depend on: its API servers, its DNS, and the CRDs of
//! Emissary and Linkerd.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::services::SERVICE_NAME_LABEL;
use crate::cluster::{Cluster, ClusterError, PartKind};

/// Where a cluster's DNS runs, unless it says otherwise.
const DNS_NAMESPACE: &str = "kube-system";
/// The label of the DNS Service and its pods in nearly every cluster.
const DNS_LABEL: (&str, &str) = ("k8s-app", "kube-dns");

/// The group and version of Emissary's Mapping, and the kind.
const MAPPING: (&str, &str) = ("getambassador.io/v3alpha1", "Mapping");
/// One of the kinds of Linkerd's policies, which come together.
const MESH_POLICY: (&str, &str) = ("policy.linkerd.io/v1alpha1", "AuthorizationPolicy");

/// What a session's objects depend on in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterInfo {
    /// The Service in front of the API servers and the addresses behind it: a policy engine may compare with either.
    pub api_servers: Vec<ApiServerAddress>,
    /// The cluster's DNS.
    pub dns: DnsService,
    /// Whether the cluster has the CRD of Mappings, so that a quota can count them.
    pub has_mappings: bool,
    /// Whether it has those of Linkerd's policies.
    pub has_mesh_policies: bool,
    /// The namespace of each part that a lab can require, whether or not it is there yet.
    pub part_namespaces: Vec<(PartKind, String)>,
}

/// The address and port of an API server as pods reach it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiServerAddress {
    /// The IP address.
    pub ip: String,
    /// The TCP port.
    pub port: i64,
}

/// The cluster's DNS, before and after a Service's port is translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsService {
    /// The namespace of its pods.
    pub namespace: String,
    /// The labels that select its pods; none selects every pod of the namespace.
    pub selector: BTreeMap<String, String>,
    /// The ports that its pods listen on.
    pub pod_ports: Vec<DnsPort>,
    /// The addresses of its Service.
    pub addresses: Vec<String>,
    /// The ports of its Service.
    pub service_ports: Vec<DnsPort>,
}

/// One port of a DNS server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DnsPort {
    /// `UDP` or `TCP`.
    pub protocol: String,
    /// Its number.
    pub port: i64,
}

impl Cluster {
    pub(super) async fn find_info(&self) -> Result<ClusterInfo, ClusterError> {
        let (api_servers, dns, has_mappings, has_mesh_policies) = tokio::try_join!(
            self.find_api_servers(),
            self.find_dns(),
            self.has_kind(MAPPING),
            self.has_kind(MESH_POLICY)
        )?;
        let namespace = |kind| (kind, self.settings.part_service(kind).namespace.clone());
        let part_namespaces = PartKind::ALL.map(namespace).to_vec();
        Ok(ClusterInfo { api_servers, dns, has_mappings, has_mesh_policies, part_namespaces })
    }

    async fn find_api_servers(&self) -> Result<Vec<ApiServerAddress>, ClusterError> {
        let (service, slices) = tokio::try_join!(
            self.get_object("v1", "Service", "default", "kubernetes"),
            self.list_slices("default", "kubernetes"),
        )?;
        let mut found = Vec::new();
        if let Some(service) = service {
            let ip = service["spec"]["clusterIP"].as_str().unwrap_or_default();
            for port in items(&service["spec"]["ports"]) {
                add(&mut found, ip, &port["port"]);
            }
        }
        for slice in slices {
            for ip in items(&slice["endpoints"]).flat_map(|endpoint| items(&endpoint["addresses"])) {
                for port in items(&slice["ports"]) {
                    add(&mut found, ip.as_str().unwrap_or_default(), &port["port"]);
                }
            }
        }
        // Sorted, so that the same addresses compare as equal.
        found.sort();
        Ok(found)
    }

    async fn find_dns(&self) -> Result<DnsService, ClusterError> {
        let label = format!("{}={}", DNS_LABEL.0, DNS_LABEL.1);
        let services = self.list_objects("v1", "Service", DNS_NAMESPACE, Some(&label)).await?;
        let Some(service) = services.into_iter().next() else { return Ok(DnsService::default()) };
        let name = service["metadata"]["name"].as_str().unwrap_or_default();
        let slices = self.list_slices(DNS_NAMESPACE, name).await?;
        Ok(DnsService::read(&service, &slices))
    }

    async fn list_slices(&self, namespace: &str, service: &str) -> Result<Vec<Value>, ClusterError> {
        let label = format!("{SERVICE_NAME_LABEL}={service}");
        self.list_objects("discovery.k8s.io/v1", "EndpointSlice", namespace, Some(&label)).await
    }

    async fn has_kind(&self, (version, kind): (&str, &str)) -> Result<bool, ClusterError> {
        let client = self.client().await?;
        match self.bounded(client.list_api_group_resources(version)).await {
            Ok(known) => Ok(known.resources.iter().any(|resource| resource.kind == kind)),
            Err(ClusterError::UnknownKind(_) | ClusterError::NotFound(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

impl Default for DnsService {
    /// The usual DNS, for a cluster without the labelled Service.
    fn default() -> Self {
        let port = |protocol: &str| DnsPort { protocol: protocol.to_owned(), port: 53 };
        let ports = vec![port("TCP"), port("UDP")];
        Self {
            namespace: DNS_NAMESPACE.to_owned(),
            selector: BTreeMap::new(),
            pod_ports: ports.clone(),
            addresses: Vec::new(),
            service_ports: ports,
        }
    }
}

impl DnsService {
    /// Reads the Service and the slices of its endpoints, which have the ports that its pods listen on.
    fn read(service: &Value, slices: &[Value]) -> Self {
        let spec = &service["spec"];
        let service_ports = read_ports(items(&spec["ports"]));
        let pod_ports = read_ports(slices.iter().flat_map(|slice| items(&slice["ports"])));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let selector = spec["selector"].as_object().into_iter().flatten();
        Self {
            namespace: DNS_NAMESPACE.to_owned(),
            selector: selector.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect(),
            // Without endpoints yet, the Service's own port numbers are the best guess.
            pod_ports: if pod_ports.is_empty() { service_ports.clone() } else { pod_ports },
            addresses: items(&spec["clusterIPs"]).filter_map(text).filter(|ip| ip != "None").collect(),
            service_ports,
        }
    }
}

/// The ports that carry DNS, in order: a DNS Service often has one for its metrics too.
fn read_ports<'a>(ports: impl Iterator<Item = &'a Value>) -> Vec<DnsPort> {
    let mut found: Vec<DnsPort> = ports
        .filter(|port| port["name"].as_str().is_none_or(|name| !name.contains("metrics")))
        .filter_map(|port| {
            let protocol = port["protocol"].as_str().unwrap_or("TCP").to_owned();
            Some(DnsPort { protocol, port: port["port"].as_i64()? })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn add(found: &mut Vec<ApiServerAddress>, ip: &str, port: &Value) {
    if let Some(port) = port.as_i64().filter(|_| !ip.is_empty()) {
        let address = ApiServerAddress { ip: ip.to_owned(), port };
        if !found.contains(&address) {
            found.push(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn service() -> Value {
        json!({
            "metadata": { "name": "kube-dns" },
            "spec": {
                "clusterIPs": ["10.96.0.10"], "selector": { "k8s-app": "kube-dns" },
                "ports": [
                    { "name": "dns", "protocol": "UDP", "port": 53 }, { "name": "dns-tcp", "protocol": "TCP", "port": 53 },
                    { "name": "metrics", "protocol": "TCP", "port": 9153 },
                ],
            },
        })
    }

    fn ports(ports: &[DnsPort]) -> Vec<String> {
        ports.iter().map(|port| format!("{}/{}", port.protocol, port.port)).collect()
    }

    #[test]
    fn dns_ports_are_those_of_its_endpoints() {
        let slice = json!({ "ports": [
            { "name": "dns-tcp", "protocol": "TCP", "port": 5353 }, { "name": "dns", "protocol": "UDP", "port": 5353 },
            { "name": "metrics", "protocol": "TCP", "port": 9153 },
        ] });
        let dns = DnsService::read(&service(), &[slice.clone(), slice]);
        assert_eq!(ports(&dns.pod_ports), ["TCP/5353", "UDP/5353"]);
        assert_eq!(ports(&dns.service_ports), ["TCP/53", "UDP/53"]);
        assert_eq!(dns.selector["k8s-app"], "kube-dns");
        assert_eq!(dns.addresses, ["10.96.0.10"]);
    }

    #[test]
    fn dns_without_endpoints_gets_the_ports_of_its_service() {
        let dns = DnsService::read(&service(), &[]);
        assert_eq!(ports(&dns.pod_ports), ["TCP/53", "UDP/53"]);
    }
}
