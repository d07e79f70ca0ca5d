//! Background work: at least once, once at a time, retried, handed back.

mod leases;
mod pruning;
mod queues;
mod reconciling;
mod recurring;
mod running;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use seaworthy::clock::Clock;
use seaworthy::db::Db;
use seaworthy::id::Random;
use seaworthy::jobs::{
    ClaimedJob, Finish, Job, JobError, JobFilter, JobSettings, JobState, JobSummary, Jobs, Queue, Registry, Worker,
};
use serde::{Deserialize, Serialize};

use crate::support::TestDatabase;

/// Declares jobs that hold nothing.
macro_rules! kinds {
    ($($name:ident = $kind:literal in $queue:ident;)+) => {$(
        #[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
        struct $name {}

        impl Job for $name {
            const KIND: &'static str = $kind;
            const QUEUE: Queue = Queue::$queue;
        }
    )+};
}

kinds! {
    Letter = "test.letter" in Mail;
    Task = "test.task" in Interactive;
    Session = "test.session" in Labs;
    Grade = "test.grade" in Grading;
    Tidy = "test.tidy" in Maintenance;
}

/// A queue, and a clock that stands still.
struct Bench {
    db: Db,
    clock: Clock,
    jobs: Jobs,
    runs: Arc<AtomicUsize>,
    database: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let db = database.open().await;
        let clock = Clock::manual("2026-03-04T12:00:00Z".parse::<Timestamp>().unwrap());
        let jobs = Jobs::new(db.clone(), clock.clone(), Random::seeded(1));
        Self { db, clock, jobs, runs: Arc::default(), database }
    }

    /// A worker for what `register` subscribes to.
    fn worker(&self, register: impl FnOnce(&mut Registry)) -> Worker {
        self.worker_with(&JobSettings::default(), register)
    }

    fn worker_with(&self, settings: &JobSettings, register: impl FnOnce(&mut Registry)) -> Worker {
        let mut registry = Registry::default();
        register(&mut registry);
        Worker::new(self.jobs.clone(), registry, settings).unwrap()
    }

    /// A worker that counts the runs of `J`.
    fn counting<J: Job>(&self) -> Worker {
        self.worker(|registry| registry.on(self.count::<J>()))
    }

    fn count<J: Job>(&self) -> impl Fn(J) -> std::future::Ready<Result<(), JobError>> + Send + Sync + 'static {
        let runs = Arc::clone(&self.runs);
        move |_job| {
            runs.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Ok(()))
        }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    async fn enqueue<J: Job>(&self, job: &J) {
        let mut tx = self.db.write().await.unwrap();
        self.jobs.enqueue(&mut tx, job).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn wake<J: Job>(&self, job: &J, key: &str) {
        let mut tx = self.db.write().await.unwrap();
        self.jobs.wake(&mut tx, job, key).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Claims a job of `J` as a worker that never comes back would.
    async fn claim<J: Job>(&self) -> Option<ClaimedJob> {
        let now = self.clock.now();
        let mut tx = self.db.write().await.unwrap();
        let job = self.jobs.claim(&mut tx, J::KIND, (now, now + SignedDuration::from_secs(30))).await.unwrap();
        tx.commit().await.unwrap();
        job
    }

    async fn finish(&self, job: &ClaimedJob, state: JobState) -> bool {
        let now = self.clock.now();
        let finish = Finish { state, attempts: job.attempts, due_at: now, last_error: None };
        let mut tx = self.db.write().await.unwrap();
        let is_written = self.jobs.finish(&mut tx, job, &finish, now).await.unwrap();
        tx.commit().await.unwrap();
        is_written
    }

    async fn all(&self) -> Vec<JobSummary> {
        self.jobs.list(JobFilter::default(), None, 1000).await.unwrap()
    }

    /// The only job there is.
    async fn only(&self) -> JobSummary {
        let mut all = self.all().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}
