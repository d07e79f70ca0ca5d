//! The background work of grading.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Grading;
use super::model::GradingRequestId;
use crate::db::{self, Conn};
use crate::jobs::{Job, JobError, Queue, Registry};

/// How often old requests are pruned.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(6);

/// Collects the objects of a session, and writes the verdicts of one request.
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
    /// The key of the one job of a request.
    fn key(&self) -> String {
        format!("grading_request:{}", self.request)
    }
}

/// Prunes old requests with their verdicts and evidence.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "grading.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

impl Grading {
    /// Runs the job of a request now.
    pub(super) async fn wake(&self, conn: &mut Conn, request: GradingRequestId) -> db::Result<()> {
        let job = Grade { request };
        self.core.jobs.wake(conn, &job, &job.key()).await
    }
}

/// Registers the jobs of `grading`.
pub fn register_jobs(registry: &mut Registry, grading: &Grading) {
    let owner = grading.clone();
    // A waiting request must be finished, so its attempts are not limited.
    registry.reconcile(move |job: Grade| {
        let grading = owner.clone();
        async move {
            grading.grade(&job.request).await?;
            Ok(None)
        }
    });
    let owner = grading.clone();
    registry.every(PRUNE_INTERVAL, move |_prune: Prune| {
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
