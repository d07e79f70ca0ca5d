//! The Services of a namespace and the pods that stand behind them, as the API server tells them.
//!
//! An `EndpointSlice` names a pod and the port that a Service's port leads to there. Its addresses are not used, so that
//! nothing but a pod of that namespace can be named by it.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::{Endpoint, EndpointSlice};
use kube::Api;
use kube::api::ListParams;

use super::{Cluster, ClusterError};

/// The label of an `EndpointSlice` that names its Service.
pub(super) const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";

/// A Service with the pods behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceEndpoints {
    /// The Service's name.
    pub name: String,
    /// Its ports, in its order.
    pub ports: Vec<ServicePort>,
    endpoints: Vec<PodEndpoint>,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name; empty for the only port of a Service.
    pub name: String,
    /// Its number.
    pub number: u16,
}

/// A port of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodPort {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// What tells it from another pod of the same name.
    pub uid: String,
    /// The port's number.
    pub port: u16,
}

/// Why a Service leads to no pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPods {
    /// The cluster does not answer.
    Cluster(ClusterError),
    /// There is no such Service.
    NoService,
    /// It has no such port, and these.
    NoPort(String),
    /// No pod stands behind it.
    NoPod,
    /// So many pods stand behind it, and none is ready.
    NotReady(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PodEndpoint {
    port_name: String,
    target: PodPort,
    is_ready: bool,
}

impl ServiceEndpoints {
    /// The port that `choose` picks and the ready pods behind it, at least one.
    pub fn find_pods(
        &self,
        choose: impl FnOnce(&Self) -> Option<&ServicePort>,
    ) -> Result<(ServicePort, Vec<PodPort>), NoPods> {
        let port = choose(self).ok_or_else(|| NoPods::NoPort(self.list_ports()))?;
        let pods = self.ready_pods(port);
        match (pods.is_empty(), self.count_pods(port)) {
            (false, _) => Ok((port.clone(), pods)),
            (true, 0) => Err(NoPods::NoPod),
            (true, pods) => Err(NoPods::NotReady(pods)),
        }
    }

    /// Its ports in words.
    fn list_ports(&self) -> String {
        let ports = self.ports.iter().map(|port| match port.name.as_str() {
            "" => port.number.to_string(),
            name => format!("{} ({name})", port.number),
        });
        let ports: Vec<String> = ports.collect();
        if ports.is_empty() { "none".to_owned() } else { ports.join(", ") }
    }

    /// The ready pods behind one of the Service's ports.
    fn ready_pods(&self, port: &ServicePort) -> Vec<PodPort> {
        self.of_port(port).filter(|endpoint| endpoint.is_ready).map(|endpoint| endpoint.target.clone()).collect()
    }

    /// How many pods stand behind one of the Service's ports, ready or not.
    fn count_pods(&self, port: &ServicePort) -> usize {
        self.of_port(port).count()
    }

    fn of_port(&self, port: &ServicePort) -> impl Iterator<Item = &PodEndpoint> {
        self.endpoints.iter().filter(move |endpoint| endpoint.port_name == port.name)
    }

    fn new(namespace: &str, service: Service, slices: &[EndpointSlice]) -> Self {
        let name = service.metadata.name.unwrap_or_default();
        let ports = service.spec.and_then(|spec| spec.ports).unwrap_or_default();
        let ports = ports.into_iter().filter(|port| port.protocol.as_deref().unwrap_or("TCP") == "TCP");
        let ports = ports.filter_map(|port| {
            Some(ServicePort { name: port.name.unwrap_or_default(), number: u16::try_from(port.port).ok()? })
        });
        let mut endpoints: Vec<PodEndpoint> = Vec::new();
        for slice in slices.iter().filter(|slice| service_of(slice) == Some(&name)) {
            for found in slice.endpoints.iter().flat_map(|endpoint| pod_endpoints(namespace, slice, endpoint)) {
                // A pod with addresses of two families stands in a slice of each.
                if !endpoints.contains(&found) {
                    endpoints.push(found);
                }
            }
        }
        Self { name, ports: ports.collect(), endpoints }
    }
}

fn service_of(slice: &EndpointSlice) -> Option<&String> {
    slice.metadata.labels.as_ref()?.get(SERVICE_NAME_LABEL)
}

/// A pod of `namespace` behind each port of a slice.
fn pod_endpoints(namespace: &str, slice: &EndpointSlice, endpoint: &Endpoint) -> Vec<PodEndpoint> {
    let Some(target) = &endpoint.target_ref else { return Vec::new() };
    let is_pod = target.kind.as_deref() == Some("Pod");
    let is_here = target.namespace.as_deref().is_none_or(|named| named == namespace);
    let (true, true, Some(pod)) = (is_pod, is_here, &target.name) else { return Vec::new() };
    let is_ready = endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true);
    let ports = slice.ports.iter().flatten();
    ports
        .filter_map(|port| {
            let target = PodPort {
                namespace: namespace.to_owned(),
                pod: pod.clone(),
                uid: target.uid.clone().unwrap_or_default(),
                port: u16::try_from(port.port?).ok()?,
            };
            Some(PodEndpoint { port_name: port.name.clone().unwrap_or_default(), target, is_ready })
        })
        .collect()
}

impl Cluster {
    /// The Service of that name with its pods, or `None` when there is none.
    async fn find_service(&self, namespace: &str, name: &str) -> Result<Option<ServiceEndpoints>, ClusterError> {
        let client = self.client().await?;
        let services: Api<Service> = Api::namespaced(client.clone(), namespace);
        let slices: Api<EndpointSlice> = Api::namespaced(client, namespace);
        let of_service = ListParams::default().labels(&format!("{SERVICE_NAME_LABEL}={name}"));
        let (service, slices) =
            tokio::try_join!(self.bounded(services.get_opt(name)), self.bounded(slices.list(&of_service)))?;
        Ok(service.map(|service| ServiceEndpoints::new(namespace, service, &slices.items)))
    }

    /// The ready pods, at least one, behind the port that `choose` picks of a Service.
    pub async fn find_pods(
        &self,
        (namespace, name): (&str, &str),
        choose: impl FnOnce(&ServiceEndpoints) -> Option<&ServicePort>,
    ) -> Result<Vec<PodPort>, NoPods> {
        let service = self.find_service(namespace, name).await.map_err(NoPods::Cluster)?.ok_or(NoPods::NoService)?;
        service.find_pods(choose).map(|(_port, pods)| pods)
    }

    /// Every Service of a namespace with its pods, in the order of their names.
    pub async fn list_services(&self, namespace: &str) -> Result<Vec<ServiceEndpoints>, ClusterError> {
        let client = self.client().await?;
        let services: Api<Service> = Api::namespaced(client.clone(), namespace);
        let slices: Api<EndpointSlice> = Api::namespaced(client, namespace);
        let all = ListParams::default();
        let (services, slices) = tokio::try_join!(self.bounded(services.list(&all)), self.bounded(slices.list(&all)))?;
        let services = services.items.into_iter();
        Ok(services.map(|service| ServiceEndpoints::new(namespace, service, &slices.items)).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn endpoints(slices: Value) -> ServiceEndpoints {
        let service = json!({
            "metadata": { "name": "qotm" },
            "spec": { "ports": [{ "name": "http", "port": 80 }, { "name": "dns", "port": 53, "protocol": "UDP" }] },
        });
        let slices: Vec<EndpointSlice> = serde_json::from_value(slices).unwrap();
        ServiceEndpoints::new("ns", serde_json::from_value(service).unwrap(), &slices)
    }

    fn slice(service: &str, endpoints: &Value) -> Value {
        json!({
            "metadata": { "labels": { SERVICE_NAME_LABEL: service } }, "addressType": "IPv4", "endpoints": endpoints,
            "ports": [{ "name": "http", "port": 8080 }],
        })
    }

    fn endpoint(kind: &str, name: &str, namespace: &str, ready: Option<bool>) -> Value {
        json!({
            "addresses": ["10.0.0.1"], "conditions": { "ready": ready },
            "targetRef": { "kind": kind, "name": name, "namespace": namespace, "uid": format!("uid-{name}") },
        })
    }

    #[test]
    fn only_ready_pods_of_the_namespace_are_reached() {
        let found = endpoints(json!([
            slice(
                "qotm",
                &json!([
                    endpoint("Pod", "a", "ns", Some(true)),
                    endpoint("Pod", "b", "ns", Some(false)),
                    endpoint("Pod", "c", "ns", None),
                    endpoint("Pod", "foreign", "kube-system", Some(true)),
                    endpoint("Node", "machine", "ns", Some(true)),
                    json!({ "addresses": ["169.254.169.254"] }),
                ])
            ),
            slice("qotm", &json!([endpoint("Pod", "a", "ns", Some(true))])),
            slice("other", &json!([endpoint("Pod", "d", "ns", Some(true))])),
        ]));
        let [port] = &found.ports[..] else { panic!("UDP is no web page: {found:?}") };
        let pods: Vec<String> = found.ready_pods(port).into_iter().map(|pod| pod.pod).collect();
        assert_eq!(pods, ["a", "c"]);
        assert_eq!((found.count_pods(port), found.ready_pods(port)[0].port), (3, 8080));
        assert_eq!(found.find_pods(|service| service.ports.first()).map(|(_, pods)| pods.len()), Ok(2));
        assert_eq!(found.find_pods(|_service| None), Err(NoPods::NoPort("80 (http)".to_owned())));
    }

    #[test]
    fn pods_that_are_not_ready_are_told_from_none() {
        let find = |found: &ServiceEndpoints| found.find_pods(|service| service.ports.first()).unwrap_err();
        assert_eq!(find(&endpoints(json!([]))), NoPods::NoPod);
        let unready = json!([slice("qotm", &json!([endpoint("Pod", "a", "ns", Some(false))]))]);
        assert_eq!(find(&endpoints(unready)), NoPods::NotReady(1));
    }
}
