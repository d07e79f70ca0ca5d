//! The loop that claims jobs and runs them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::model::{ClaimedJob, JobError, JobState, JobSummary, Queue, back_off};
use super::pending_results::PendingResults;
use super::registry::{JobResult, Registry, Retries};
use super::settings::{JobSettings, Slots};
use super::slots::QueueSlots;
use super::store::{self, Finish, NewJob};
use super::{JobId, Jobs};
use crate::db;

/// How long an idle queue sleeps at the most, since another replica's commits do not wake it.
const POLL: Duration = Duration::from_millis(500);
/// How long nothing is claimed after a fault of the database.
const AFTER_FAULT: Duration = Duration::from_secs(2);
/// The longest pause before a result is written again.
const WRITE_AGAIN: Duration = Duration::from_millis(500);
/// How much longer than its work a stopping worker attempts to write a result.
const LAST_WRITE: Duration = Duration::from_secs(2);
/// How often the schedule of recurring jobs is looked at.
const SCHEDULE_EVERY: Duration = Duration::from_secs(5);
/// How long a job waits whose payload this version cannot read, for a worker that can.
const WAIT_FOR_VERSION: SignedDuration = SignedDuration::from_secs(10);

/// Claims jobs and runs them; clones share the registry.
#[derive(Clone)]
pub struct Worker {
    jobs: Jobs,
    registry: Arc<Registry>,
    slots: Slots,
    lease: SignedDuration,
    pending_results: PendingResults,
}

/// How an attempt ended.
enum AttemptEnd {
    /// The code ran.
    Completed(JobResult),
    /// Its payload is of a shape that this version does not know.
    Undecodable(serde_json::Error),
    /// The worker stops.
    Released,
}

impl Worker {
    /// A worker for the kinds of `registry`; fails when a kind has two subscribers.
    pub fn new(jobs: Jobs, registry: Registry, settings: &JobSettings) -> anyhow::Result<Self> {
        registry.check()?;
        let lease = SignedDuration::from_secs(settings.lease_seconds.into());
        let (registry, pending_results) = (Arc::new(registry), PendingResults::default());
        Ok(Self { jobs, registry, slots: settings.slots, lease, pending_results })
    }

    /// Whether this version has code for a kind.
    pub fn knows(&self, kind: &str) -> bool {
        self.registry.find(kind).is_some()
    }

    /// Whether a job waits for another version: this one has no code for it, or cannot read its payload.
    pub fn is_unknown(&self, job: &JobSummary) -> bool {
        let can_read = || self.registry.find(&job.kind).is_some_and(|known| known.can_read(&job.payload));
        job.state == JobState::Queued && !can_read()
    }

    /// Whether a job may be given up: it failed, or waits for another version.
    pub fn may_discard(&self, job: &JobSummary) -> bool {
        job.state == JobState::Failed || self.is_unknown(job)
    }

    /// Runs jobs until `stop`; what is under way then has `grace` to finish and is handed back after.
    pub async fn run(self, stop: CancellationToken, grace: Duration) {
        let mut tasks = JoinSet::new();
        for queue in Queue::ALL {
            let (worker, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { worker.run_queue(queue, &stop, grace).await });
        }
        let stopped = stop.clone();
        tasks.spawn(async move { self.run_schedule(&stopped).await });
        while tasks.join_next().await.is_some() {}
        info!("worker stopped");
    }

    /// Runs everything that is due now, one job after another; answers how many were run.
    pub async fn run_due(&self) -> db::Result<usize> {
        let mut count = 0;
        while let Some(job) = self.claim(None).await? {
            let ending = self.perform(&job).await;
            self.finish(&job, &self.outcome(&job, ending)).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Runs the jobs of one queue, as many at a time as it has slots.
    async fn run_queue(&self, queue: Queue, stop: &CancellationToken, grace: Duration) {
        let mut running = JoinSet::new();
        let slots = QueueSlots::new(self.slots.of(queue));
        while !stop.is_cancelled() {
            let slot = tokio::select! {
                () = stop.cancelled() => continue,
                slot = slots.take() => slot,
            };
            tokio::select! {
                () = stop.cancelled() => continue,
                () = self.pending_results.wait_for_none(queue) => {}
            }
            let committed = self.jobs.db.next_commit();
            tokio::pin!(committed);
            match self.claim(Some(queue)).await {
                Ok(Some(job)) => {
                    let (worker, stop) = (self.clone(), stop.clone());
                    running.spawn(slot.hold(async move { worker.run_leased(&job, &stop, grace).await }));
                }
                Ok(None) => {
                    drop(slot);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = &mut committed => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
                Err(fault) => {
                    drop(slot);
                    warn!(?queue, error = %fault, "job claim failed");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(AFTER_FAULT) => {}
                    }
                }
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Claims the job that has been due the longest among the kinds that this version knows, those of one queue alone when
    /// it is given.
    async fn claim(&self, queue: Option<Queue>) -> db::Result<Option<ClaimedJob>> {
        loop {
            let now = self.jobs.clock.now();
            // Reading first keeps an idle worker from writing, and from waking itself by its own commit.
            let due = store::list_due_kinds(&mut *self.jobs.db.read().await?, now).await?;
            let is_ours = |kind: &&String| {
                self.registry.find(kind).is_some_and(|known| queue.is_none_or(|queue| known.queue == queue))
            };
            let Some(kind) = due.iter().find(is_ours) else { return Ok(None) };
            let mut tx = self.jobs.db.write().await?;
            let job = self.jobs.claim(&mut tx, kind, (now, now + self.lease)).await?;
            tx.commit().await?;
            if job.is_some() {
                return Ok(job);
            }
        }
    }

    async fn run_leased(&self, job: &ClaimedJob, stop: &CancellationToken, grace: Duration) {
        let after_stop = async |time| {
            stop.cancelled().await;
            tokio::time::sleep(time).await;
        };
        let ending = tokio::select! {
            ending = self.perform(job) => ending,
            () = self.keep_lease(job) => return,
            () = after_stop(grace) => AttemptEnd::Released,
        };
        let outcome = self.outcome(job, ending);
        tokio::select! {
            () = self.write_finish(job, &outcome) => {}
            () = after_stop(grace + LAST_WRITE) => warn!(job = %job.id, kind = job.kind, "job result given up"),
        }
    }

    async fn perform(&self, job: &ClaimedJob) -> AttemptEnd {
        let Some(kind) = self.registry.find(&job.kind) else { return AttemptEnd::Released };
        if let Retries::UpTo(most) = kind.retries
            && job.attempts > most
        {
            let fault = anyhow::anyhow!("its worker died each of {most} times");
            return AttemptEnd::Completed(Err(JobError::Fail(fault)));
        }
        let run = match kind.read(&job.payload) {
            Ok(run) => run,
            Err(fault) => return AttemptEnd::Undecodable(fault),
        };
        // One job's panic must not take the slot with it, nor leave the job to its lease.
        let answer = AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(JobError::Retry(anyhow::anyhow!("it panicked: {text}")))
        });
        AttemptEnd::Completed(answer)
    }

    /// Extends the lease until it is lost: to another worker, or by its end while the database did not answer.
    async fn keep_lease(&self, job: &ClaimedJob) {
        let mut until = job.until;
        let pause = self.lease.unsigned_abs() / 3;
        loop {
            tokio::time::sleep(pause).await;
            let fault = match tokio::time::timeout(pause, self.extend(job)).await {
                Ok(Ok(Some(extended))) => {
                    until = extended;
                    continue;
                }
                Ok(Ok(None)) => break,
                Ok(Err(fault)) => fault.to_string(),
                Err(timeout) => timeout.to_string(),
            };
            warn!(job = %job.id, kind = job.kind, error = fault, "lease extension failed");
            if self.jobs.clock.now() >= until {
                break;
            }
        }
        warn!(job = %job.id, kind = job.kind, "lease lost");
    }

    async fn extend(&self, job: &ClaimedJob) -> db::Result<Option<jiff::Timestamp>> {
        let mut tx = self.jobs.db.write().await?;
        let now = self.jobs.clock.now();
        let until = now + self.lease;
        let is_kept = self.jobs.extend(&mut tx, job, (now, until)).await?;
        tx.commit().await?;
        Ok(is_kept.then_some(until))
    }

    /// What the row of a job says after an attempt that ended so.
    fn outcome(&self, job: &ClaimedJob, ending: AttemptEnd) -> Finish {
        let now = self.jobs.clock.now();
        let queued = |attempts, due_at, last_error| Finish { state: JobState::Queued, attempts, due_at, last_error };
        let ended = |state, last_error| Finish { state, attempts: job.attempts, due_at: now, last_error };
        let recurs = self.find_interval(job);
        match ending {
            AttemptEnd::Released => queued(job.attempts - 1, now, None),
            AttemptEnd::Undecodable(fault) => {
                warn!(job = %job.id, kind = job.kind, error = %fault, "job postponed");
                let text = format!("This waits for a version of the program that can read it: {fault}");
                queued(job.attempts - 1, now + WAIT_FOR_VERSION, Some(text))
            }
            AttemptEnd::Completed(Ok(again)) => match recurs.or(again) {
                Some(pause) => queued(0, now + pause, None),
                None => ended(JobState::Done, None),
            },
            AttemptEnd::Completed(Err(fault)) => {
                let (is_for_good, fault) = match fault {
                    JobError::Retry(fault) => (self.is_last(job), fault),
                    JobError::Fail(fault) => (true, fault),
                };
                // PostgreSQL takes no text that holds a null character.
                let text = format!("{fault:#}").replace('\0', "\u{fffd}");
                let (id, kind, attempts) = (&job.id, &job.kind, job.attempts);
                if let Some(pause) = recurs {
                    warn!(job = %id, kind, error = text, "recurring job failed");
                    queued(0, now + pause, Some(text))
                } else if is_for_good {
                    error!(job = %id, kind, attempts, error = text, "job failed");
                    ended(JobState::Failed, Some(text))
                } else {
                    warn!(job = %id, kind, attempts, error = text, "job retried");
                    queued(attempts, now + back_off(attempts, &self.jobs.random), Some(text))
                }
            }
        }
    }

    /// How long after this job the next of its schedule is due, if it is the one that recurs.
    fn find_interval(&self, job: &ClaimedJob) -> Option<SignedDuration> {
        let mut recurring = self.registry.recurring().iter();
        recurring.find(|one| job.unique_key.as_deref() == Some(&one.key())).map(|one| one.every)
    }

    fn is_last(&self, job: &ClaimedJob) -> bool {
        match self.registry.find(&job.kind).map(|kind| kind.retries) {
            Some(Retries::UpTo(most)) => job.attempts >= most,
            Some(Retries::Unlimited) => false,
            Some(Retries::Once) | None => true,
        }
    }

    /// Writes what an attempt left behind, again and again while the database takes nothing: the work is not done anew.
    async fn write_finish(&self, job: &ClaimedJob, finish: &Finish) {
        let (mut pause, mut waiting) = (Duration::from_millis(20), None);
        loop {
            match self.finish(job, finish).await {
                Ok(true) => return,
                Ok(false) => {
                    warn!(job = %job.id, kind = job.kind, "lease lost");
                    return;
                }
                Err(fault) => {
                    warn!(job = %job.id, kind = job.kind, error = %fault, "job result not written");
                    if !fault.is_transient() {
                        return;
                    }
                    if waiting.is_none() {
                        waiting = self.registry.find(&job.kind).map(|kind| self.pending_results.add(kind.queue));
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(WRITE_AGAIN);
        }
    }

    async fn finish(&self, job: &ClaimedJob, finish: &Finish) -> db::Result<bool> {
        let mut tx = self.jobs.db.write().await?;
        let is_written = self.jobs.finish(&mut tx, job, finish, self.jobs.clock.now()).await?;
        tx.commit().await?;
        Ok(is_written)
    }

    async fn run_schedule(&self, stop: &CancellationToken) {
        loop {
            if let Err(fault) = self.schedule().await {
                warn!(error = %fault, "job schedule failed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SCHEDULE_EVERY) => {}
            }
        }
    }

    /// Sees to it that each recurring kind has its one job, due within its interval, and that no job waits for a time
    /// that a clock gave which was ahead.
    pub async fn schedule(&self) -> db::Result<()> {
        let now = self.jobs.clock.now();
        if self.is_scheduled(now).await? {
            return Ok(());
        }
        let mut tx = self.jobs.db.write().await?;
        store::move_back(&mut tx, now).await?;
        for recurring in self.registry.recurring() {
            let id = JobId::generate(&self.jobs.random, now);
            let (kind, payload) = (recurring.kind, recurring.payload.as_str());
            let new = NewJob { id: &id, kind, payload, due_at: now + recurring.every };
            store::schedule(&mut tx, &recurring.key(), &new, now).await?;
        }
        tx.commit().await
    }

    /// Reading first keeps an idle process from writing.
    async fn is_scheduled(&self, now: jiff::Timestamp) -> db::Result<bool> {
        let mut conn = self.jobs.db.read().await?;
        if store::count_ahead(&mut conn, now).await? > 0 {
            return Ok(false);
        }
        for recurring in self.registry.recurring() {
            if !store::is_scheduled(&mut conn, &recurring.key(), now + recurring.every).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
