//! The loop that takes jobs and runs them.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::model::{ClaimedJob, Job, JobError, JobId, back_off};
use super::store::{self, Outcome};
use crate::clock::Clock;
use crate::db::{self, Db};
use crate::id::Random;

/// How long a claim holds without being extended.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// How long an idle worker sleeps at the most, since another replica's commits do not wake it.
const POLL: Duration = Duration::from_millis(500);
/// How long finished jobs are kept.
const KEEP_DONE: SignedDuration = SignedDuration::from_hours(7 * 24);

type Run = Box<dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<(), JobError>> + Send>> + Send + Sync>;

/// Which code runs which kind of job, and which kinds come round by themselves.
#[derive(Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Kind>,
    recurring: Vec<Recurring>,
}

struct Kind {
    run: Run,
    most_tries: i64,
}

struct Recurring {
    kind: &'static str,
    every: SignedDuration,
    payload: String,
}

impl Registry {
    /// Runs jobs of type `J` with `run`.
    pub fn on<J, F, Fut>(&mut self, run: F)
    where
        J: Job,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let boxed: Run = Box::new(move |payload| match serde_json::from_str::<J>(&payload) {
            Ok(job) => Box::pin(run(job)),
            Err(fault) => Box::pin(std::future::ready(Err(JobError::Fail(fault.into())))),
        });
        self.kinds.insert(J::KIND, Kind { run: boxed, most_tries: J::MOST_TRIES });
    }

    /// Runs a job of type `J` with `run`, and again `every` so often for as long as any worker lives.
    pub fn every<J, F, Fut>(&mut self, every: SignedDuration, run: F)
    where
        J: Job + Default,
        F: Fn(J) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let payload = serde_json::to_string(&J::default()).unwrap_or_else(|_unit| "null".to_owned());
        self.recurring.push(Recurring { kind: J::KIND, every, payload });
        self.on(run);
    }
}

/// Takes jobs and runs them; clones share the registry.
#[derive(Clone)]
pub struct Worker {
    db: Db,
    clock: Clock,
    random: Random,
    registry: Arc<Registry>,
    name: Arc<str>,
}

impl Worker {
    /// A worker under a name of its own.
    pub fn new(db: Db, clock: Clock, random: Random, registry: Registry) -> Self {
        let name = random.hex::<8>().into();
        Self { db, clock, random, registry: Arc::new(registry), name }
    }

    /// Runs jobs, `lanes` at a time, until `stop`; what is under way then has `grace` to finish and is handed back after.
    pub async fn run(self, lanes: usize, stop: CancellationToken, grace: Duration) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..lanes {
            let (worker, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { worker.lane(&stop, grace).await });
        }
        let (worker, token) = (self.clone(), stop.clone());
        tasks.spawn(async move { worker.keep_schedule(&token).await });
        while tasks.join_next().await.is_some() {}
        info!("background work stopped");
    }

    /// Runs everything that is due now, one job after another; answers how many were run.
    pub async fn run_due(&self) -> db::Result<usize> {
        let mut count = 0;
        while let Some(job) = self.claim().await? {
            let result = self.perform(&job).await;
            self.settle(&job, result).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn lane(&self, stop: &CancellationToken, grace: Duration) {
        loop {
            let committed = self.db.next_commit();
            tokio::pin!(committed);
            match self.claim().await {
                Ok(Some(job)) => self.run_leased(&job, stop, grace).await,
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = &mut committed => {}
                        () = tokio::time::sleep(POLL) => {}
                    }
                }
                Err(fault) => {
                    warn!(error = %fault, "no job could be claimed");
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(POLL * 4) => {}
                    }
                }
            }
            if stop.is_cancelled() {
                return;
            }
        }
    }

    async fn claim(&self) -> db::Result<Option<ClaimedJob>> {
        let now = self.clock.now();
        // Looking first keeps an idle worker from writing, and from waking itself by its own commit.
        let due = store::find_next_due(&mut *self.db.read().await?).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(None);
        }
        let mut tx = self.db.write().await?;
        let job = store::claim(&mut tx, &self.name, now, now + LEASE).await?;
        tx.commit().await?;
        Ok(job)
    }

    async fn run_leased(&self, job: &ClaimedJob, stop: &CancellationToken, grace: Duration) {
        let stopped = async {
            stop.cancelled().await;
            tokio::time::sleep(grace).await;
        };
        let result = tokio::select! {
            result = self.perform(job) => Some(result),
            () = self.keep_lease(&job.id) => None,
            () = stopped => None,
        };
        let settled = match result {
            Some(result) => self.settle(job, result).await,
            None => self.write_outcome(job, &Outcome::Released).await,
        };
        if let Err(fault) = settled {
            warn!(job = %job.id, kind = %job.kind, error = %fault, "how a job ended could not be written");
        }
    }

    async fn perform(&self, job: &ClaimedJob) -> Result<(), JobError> {
        let Some(kind) = self.registry.kinds.get(job.kind.as_str()) else {
            return Err(JobError::Fail(anyhow::anyhow!("no code runs jobs of kind {}", job.kind)));
        };
        if job.attempts > kind.most_tries {
            return Err(JobError::Fail(anyhow::anyhow!("its worker died each of {} times", kind.most_tries)));
        }
        // One job's panic must not take the lane with it, nor leave the job to its lease.
        let run = AssertUnwindSafe(async { (kind.run)(job.payload.clone()).await });
        let result = run.catch_unwind().await.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(JobError::Retry(anyhow::anyhow!("it panicked: {text}")))
        });
        match result {
            Err(JobError::Retry(fault)) if job.attempts >= kind.most_tries => Err(JobError::Fail(fault)),
            result => result,
        }
    }

    /// Extends the lease until it is lost.
    async fn keep_lease(&self, id: &JobId) {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let extended = async {
                let mut tx = self.db.write().await?;
                let kept = store::extend(&mut tx, id, &self.name, self.clock.now() + LEASE).await?;
                tx.commit().await?;
                db::Result::Ok(kept)
            };
            match extended.await {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => warn!(job = %id, error = %fault, "a lease could not be extended"),
            }
        }
    }

    async fn settle(&self, job: &ClaimedJob, result: Result<(), JobError>) -> db::Result<()> {
        match result {
            Ok(()) => self.write_outcome(job, &Outcome::Done).await,
            Err(JobError::Retry(fault)) => {
                let (text, run_at) = (format!("{fault:#}"), self.clock.now() + back_off(job.attempts));
                warn!(job = %job.id, kind = %job.kind, attempts = job.attempts, error = %text, "a job will be tried again");
                self.write_outcome(job, &Outcome::Again { run_at, error: &text }).await
            }
            Err(JobError::Fail(fault)) => {
                let text = format!("{fault:#}");
                error!(job = %job.id, kind = %job.kind, attempts = job.attempts, error = %text, "a job failed");
                self.write_outcome(job, &Outcome::Failed { error: &text }).await
            }
        }
    }

    async fn write_outcome(&self, job: &ClaimedJob, outcome: &Outcome<'_>) -> db::Result<()> {
        let mut tx = self.db.write().await?;
        store::settle(&mut tx, &job.id, &self.name, outcome, self.clock.now()).await?;
        tx.commit().await
    }

    async fn keep_schedule(&self, stop: &CancellationToken) {
        loop {
            if let Err(fault) = self.enqueue_recurring().await {
                warn!(error = %fault, "the schedule could not be kept");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(Duration::from_secs(5)) => {}
            }
        }
    }

    async fn enqueue_recurring(&self) -> db::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        for recurring in &self.registry.recurring {
            let id = JobId::generate(&self.random, now);
            let key = format!("recurring:{}", recurring.kind);
            let new = store::NewJob {
                id: &id,
                kind: recurring.kind,
                payload: &recurring.payload,
                unique_key: Some(&key),
                run_at: now + recurring.every,
            };
            store::add(&mut tx, &new, now).await?;
        }
        store::forget_done(&mut tx, now - KEEP_DONE).await?;
        tx.commit().await
    }
}
