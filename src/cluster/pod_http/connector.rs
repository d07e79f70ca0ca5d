//! Opens the port of a pod that an address names.

use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tower_service::Service;

use super::stream::PodStream;
use crate::cluster::services::PodPort;
use crate::cluster::{Cluster, ClusterError};

/// Opens forwarded ports for the pool of connections.
#[derive(Clone)]
pub(super) struct PodConnector {
    cluster: Cluster,
}

impl PodConnector {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone() }
    }
}

/// A pod's port as the host of an address, by which connections are kept apart. Neither a uid nor a namespace has a dot.
pub(super) fn authority(pod: &PodPort) -> String {
    format!("{}.{}.{}:{}", pod.uid, pod.namespace, pod.pod, pod.port)
}

/// The namespace, the pod and the port behind such a host.
fn read_authority(address: &Uri) -> Option<(&str, &str, u16)> {
    let mut parts = address.host()?.splitn(3, '.');
    let (_uid, namespace, pod) = (parts.next()?, parts.next()?, parts.next()?);
    Some((namespace, pod, address.port_u16()?))
}

impl Service<Uri> for PodConnector {
    type Response = TokioIo<PodStream>;
    type Error = ClusterError;
    type Future = BoxFuture<'static, Result<Self::Response, ClusterError>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), ClusterError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let cluster = self.cluster.clone();
        // The streams belong to tasks of the runtime that this is spawned on.
        let opening = cluster.runtime.clone().spawn(async move {
            let (namespace, pod, port) = read_authority(&address)
                .ok_or_else(|| ClusterError::Other(format!("{address} is not the port of a pod")))?;
            cluster.forward_port(namespace, pod, port).await
        });
        Box::pin(async move {
            let opened = opening.await.map_err(|fault| ClusterError::Other(fault.to_string()))?;
            opened.map(TokioIo::new)
        })
    }
}

impl Cluster {
    async fn forward_port(&self, namespace: &str, pod: &str, port: u16) -> Result<PodStream, ClusterError> {
        let pods: Api<Pod> = Api::namespaced(self.client().await?, namespace);
        let mut forwarded = self.bounded(pods.portforward(pod, &[port])).await?;
        let missing = || ClusterError::Other("the forwarded port came without its streams".to_owned());
        let stream = forwarded.take_stream(port).ok_or_else(missing)?;
        let fault = forwarded.take_error(port).ok_or_else(missing)?;
        Ok(PodStream::new(stream, Box::pin(fault)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_back_to_its_pod() {
        let pod = PodPort { namespace: "3f9a".into(), pod: "web-0.a".into(), uid: "11-22".into(), port: 8080 };
        let address = Uri::builder().scheme("http").authority(authority(&pod)).path_and_query("/").build().unwrap();
        assert_eq!(read_authority(&address), Some(("3f9a", "web-0.a", 8080)));
    }
}
