//! The background work of labs.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Labs, SessionId};
use crate::accounts::PersonClosed;
use crate::jobs::{Job, JobError, Queue, Registry};

/// How often everything is looked at, whatever watches saw.
const RESYNC_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How often namespaces are looked for that no session owns.
const GARBAGE_COLLECTION_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How often what is old is forgotten.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Brings a session to where it should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reconcile {
    /// The session.
    pub session: SessionId,
}

impl Reconcile {
    /// The key of the one job of a session.
    pub(super) fn key(&self) -> String {
        format!("lab_session:{}", self.session)
    }
}

impl Job for Reconcile {
    const KIND: &'static str = "labs.reconcile";
    const QUEUE: Queue = Queue::Labs;
}

/// Follows a namespace to its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReconcileNamespace {
    /// Its name.
    pub namespace: String,
}

impl ReconcileNamespace {
    /// The key of the one job of a namespace.
    pub(super) fn key(&self) -> String {
        format!("lab_namespace:{}", self.namespace)
    }
}

impl Job for ReconcileNamespace {
    const KIND: &'static str = "labs.reconcile_namespace";
    const QUEUE: Queue = Queue::Namespaces;
}

/// Has every live session looked at, and lets in who waits while there is room.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Resync {}

impl Job for Resync {
    const KIND: &'static str = "labs.resync";
}

/// Finds namespaces that no session owns.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct CollectGarbage {}

impl Job for CollectGarbage {
    const KIND: &'static str = "labs.garbage_collection";
    const QUEUE: Queue = Queue::Namespaces;
}

/// Forgets what is old.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "labs.prune";
    const QUEUE: Queue = Queue::Maintenance;
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
    registry.every(RESYNC_EVERY, move |_resync: Resync| {
        let labs = owner.clone();
        async move { labs.resync().await.map_err(JobError::from) }
    });
    let owner = labs.clone();
    registry.every(GARBAGE_COLLECTION_EVERY, move |_collect: CollectGarbage| {
        let labs = owner.clone();
        async move { labs.collect_garbage().await.map_err(JobError::Retry) }
    });
    let owner = labs.clone();
    registry.every(PRUNE_EVERY, move |_prune: Prune| {
        let labs = owner.clone();
        async move { labs.prune().await.map_err(JobError::Retry) }
    });
}
