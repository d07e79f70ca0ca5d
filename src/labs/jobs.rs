//! The background work of labs.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Labs, SessionId};
use crate::jobs::{Job, JobError, Queue, Registry};

/// How often what has run out is ended and what nobody owns is swept.
const UPKEEP_EVERY: SignedDuration = SignedDuration::from_secs(15);

/// Does in the cluster what a session's state calls for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Advance {
    /// The session.
    pub session: SessionId,
}

impl Job for Advance {
    const KIND: &'static str = "labs.advance";
    const QUEUE: Queue = Queue::Labs;
}

/// Ends what has run out, and sweeps the cluster.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Upkeep {}

impl Job for Upkeep {
    const KIND: &'static str = "labs.upkeep";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Registers the jobs of `labs`.
pub fn register_jobs(registry: &mut Registry, labs: &Labs) {
    let owner = labs.clone();
    registry.on(move |job: Advance| {
        let labs = owner.clone();
        async move { labs.advance(&job.session).await.map_err(JobError::Retry) }
    });
    let owner = labs.clone();
    registry.every(UPKEEP_EVERY, move |_upkeep: Upkeep| {
        let labs = owner.clone();
        async move { labs.keep_up().await.map_err(JobError::Retry) }
    });
}
