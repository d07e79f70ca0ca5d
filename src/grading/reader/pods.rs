//! The pods behind the Service of a part of the cluster, or why there are none.

use crate::cluster::{Cluster, NoPods, PodPort, ServiceAddress, ServiceEndpoints, ServicePort};

/// The ready pods, at least one, behind the Service of a part of the cluster.
pub(super) async fn find_pods(
    cluster: &Cluster,
    part: &str,
    address: &ServiceAddress,
    choose: impl FnOnce(&ServiceEndpoints) -> Option<&ServicePort>,
) -> Result<Vec<PodPort>, String> {
    let found = cluster.find_pods((&address.namespace, &address.name), choose).await;
    found.map_err(|fault| match fault {
        NoPods::Cluster(fault) => fault.to_string(),
        NoPods::NoService => format!("The cluster has no {part}: no Service {address}."),
        NoPods::NoPort(_) | NoPods::NoPod | NoPods::NotReady(_) => {
            format!("The cluster's {part}, Service {address}, has no ready pod.")
        }
    })
}
