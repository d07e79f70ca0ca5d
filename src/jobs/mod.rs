//! Background work: enqueued in the transaction that calls for it, claimed by one worker anywhere, retried with
//! back-off, handed back on shutdown.
//!
//! A job runs at least once, so what it does must bear being done twice. Its payload holds ids: what it needs to know is
//! read when it runs.
//!
//! # Leases
//! A worker that claims a job gets a lease, which it extends while it works; when it dies or freezes, the lease ends and
//! another worker claims the job anew. Every claim has a number, and an attempt writes only under the number of its own claim:
//! what an attempt that lost its lease writes late changes nothing. A result that the database did not take is written again;
//! the work is not done again for it.
//!
//! # Versions
//! Replicas of two versions may work on one queue. A worker claims only kinds that it knows, and puts back a payload that
//! it cannot read, without counting the attempt. A payload with a field too many is one of these, so a field that nobody
//! needs any more stays in its payload until no job with it is left.
//!
//! # Queues
//! [`Job::QUEUE`] names the worker slots that run a job, [`JobSettings`] how many of them a process has. Slots are never
//! lent to another queue, so however long grading takes or a cluster hangs, mail goes out. A job that waits for something
//! gives its slot back meanwhile ([`without_slot`]).
//!
//! # Which subscription
//! - [`Registry::on`]: something happened, and this follows from it.
//! - [`Registry::reconcile`]: something should be in a certain state. [`Jobs::wake`] asks for a run, under a key of which
//!   there is one job; the code's answer asks for the next.
//! - [`Registry::every`]: something recurs, one job of it in the whole installation.

mod model;
mod pending_results;
mod registry;
mod settings;
mod slots;
mod store;
mod worker;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::db::{self, Conn, Db};
use crate::id::Random;

pub use model::{ClaimedJob, Job, JobError, JobFilter, JobId, JobState, JobSummary, MAX_ATTEMPTS, Queue, back_off};
pub use registry::Registry;
pub use settings::{JobSettings, Slots};
pub use slots::without_slot;
pub use store::Finish;
pub use worker::Worker;

use store::{NewJob, admin};

/// How long jobs that were done are kept.
const KEEP_DONE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long jobs that failed are kept.
const KEEP_FAILED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How often jobs are pruned.
const PRUNE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Puts work into the queue.
#[derive(Clone, Debug)]
pub struct Jobs {
    db: Db,
    clock: Clock,
    random: Random,
}

/// Removes jobs that were done or failed long ago.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "jobs.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Registers the jobs of this part.
pub fn register_jobs(registry: &mut Registry, jobs: &Jobs) {
    let owner = jobs.clone();
    registry.every(PRUNE_EVERY, move |_prune: Prune| {
        let jobs = owner.clone();
        async move {
            jobs.prune().await?;
            Ok(())
        }
    });
}

impl Jobs {
    /// The queue kept in `db`.
    pub fn new(db: Db, clock: Clock, random: Random) -> Self {
        Self { db, clock, random }
    }

    /// Adds a job that is due at once.
    pub async fn enqueue<J: Job>(&self, conn: &mut Conn, job: &J) -> db::Result<()> {
        self.enqueue_at(conn, job, self.clock.now()).await
    }

    /// Adds a job that is due at `due_at`.
    pub async fn enqueue_at<J: Job>(&self, conn: &mut Conn, job: &J, due_at: Timestamp) -> db::Result<()> {
        let (now, payload) = (self.clock.now(), payload(job)?);
        let id = JobId::generate(&self.random, now);
        store::add(conn, &NewJob { id: &id, kind: J::KIND, payload: &payload, due_at }, now).await
    }

    /// Makes the one job of `key` due now: one that waits is brought forward, one that runs is run once more after it
    /// ends, one that failed begins anew, and else it is added.
    pub async fn wake<J: Job>(&self, conn: &mut Conn, job: &J, key: &str) -> db::Result<()> {
        self.wake_at(conn, job, key, self.clock.now()).await
    }

    /// As [`Jobs::wake`], but due at `due_at`; one that runs is run once more at once.
    pub async fn wake_at<J: Job>(&self, conn: &mut Conn, job: &J, key: &str, due_at: Timestamp) -> db::Result<()> {
        let (now, payload) = (self.clock.now(), payload(job)?);
        let id = JobId::generate(&self.random, now);
        store::wake(conn, key, &NewJob { id: &id, kind: J::KIND, payload: &payload, due_at }, now).await
    }

    /// Claims the job of a kind that has been due the longest, within the caller's transaction, with a lease from `now`
    /// until `until`; `None` when another worker was first.
    pub async fn claim(
        &self,
        conn: &mut Conn,
        kind: &str,
        (now, until): (Timestamp, Timestamp),
    ) -> db::Result<Option<ClaimedJob>> {
        store::claim(conn, kind, now, until).await
    }

    /// Moves the end of a claimed job's lease to `until`; `false` when another attempt has the job.
    pub async fn extend(
        &self,
        conn: &mut Conn,
        job: &ClaimedJob,
        (now, until): (Timestamp, Timestamp),
    ) -> db::Result<bool> {
        store::extend(conn, job, now, until).await
    }

    /// Writes what an attempt at a claimed job left behind; `false` when another attempt has the job.
    pub async fn finish(&self, conn: &mut Conn, job: &ClaimedJob, finish: &Finish, now: Timestamp) -> db::Result<bool> {
        store::finish(conn, job, finish, now).await
    }

    /// Up to `limit` jobs made before the job `before`, the newest first.
    pub async fn list(&self, filter: JobFilter<'_>, before: Option<&JobId>, limit: i64) -> db::Result<Vec<JobSummary>> {
        admin::list(&mut *self.db.read().await?, filter, before, limit).await
    }

    /// The job of an id.
    pub async fn find(&self, id: &JobId) -> db::Result<Option<JobSummary>> {
        admin::find(&mut *self.db.read().await?, id).await
    }

    /// Every kind of which there is a job.
    pub async fn list_kinds(&self) -> db::Result<Vec<String>> {
        admin::list_kinds(&mut *self.db.read().await?).await
    }

    /// Up to `limit` jobs that wait, run or have failed, the newest first.
    pub async fn list_unfinished(&self, limit: i64) -> db::Result<Vec<JobSummary>> {
        let filter = JobFilter { except: Some(JobState::Done), ..JobFilter::default() };
        self.list(filter, None, limit).await
    }

    /// How many jobs there are in each state but `done`.
    pub async fn count_unfinished(&self) -> db::Result<Vec<(String, i64)>> {
        admin::count_unfinished(&mut *self.db.read().await?).await
    }

    /// Puts a failed job back into the queue within the caller's transaction; answers its kind, if it had failed.
    pub async fn retry(&self, conn: &mut Conn, id: &JobId) -> db::Result<Option<String>> {
        admin::retry(conn, id, self.clock.now()).await
    }

    /// Removes, within the caller's transaction, a job that failed or that waits for a version other than that of `worker`;
    /// answers its kind, if it was one.
    pub async fn discard(&self, conn: &mut Conn, id: &JobId, worker: &Worker) -> db::Result<Option<String>> {
        let Some(job) = admin::find(conn, id).await?.filter(|job| worker.may_discard(job)) else { return Ok(None) };
        Ok(admin::remove(conn, id, job.state).await?.then_some(job.kind))
    }

    /// Removes jobs that were done or failed long ago; answers how many.
    pub async fn prune(&self) -> db::Result<u64> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let pruned = admin::prune(&mut tx, now - KEEP_DONE, now - KEEP_FAILED).await?;
        tx.commit().await?;
        Ok(pruned)
    }
}

fn payload<J: Job>(job: &J) -> db::Result<String> {
    serde_json::to_string(job)
        .map_err(|fault| db::Error::Inconsistent { column: "jobs.payload", value: fault.to_string() })
}
