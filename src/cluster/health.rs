//! Whether the cluster is there: probed once for all who ask, in a task of its own.
//!
//! Everybody reads the answer of the last probe. A page whose answer is old starts the next probe and waits for it a
//! moment at the most, so that an API server that hangs costs a page that moment and no more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::progress::{ClusterState, Progress};
use super::{Cluster, ClusterError};

/// How long an answer counts as fresh.
const FRESH: Duration = Duration::from_secs(1);
/// How long the cluster may take to say that it is there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a page waits for a probe that is under way.
const PAGE_WAIT: Duration = Duration::from_millis(300);
/// How often a running server asks without being asked.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// What the last probe came to, and the lock that lets one probe run at a time.
#[derive(Clone, Default)]
pub(super) struct Health {
    known: watch::Sender<Option<Known>>,
    probing: Arc<Mutex<()>>,
}

#[derive(Clone)]
struct Known {
    found_at: Instant,
    state: ClusterState,
}

impl Health {
    fn is_fresh(known: Option<&Known>) -> bool {
        known.is_some_and(|known| known.found_at.elapsed() < FRESH)
    }
}

impl Cluster {
    /// Whether labs can run now; an answer that is older than a second is renewed, or given as it is after a moment.
    pub async fn state(&self) -> ClusterState {
        let mut known = self.health.known.subscribe();
        if !Health::is_fresh(known.borrow().as_ref()) {
            self.probe();
            // The old answer serves when the new one takes too long.
            let fresh = known.wait_for(|known| Health::is_fresh(known.as_ref()));
            let _in_time = tokio::time::timeout(PAGE_WAIT, fresh).await;
        }
        self.last_state()
    }

    /// What the last probe came to, without waiting for anything.
    pub fn known_state(&self) -> ClusterState {
        if !Health::is_fresh(self.health.known.borrow().as_ref()) {
            self.probe();
        }
        self.last_state()
    }

    /// Probes the cluster every few seconds until `stop`, so that pages find an answer.
    pub async fn keep_probing(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.probe();
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PROBE_EVERY) => {}
            }
        }
    }

    fn last_state(&self) -> ClusterState {
        if let Some(known) = &*self.health.known.borrow() {
            return known.state.clone();
        }
        // Nothing has to be asked to know that there is nobody to ask.
        if self.source.fingerprint().is_none() {
            return self.explain(Self::absent());
        }
        ClusterState::Unreachable {
            why: "The cluster has not answered yet.".to_owned(),
            advice: "The page notices by itself when it does.".to_owned(),
        }
    }

    /// Starts a probe unless one is under way.
    fn probe(&self) {
        let Ok(only_one) = Arc::clone(&self.health.probing).try_lock_owned() else { return };
        let cluster = self.clone();
        self.runtime.spawn(async move {
            let state = cluster.find_state().await;
            // The time is read after the answer: a slow answer is as fresh as a quick one.
            cluster.health.known.send_replace(Some(Known { found_at: Instant::now(), state }));
            drop(only_one);
        });
    }

    async fn find_state(&self) -> ClusterState {
        match self.ask_version().await {
            Ok(version) => {
                self.prepare_early().await;
                ClusterState::Ready { version }
            }
            Err(fault) => self.explain(fault),
        }
    }

    /// What a page says of a cluster that did not answer.
    fn explain(&self, fault: ClusterError) -> ClusterState {
        let progress = Some(&self.settings.status_file).filter(|_| self.source.is_local(&self.settings));
        let known = progress.and_then(|file| Progress::read(file)).and_then(|file| file.state(self.clock.now()));
        if let Some(known) = known {
            return known;
        }
        match fault {
            ClusterError::Absent(advice) => ClusterState::Absent { advice },
            fault => ClusterState::Unreachable {
                why: fault.to_string(),
                advice:
                    "If it was stopped, start it again (\"make run\" starts the local one). The page notices by itself."
                        .to_owned(),
            },
        }
    }

    /// Writes the cluster-wide objects as soon as the cluster is seen, so that no learner's first click waits for them.
    async fn prepare_early(&self) {
        let Ok(connection) = self.connection().await else { return };
        if connection.is_prepared() {
            return;
        }
        let cluster = self.clone();
        self.runtime.spawn(async move {
            if let Err(fault) = cluster.prepare().await {
                tracing::warn!(error = %fault, "cluster bootstrap failed");
            }
        });
    }

    async fn ask_version(&self) -> Result<String, ClusterError> {
        let connection = self.connection().await?;
        let version = tokio::time::timeout(PROBE_TIMEOUT, connection.client.apiserver_version())
            .await
            .map_err(|_elapsed| ClusterError::timed_out(PROBE_TIMEOUT.as_secs()))??;
        Ok(version.git_version)
    }
}
