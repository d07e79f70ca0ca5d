//! The background work of labs.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Labs;
use super::model::SessionId;
use crate::accounts::PersonClosed;
use crate::db::{self, Conn};
use crate::jobs::{Job, JobError, Queue, Registry};

/// How often everything is reconciled, whatever the watches reported.
const RESYNC_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// How often namespaces without a session are collected.
const GARBAGE_COLLECTION_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// How often old rows are pruned.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// Reconciles a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reconcile {
    /// The session.
    pub session: SessionId,
}

impl Reconcile {
    /// The key of the one job of a session.
    fn key(&self) -> String {
        format!("lab_session:{}", self.session)
    }
}

impl Job for Reconcile {
    const KIND: &'static str = "labs.reconcile";
    const QUEUE: Queue = Queue::Labs;
}

/// Reconciles a namespace that is to be deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReconcileNamespace {
    /// Its name.
    pub namespace: String,
}

impl ReconcileNamespace {
    /// The key of the one job of a namespace.
    fn key(&self) -> String {
        format!("lab_namespace:{}", self.namespace)
    }
}

impl Job for ReconcileNamespace {
    const KIND: &'static str = "labs.reconcile_namespace";
    const QUEUE: Queue = Queue::Namespaces;
}

/// Reconciles every live session, and admits queued ones while there is capacity.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Resync {}

impl Job for Resync {
    const KIND: &'static str = "labs.resync";
}

/// Collects namespaces without a session.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CollectGarbage {}

impl Job for CollectGarbage {
    const KIND: &'static str = "labs.garbage_collection";
    const QUEUE: Queue = Queue::Namespaces;
}

/// Prunes old rows.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "labs.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

impl Labs {
    /// Runs the job of a session now.
    pub(super) async fn wake(&self, conn: &mut Conn, session: &SessionId) -> db::Result<()> {
        let job = Reconcile { session: session.clone() };
        self.core.jobs.wake(conn, &job, &job.key()).await
    }

    /// Runs the job of a namespace now.
    pub(super) async fn wake_namespace(&self, conn: &mut Conn, name: &str) -> db::Result<()> {
        let job = ReconcileNamespace { namespace: name.to_owned() };
        self.core.jobs.wake(conn, &job, &job.key()).await
    }
}

/// Registers the jobs of `labs`.
pub fn register_jobs(registry: &mut Registry, labs: &Labs) {
    let owner = labs.clone();
    registry.reconcile(move |job: Reconcile| {
        let labs = owner.clone();
        async move { Box::pin(labs.reconcile(&job.session)).await.map_err(JobError::Retry) }
    });
    let owner = labs.clone();
    registry.on(move |job: PersonClosed| {
        let labs = owner.clone();
        async move { Ok(labs.stop_all(&job.person).await?) }
    });
    let owner = labs.clone();
    registry.reconcile(move |job: ReconcileNamespace| {
        let labs = owner.clone();
        async move { Box::pin(labs.reconcile_namespace(&job.namespace)).await.map_err(JobError::Retry) }
    });
    let owner = labs.clone();
    registry.every(RESYNC_INTERVAL, move |_resync: Resync| {
        let labs = owner.clone();
        async move { labs.resync().await.map_err(JobError::from) }
    });
    let owner = labs.clone();
    registry.every(GARBAGE_COLLECTION_INTERVAL, move |_collect: CollectGarbage| {
        let labs = owner.clone();
        async move { labs.collect_garbage().await.map_err(JobError::Retry) }
    });
    let owner = labs.clone();
    registry.every(PRUNE_INTERVAL, move |_prune: Prune| {
        let labs = owner.clone();
        async move {
            labs.prune_page_tickets().await?;
            labs.prune().await.map_err(JobError::Retry)
        }
    });
}
