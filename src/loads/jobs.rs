//! The background work of loads.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Loads;
use super::model::LoadId;
use crate::db::{self, Conn};
use crate::jobs::{Job, JobError, Queue, Registry, without_slot};

/// How often old loads are pruned.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// Applies a load until it has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Apply {
    /// The load.
    pub load: LoadId,
}

impl Job for Apply {
    const KIND: &'static str = "loads.apply";
    const QUEUE: Queue = Queue::Loads;
}

/// Prunes old loads.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "loads.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

impl Loads {
    /// Runs the job of a load now.
    pub(super) async fn wake(&self, conn: &mut Conn, load: &LoadId) -> db::Result<()> {
        self.core.jobs.wake(conn, &Apply { load: load.clone() }, &format!("load:{load}")).await
    }
}

/// Registers the jobs of `loads`.
pub fn register_jobs(registry: &mut Registry, loads: &Loads) {
    let owner = loads.clone();
    registry.reconcile(move |job: Apply| {
        let loads = owner.clone();
        async move { without_slot(Box::pin(loads.apply(&job.load))).await.map_err(JobError::from) }
    });
    let owner = loads.clone();
    registry.every(PRUNE_INTERVAL, move |_prune: Prune| {
        let loads = owner.clone();
        async move {
            loads.prune().await?;
            Ok(())
        }
    });
}
