//! The pods of the cluster's ingress, and the host names of a namespace there.

use super::services::{NoPods, PodPort, ServiceEndpoints, ServicePort};
use super::{Cluster, ServiceAddress};

/// The Service's port for HTTP, by its number and by what charts call it.
const HTTP_PORT: (u16, &str) = (80, "http");

impl Cluster {
    /// The ready pods of the ingress, at least one; the error says why there is none.
    pub async fn find_ingress(&self) -> Result<Vec<PodPort>, String> {
        self.find_part_pods("ingress", &self.settings().ingress_service, choose_port).await
    }

    /// The ready pods, at least one, behind the Service of a part of the cluster; the error says why there is none.
    pub async fn find_part_pods(
        &self,
        part: &str,
        address: &ServiceAddress,
        choose: impl FnOnce(&ServiceEndpoints) -> Option<&ServicePort>,
    ) -> Result<Vec<PodPort>, String> {
        let found = self.find_pods((&address.namespace, &address.name), choose).await;
        found.map_err(|fault| match fault {
            NoPods::Cluster(fault) => fault.to_string(),
            NoPods::NoService => format!("The cluster has no {part}: no Service {address}."),
            NoPods::NoPort(_) | NoPods::NoPod | NoPods::NotReady(_) => {
                format!("The cluster's {part}, Service {address}, has no ready pod.")
            }
        })
    }

    /// The host name by which the ingress knows a namespace, or a name below it.
    pub fn ingress_host(&self, namespace: &str, subdomain: Option<&str>) -> String {
        let domain = &self.settings().lab_domain;
        match subdomain {
            Some(label) => format!("{label}.{namespace}.{domain}"),
            None => format!("{namespace}.{domain}"),
        }
    }
}

fn choose_port(service: &ServiceEndpoints) -> Option<&ServicePort> {
    let (number, name) = HTTP_PORT;
    service.ports.iter().find(|port| port.number == number || port.name == name)
}
