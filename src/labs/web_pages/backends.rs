//! The pods behind pages, remembered for a moment, and how the last requests to them went.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::PageError;
use super::model::{PageHost, PortName, choose_port};
use crate::cluster::{Cluster, PodPort, ServiceEndpoints, ServicePort};

/// How long the pods behind a Service are remembered.
const REMEMBER_PODS: Duration = Duration::from_secs(2);
/// How long a failure is told on the lab's page, unless an answer comes first.
const REMEMBER_FAILURE: Duration = Duration::from_mins(1);

/// Where a page leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::labs) struct Backend {
    pub(in crate::labs) namespace: String,
    pub(in crate::labs) service: String,
    pub(in crate::labs) port: Option<PortName>,
}

/// The pods behind pages, and the last failures; clones share them.
#[derive(Clone, Debug, Default)]
pub(in crate::labs) struct Backends(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    pods: HashMap<Backend, (Instant, Vec<PodPort>)>,
    failures: HashMap<PageHost, (Instant, PageError)>,
    /// Counts requests, so that each goes to another pod.
    turn: usize,
}

impl Backends {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        memory.pods.retain(|_, (at, _)| at.elapsed() < REMEMBER_PODS);
        memory.failures.retain(|_, (at, _)| at.elapsed() < REMEMBER_FAILURE);
        memory
    }

    /// One of the remembered pods, the next with each call.
    pub(in crate::labs) fn next_pod(&self, backend: &Backend) -> Option<PodPort> {
        let mut memory = self.memory();
        memory.turn = memory.turn.wrapping_add(1);
        let (turn, (_, pods)) = (memory.turn, memory.pods.get(backend)?);
        pods.get(turn % pods.len()).cloned()
    }

    /// Keeps the pods behind a page for a moment.
    pub(in crate::labs) fn remember_pods(&self, backend: &Backend, pods: Vec<PodPort>) {
        self.memory().pods.insert(backend.clone(), (Instant::now(), pods));
    }

    /// Has them looked up again.
    pub(in crate::labs) fn forget_pods(&self, backend: &Backend) {
        self.memory().pods.remove(backend);
    }

    /// Notes whether a page was answered.
    pub(in crate::labs) fn record(&self, host: &PageHost, failure: Option<&PageError>) {
        let mut memory = self.memory();
        match failure {
            Some(failure) => drop(memory.failures.insert(host.clone(), (Instant::now(), failure.clone()))),
            None => drop(memory.failures.remove(host)),
        }
    }

    /// Why the page at `host` was not answered when it was last asked, if that was lately.
    pub(in crate::labs) fn last_failure(&self, host: &PageHost) -> Option<PageError> {
        self.memory().failures.get(host).map(|(_, failure)| failure.clone())
    }
}

impl Backend {
    /// Its ready pods.
    pub(in crate::labs) async fn find_pods(&self, cluster: &Cluster) -> Result<Vec<PodPort>, PageError> {
        let found =
            cluster.find_pods((&self.namespace, &self.service), |service| choose_port(service, self.port.as_ref()));
        found.await.map_err(|fault| PageError::of(fault, &self.service, self.port.as_ref()))
    }
}

/// The port of a Service where a page is, and the ready pods behind it.
pub(super) fn find_pods(
    service: &ServiceEndpoints,
    wanted: Option<&PortName>,
) -> Result<(ServicePort, Vec<PodPort>), PageError> {
    service
        .find_pods(|service| choose_port(service, wanted))
        .map_err(|fault| PageError::of(fault, &service.name, wanted))
}
