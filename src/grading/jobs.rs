//! The background work of grading.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Grading;
use super::model::GradingRequestId;
use crate::db::{self, Conn};
use crate::jobs::{Job, JobError, Queue, Registry};
use crate::labs::{SessionFinished, SessionId};

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

/// Checks a session after a change in its namespace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckLive {
    /// The session.
    pub session: SessionId,
}

impl Job for CheckLive {
    const KIND: &'static str = "grading.check_live";
    const QUEUE: Queue = Queue::Grading;
}

/// Checks the tasks of a session that send requests or wait, after its namespace has settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProbeLive {
    /// The session.
    pub session: SessionId,
}

impl Job for ProbeLive {
    const KIND: &'static str = "grading.probe_live";
    const QUEUE: Queue = Queue::Grading;
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

    /// Has a session checked now, after a change in its namespace.
    pub(super) async fn wake_live_check(&self, conn: &mut Conn, session: &SessionId) -> db::Result<()> {
        let job = CheckLive { session: session.clone() };
        self.core.jobs.wake(conn, &job, &format!("grading_check:{session}")).await
    }

    /// Has the tasks of a session that send requests or wait checked at `due_at`.
    pub(super) async fn wake_live_probe(
        &self,
        conn: &mut Conn,
        session: &SessionId,
        due_at: Timestamp,
    ) -> db::Result<()> {
        let job = ProbeLive { session: session.clone() };
        self.core.jobs.wake_at(conn, &job, &format!("grading_probe:{session}"), due_at).await
    }

    /// Has the checks of a session that is over end now, which otherwise are due when they would be done again.
    async fn end_live_checks(&self, session: &SessionId) -> db::Result<()> {
        let mut tx = self.core.db.write().await?;
        self.wake_live_check(&mut tx, session).await?;
        self.wake_live_probe(&mut tx, session, self.core.clock.now()).await?;
        tx.commit().await
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
    registry.reconcile(move |job: CheckLive| {
        let grading = owner.clone();
        async move { Box::pin(grading.check_live(&job.session)).await.map_err(JobError::Retry) }
    });
    let owner = grading.clone();
    registry.reconcile(move |job: ProbeLive| {
        let grading = owner.clone();
        async move { Box::pin(grading.probe_live(&job.session)).await.map_err(JobError::Retry) }
    });
    let owner = grading.clone();
    registry.on(move |job: SessionFinished| {
        let grading = owner.clone();
        async move {
            grading.end_live_checks(&job.session).await?;
            Ok::<(), JobError>(())
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
