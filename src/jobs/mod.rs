//! Background work: enqueued in the transaction that calls for it, claimed by one worker anywhere, retried with
//! back-off, handed back on shutdown.
//!
//! A job runs at least once: a worker that dies leaves a lease that runs out, and another worker takes the job up. What a
//! job does must therefore bear being done twice.

mod model;
pub mod store;
mod worker;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::id::Random;

pub use model::{ClaimedJob, Job, JobError, JobId, JobSummary, MAX_ATTEMPTS, back_off};
pub use worker::{Registry, Worker};

/// Puts work into the queue.
#[derive(Clone, Debug)]
pub struct Jobs {
    db: Db,
    clock: Clock,
    random: Random,
}

impl Jobs {
    /// The queue kept in `db`.
    pub fn new(db: Db, clock: Clock, random: Random) -> Self {
        Self { db, clock, random }
    }

    /// Adds a job that is due at once.
    pub async fn enqueue<J: Job>(&self, conn: &mut Conn, job: &J) -> db::Result<()> {
        self.add(conn, job, None, self.clock.now()).await.map(|_added| ())
    }

    /// Adds a job that is due at `run_at`.
    pub async fn enqueue_at<J: Job>(&self, conn: &mut Conn, job: &J, run_at: Timestamp) -> db::Result<()> {
        self.add(conn, job, None, run_at).await.map(|_added| ())
    }

    /// Adds a job due at `run_at` unless one with the same `key` waits or runs; says whether it was added.
    pub async fn enqueue_once<J: Job>(
        &self,
        conn: &mut Conn,
        job: &J,
        key: &str,
        run_at: Timestamp,
    ) -> db::Result<bool> {
        self.add(conn, job, Some(key), run_at).await
    }

    /// The jobs that wait, run or failed, newest first.
    pub async fn list_unfinished(&self, limit: i64) -> db::Result<Vec<JobSummary>> {
        store::list_unfinished(&mut *self.db.read().await?, limit).await
    }

    /// How many jobs there are in each state but `done`.
    pub async fn count_unfinished(&self) -> db::Result<Vec<(String, i64)>> {
        store::count_unfinished(&mut *self.db.read().await?).await
    }

    /// Puts a failed job back into the queue within the caller's transaction; answers its kind, if it had failed.
    pub async fn retry(&self, conn: &mut Conn, id: &JobId) -> db::Result<Option<String>> {
        store::retry(conn, id, self.clock.now()).await
    }

    /// Removes a failed job within the caller's transaction; answers its kind, if it had failed.
    pub async fn discard(&self, conn: &mut Conn, id: &JobId) -> db::Result<Option<String>> {
        store::discard(conn, id).await
    }

    async fn add<J: Job>(&self, conn: &mut Conn, job: &J, key: Option<&str>, run_at: Timestamp) -> db::Result<bool> {
        let now = self.clock.now();
        let id = JobId::generate(&self.random, now);
        let payload = serde_json::to_string(job)
            .map_err(|fault| db::Error::Inconsistent { column: "jobs.payload", value: fault.to_string() })?;
        let new = store::NewJob { id: &id, kind: J::KIND, payload: &payload, unique_key: key, run_at };
        store::add(conn, &new, now).await
    }
}
