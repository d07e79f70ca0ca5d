//! The cluster: the only part that holds a Kubernetes client.
//!
//! [`Cluster`] connects when it is first asked for something, and again when the kubeconfig appears or is replaced; a
//! broken connection is made anew by the client itself. Every call has a time limit and answers a [`ClusterError`] that
//! tells apart what callers word differently: gone, refused, in conflict, invalid.
//!
//! # Why no client-side throttle
//! The API server has priority and fairness of its own; a second limit on this side would only make a learner's click
//! wait behind other learners' clicks.

mod access;
mod connection;
mod error;
mod foundations;
mod objects;
mod progress;
mod script;
mod settings;
mod terminal;

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::Client;
use tokio::runtime::Handle;
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::clock::Clock;
use connection::{Connection, Source};
use progress::Progress;

pub use error::ClusterError;
pub use foundations::ApiServerAddress;
pub use objects::ObjectName;
pub use progress::ClusterState;
pub use script::ScriptOutcome;
pub use settings::ClusterSettings;
pub use terminal::{Terminal, TerminalEnd, TerminalInput, TerminalOutput};

/// The name under which the platform owns the fields it applies.
const FIELD_MANAGER: &str = "seaworthy";
/// The label by whose presence the admission policies find the namespaces they bind.
pub const SESSION_LABEL: &str = "seaworthy.dev/session";
/// The `ClusterRole` that a learner is bound to in their own namespace.
pub const LEARNER_ROLE: &str = "seaworthy-learner";

/// How long an answer about the cluster's state serves every page that asks.
const STATE_KEPT: Duration = Duration::from_secs(1);
/// How long the cluster may take to say that it is there.
const STATE_TIMEOUT: Duration = Duration::from_secs(2);

type KeptState = Arc<Mutex<Option<(Instant, ClusterState)>>>;

/// The cluster that labs run on; clones share one connection.
#[derive(Clone)]
pub struct Cluster {
    settings: Arc<ClusterSettings>,
    source: Arc<Source>,
    clock: Clock,
    connection: Arc<RwLock<Option<Arc<Connection>>>>,
    state: KeptState,
    runtime: Handle,
}

impl Cluster {
    /// The cluster of `settings`; nothing is connected yet. The runtime it is called on must outlive every clone.
    pub fn new(settings: ClusterSettings, clock: Clock) -> Self {
        let source = Arc::new(Source::find(&settings));
        Self {
            settings: Arc::new(settings),
            source,
            clock,
            connection: Arc::default(),
            state: Arc::default(),
            runtime: Handle::current(),
        }
    }

    /// What the installation says about the cluster.
    pub fn settings(&self) -> &ClusterSettings {
        &self.settings
    }

    /// Whether labs can run now, asked of the cluster itself at most once a second.
    pub async fn state(&self) -> ClusterState {
        let now = Instant::now();
        if let Some((asked, state)) = &*self.state.lock().unwrap_or_else(PoisonError::into_inner)
            && now.duration_since(*asked) < STATE_KEPT
        {
            return state.clone();
        }
        let state = self.find_state().await;
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, state.clone()));
        state
    }

    async fn find_state(&self) -> ClusterState {
        let fault = match self.ask_version().await {
            Ok(version) => {
                self.prepare_early().await;
                return ClusterState::Ready { version };
            }
            Err(fault) => fault,
        };
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
        tokio::spawn(async move {
            if let Err(fault) = cluster.prepare().await {
                tracing::warn!(error = %fault, "the cluster could not be prepared for labs");
            }
        });
    }

    async fn ask_version(&self) -> Result<String, ClusterError> {
        let connection = self.connection().await?;
        let version = tokio::time::timeout(STATE_TIMEOUT, connection.client.apiserver_version())
            .await
            .map_err(|_elapsed| ClusterError::timed_out(STATE_TIMEOUT.as_secs()))??;
        Ok(version.git_version)
    }

    /// The open connection, made anew when the kubeconfig is another one than it was made from.
    async fn connection(&self) -> Result<Arc<Connection>, ClusterError> {
        let Some(fingerprint) = self.source.fingerprint() else {
            *self.connection.write().await = None;
            return Err(ClusterError::Absent(
                "Labs need a Kubernetes cluster. Run \"make run\" as root on Linux for a local one, or set KUBECONFIG to \
                 a cluster of your own, such as kind or k3s. Lessons and checkpoints work without it."
                    .to_owned(),
            ));
        };
        if let Some(open) = self.connection.read().await.as_ref().filter(|open| open.fingerprint == fingerprint) {
            return Ok(Arc::clone(open));
        }
        let mut slot = self.connection.write().await;
        if let Some(open) = slot.as_ref().filter(|open| open.fingerprint == fingerprint) {
            return Ok(Arc::clone(open));
        }
        let fresh = Arc::new(Connection::open(&self.source, fingerprint, &self.runtime).await?);
        tracing::info!(cluster = self.settings.name, server = fresh.server, "connected to the cluster");
        *slot = Some(Arc::clone(&fresh));
        Ok(fresh)
    }

    async fn client(&self) -> Result<Client, ClusterError> {
        Ok(self.connection().await?.client.clone())
    }

    /// Runs one call within the settings' time limit.
    async fn bounded<T>(&self, call: impl Future<Output = Result<T, kube::Error>>) -> Result<T, ClusterError> {
        let seconds = self.settings.call_timeout_seconds;
        match tokio::time::timeout(Duration::from_secs(seconds), call).await {
            Ok(answer) => Ok(answer?),
            Err(_elapsed) => Err(ClusterError::timed_out(seconds)),
        }
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cluster").field("name", &self.settings.name).finish_non_exhaustive()
    }
}
