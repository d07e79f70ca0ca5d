//! What a cluster has beside Kubernetes itself: an ingress, a mesh, metrics, traces. Found from the Service that each is
//! reached by and the Deployments behind it, kept for a while, told by all pages.

mod find;
mod model;
mod remedy;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connection::Fingerprint;
use super::{Cluster, ClusterError};

pub use model::{Part, PartKind, PartState, ServiceAddress};

/// How long a finding counts as fresh while every part is ready.
const FRESH_FOR: Duration = Duration::from_mins(1);
/// How long it counts as fresh while a part is on its way, so that a page shows each step.
const FRESH_WHILE_STARTING: Duration = Duration::from_secs(4);

/// The last finding, and the lock that lets one search run at a time.
#[derive(Clone, Default)]
pub(super) struct Parts {
    last: watch::Sender<Option<Finding>>,
    searching: Arc<Mutex<()>>,
}

#[derive(Clone)]
struct Finding {
    finished_at: Instant,
    /// The kubeconfig of the cluster that it is about.
    source: Fingerprint,
    parts: Vec<Part>,
}

impl Finding {
    fn is_fresh(&self) -> bool {
        let is_starting = self.parts.iter().any(|part| matches!(part.state, PartState::Starting { .. }));
        self.finished_at.elapsed() < if is_starting { FRESH_WHILE_STARTING } else { FRESH_FOR }
    }
}

impl Cluster {
    /// Every part as it was last found, without waiting; none before the first search.
    pub fn known_parts(&self) -> Vec<Part> {
        self.last_parts().map(|last| last.parts).unwrap_or_default()
    }

    fn last_parts(&self) -> Option<Finding> {
        let last = self.parts.last.borrow().clone()?;
        (Some(last.source) == self.source.fingerprint()).then_some(last)
    }

    /// Looks now, and answers every part.
    pub async fn find_parts(&self) -> Result<Vec<Part>, ClusterError> {
        let _one_at_a_time = self.parts.searching.lock().await;
        let source = self.source.fingerprint().ok_or_else(Self::absent)?;
        let parts = self.find_each(&PartKind::ALL).await?;
        let finding = Finding { finished_at: Instant::now(), source, parts: parts.clone() };
        self.parts.last.send_replace(Some(finding));
        Ok(parts)
    }

    /// Those of the parts that are not ready at this moment.
    pub async fn find_missing(&self, required: &[PartKind]) -> Result<Vec<Part>, ClusterError> {
        let mut missing = self.find_each(required).await?;
        missing.retain(|part| part.state != PartState::Ready);
        Ok(missing)
    }

    async fn find_each(&self, kinds: &[PartKind]) -> Result<Vec<Part>, ClusterError> {
        let mut found = Vec::new();
        for kind in kinds {
            found.push(self.find_part(*kind).await?);
        }
        Ok(found)
    }

    /// Looks again in a cluster that answers whenever the last finding is too old, until `stop`.
    pub(super) async fn keep_finding_parts(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let is_fresh = self.last_parts().is_some_and(|last| last.is_fresh());
            if !is_fresh
                && self.last_known_state().is_ready()
                && let Err(fault) = self.find_parts().await
            {
                tracing::warn!(cluster = self.settings.name, error = %fault, "cluster parts not found");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(super::health::PROBE_INTERVAL) => {}
            }
        }
    }
}
