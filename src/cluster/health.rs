//! Whether the cluster answers: one probe at a time, in a task of its own, whose result all callers share.
//!
//! A caller that finds an old result starts the next probe and waits for it for a bounded time, so that an API server
//! that hangs delays a page by that time at most.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::progress::{ClusterState, Progress};
use super::{Cluster, ClusterError};

/// How long a result counts as fresh.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long a probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a page waits for a running probe.
const PAGE_TIMEOUT: Duration = Duration::from_millis(300);
/// How often a running server probes by itself.
pub(super) const PROBE_INTERVAL: Duration = Duration::from_secs(5);

/// The result of the last probe, and the lock that lets one probe run at a time.
#[derive(Clone, Default)]
pub(super) struct Health {
    last: watch::Sender<Option<ProbeResult>>,
    probing: Arc<Mutex<()>>,
}

#[derive(Clone)]
struct ProbeResult {
    finished_at: Instant,
    state: ClusterState,
}

impl Health {
    fn is_fresh(last: Option<&ProbeResult>) -> bool {
        last.is_some_and(|last| last.finished_at.elapsed() < FRESH_FOR)
    }
}

impl Cluster {
    /// Whether labs can run now: a result of the last second, or the last one when a new probe takes too long.
    pub async fn state(&self) -> ClusterState {
        let mut last = self.health.last.subscribe();
        if !Health::is_fresh(last.borrow().as_ref()) {
            self.probe();
            let fresh = last.wait_for(|last| Health::is_fresh(last.as_ref()));
            let _in_time = tokio::time::timeout(PAGE_TIMEOUT, fresh).await;
        }
        self.last_state()
    }

    /// The result of the last probe, without waiting for a new one.
    pub fn last_known_state(&self) -> ClusterState {
        if !Health::is_fresh(self.health.last.borrow().as_ref()) {
            self.probe();
        }
        self.last_state()
    }

    /// Probes the cluster until `stop`, so that pages find a fresh result: every few seconds whether it answers, and now and
    /// then what parts it has and whether it enforces network policies.
    pub async fn keep_probing(&self, stop: CancellationToken) {
        tokio::join!(
            self.keep_probing_health(&stop),
            Box::pin(self.keep_finding_parts(&stop)),
            Box::pin(self.keep_probing_policies(&stop)),
        );
    }

    async fn keep_probing_health(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            self.probe();
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(PROBE_INTERVAL) => {}
            }
        }
    }

    fn last_state(&self) -> ClusterState {
        if let Some(last) = &*self.health.last.borrow() {
            return last.state.clone();
        }
        // Without a kubeconfig there is nothing to probe.
        if self.source.fingerprint().is_none() {
            return self.explain(Self::absent());
        }
        ClusterState::Unreachable {
            why: "The cluster has not answered yet.".to_owned(),
            advice: "The page notices by itself when it does.".to_owned(),
        }
    }

    /// Starts a probe unless one is running.
    fn probe(&self) {
        let Ok(guard) = Arc::clone(&self.health.probing).try_lock_owned() else { return };
        let cluster = self.clone();
        self.runtime.spawn(async move {
            let state = cluster.find_state().await;
            // The time is read after the answer: a slow answer is as fresh as a quick one.
            cluster.health.last.send_replace(Some(ProbeResult { finished_at: Instant::now(), state }));
            drop(guard);
        });
    }

    async fn find_state(&self) -> ClusterState {
        match self.find_version().await {
            Ok(version) => {
                self.bootstrap_early().await;
                ClusterState::Ready { version }
            }
            Err(fault) => self.explain(fault),
        }
    }

    /// The state that pages show for a cluster that did not answer.
    fn explain(&self, fault: ClusterError) -> ClusterState {
        let progress = Some(&self.settings.status_file).filter(|_| self.source.is_local(&self.settings));
        let start = progress.and_then(|file| Progress::read(file)).and_then(|file| file.state(self.clock.now()));
        if let Some(state) = start {
            return state;
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

    /// Applies the cluster-scoped objects once the cluster answers, so that the first start of a lab does not wait for them.
    async fn bootstrap_early(&self) {
        let Ok(connection) = self.connection().await else { return };
        if connection.is_bootstrapped() {
            return;
        }
        let cluster = self.clone();
        self.runtime.spawn(async move {
            if let Err(fault) = cluster.bootstrap().await {
                tracing::warn!(error = %fault, "cluster bootstrap failed");
            }
        });
    }

    /// The version of the API server, if it answers within two seconds.
    pub async fn find_version(&self) -> Result<String, ClusterError> {
        let connection = self.connection().await?;
        let version = tokio::time::timeout(PROBE_TIMEOUT, connection.client.apiserver_version())
            .await
            .map_err(|_elapsed| ClusterError::timed_out(PROBE_TIMEOUT.as_secs()))??;
        Ok(version.git_version)
    }
}
