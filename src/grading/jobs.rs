//! The background work of grading.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Grading, GradingRequestId};
use crate::accounts::PersonId;
use crate::jobs::{Job, JobError, Queue, Registry};

/// How often what is kept no longer is removed.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(6);

/// Collects what a session holds, and writes the verdicts of one request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grade {
    /// The request.
    pub request: GradingRequestId,
}

impl Job for Grade {
    const KIND: &'static str = "grading.grade";
    const QUEUE: Queue = Queue::Grading;
}

impl Grade {
    /// There is one job for each request, however often it is asked for.
    pub(super) fn key(&self) -> String {
        format!("grading_request:{}", self.request)
    }
}

/// Removes requests, verdicts and evidence that are kept no longer.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "grading.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Tells the parts above that somebody has passed the last task of a lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabPassed {
    /// Who.
    pub person: PersonId,
    /// The lab.
    pub lab: String,
}

impl Job for LabPassed {
    const KIND: &'static str = "grading.lab_passed";
}

/// Registers the jobs of `grading`.
pub fn register_jobs(registry: &mut Registry, grading: &Grading) {
    let owner = grading.clone();
    // A request that waits must come to its end, so there is no last try.
    registry.reconcile(move |job: Grade| {
        let grading = owner.clone();
        async move {
            grading.grade(&job.request).await?;
            Ok(None)
        }
    });
    let owner = grading.clone();
    registry.every(PRUNE_EVERY, move |_prune: Prune| {
        let grading = owner.clone();
        async move {
            let pruned = grading.prune().await?;
            if pruned > 0 {
                tracing::info!(pruned, "grading requests pruned");
            }
            Ok::<(), JobError>(())
        }
    });
}
