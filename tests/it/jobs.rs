//! Background work: at least once, once at a time, retried, handed back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use seaworthy::clock::Clock;
use seaworthy::db::Db;
use seaworthy::id::Random;
use seaworthy::jobs::{Job, JobError, Jobs, MAX_ATTEMPTS, Registry, Worker};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::support::TestDatabase;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Count {
    fail_first: usize,
}

impl Job for Count {
    const KIND: &'static str = "test.count";
}

struct Bench {
    db: Db,
    clock: Clock,
    jobs: Jobs,
    runs: Arc<AtomicUsize>,
    _database: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let database = TestDatabase::create().await;
        let db = database.open().await;
        let clock = Clock::manual("2026-03-04T12:00:00Z".parse::<Timestamp>().unwrap());
        let jobs = Jobs::new(db.clone(), clock.clone(), Random::seeded(1));
        Self { db, clock, jobs, runs: Arc::default(), _database: database }
    }

    fn worker(&self, seed: u64) -> Worker {
        let mut registry = Registry::default();
        let runs = Arc::clone(&self.runs);
        registry.on(move |job: Count| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move { if run < job.fail_first { Err(JobError::Retry(anyhow::anyhow!("not yet"))) } else { Ok(()) } }
        });
        Worker::new(self.db.clone(), self.clock.clone(), Random::seeded(seed), registry)
    }

    async fn enqueue(&self, fail_first: usize) {
        let mut tx = self.db.write().await.unwrap();
        self.jobs.enqueue(&mut tx, &Count { fail_first }).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_job_of_a_rolled_back_change_never_runs() {
    let bench = Bench::new().await;
    let mut tx = bench.db.write().await.unwrap();
    bench.jobs.enqueue(&mut tx, &Count::default()).await.unwrap();
    drop(tx);
    assert_eq!(bench.worker(2).run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn many_workers_run_each_job_once() {
    let bench = Bench::new().await;
    for _ in 0..40 {
        bench.enqueue(0).await;
    }
    let workers = (2..6).map(|seed| {
        let worker = bench.worker(seed);
        tokio::spawn(async move { worker.run_due().await.unwrap() })
    });
    let mut total = 0;
    for worker in workers.collect::<Vec<_>>() {
        total += worker.await.unwrap();
    }
    assert_eq!((total, bench.runs()), (40, 40));
}

#[tokio::test]
async fn a_failed_try_is_made_again_after_a_pause() {
    let bench = Bench::new().await;
    bench.enqueue(2).await;
    let worker = bench.worker(2);
    worker.run_due().await.unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 0, "the pause is over too early");
    bench.clock.advance(SignedDuration::from_secs(1));
    worker.run_due().await.unwrap();
    bench.clock.advance(SignedDuration::from_secs(2));
    worker.run_due().await.unwrap();
    assert_eq!(bench.runs(), 3);
    assert!(bench.jobs.list_unfinished(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_job_that_never_succeeds_is_given_up_and_shown() {
    let bench = Bench::new().await;
    bench.enqueue(usize::MAX).await;
    let worker = bench.worker(2);
    for _ in 0..MAX_ATTEMPTS + 2 {
        worker.run_due().await.unwrap();
        bench.clock.advance(SignedDuration::from_mins(10));
    }
    let unfinished = bench.jobs.list_unfinished(10).await.unwrap();
    assert_eq!((unfinished[0].state.as_str(), unfinished[0].attempts), ("failed", MAX_ATTEMPTS));
    assert_eq!(unfinished[0].last_error.as_deref(), Some("not yet"));
}

#[tokio::test]
async fn the_job_of_a_dead_worker_is_taken_up_by_another() {
    let bench = Bench::new().await;
    bench.enqueue(0).await;
    let now = bench.clock.now();
    let mut tx = bench.db.write().await.unwrap();
    let until = now + SignedDuration::from_secs(30);
    seaworthy::jobs::store::claim(&mut tx, "dead", now, until).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let worker = bench.worker(2);
    assert_eq!(worker.run_due().await.unwrap(), 0);
    bench.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(worker.run_due().await.unwrap(), 1);
}

#[tokio::test]
async fn a_second_job_of_one_key_is_not_enqueued_until_the_first_is_done() {
    let bench = Bench::new().await;
    let enqueue = || async {
        let mut tx = bench.db.write().await.unwrap();
        let added = bench.jobs.enqueue_once(&mut tx, &Count::default(), "key", bench.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        added
    };
    assert!(enqueue().await);
    assert!(!enqueue().await);
    bench.worker(2).run_due().await.unwrap();
    assert!(enqueue().await);
}

#[derive(Debug, Serialize, Deserialize)]
struct Fall;

impl Job for Fall {
    const KIND: &'static str = "test.fall";
    const MOST_TRIES: i64 = 2;
}

#[tokio::test]
async fn a_job_that_panics_takes_no_worker_with_it_and_is_given_up_in_the_end() {
    let bench = Bench::new().await;
    let mut registry = Registry::default();
    registry.on(|_job: Fall| async { panic!("overboard") });
    let done = Arc::new(tokio::sync::Notify::new());
    let signal = Arc::clone(&done);
    registry.on(move |_job: Count| {
        signal.notify_one();
        std::future::ready(Ok(()))
    });
    let mut tx = bench.db.write().await.unwrap();
    bench.jobs.enqueue(&mut tx, &Fall).await.unwrap();
    bench.jobs.enqueue_at(&mut tx, &Count::default(), bench.clock.now() + SignedDuration::from_secs(1)).await.unwrap();
    tx.commit().await.unwrap();
    let worker = Worker::new(bench.db.clone(), bench.clock.clone(), Random::seeded(3), registry);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    let fallen = &bench.jobs.list_unfinished(10).await.unwrap()[1];
    assert_eq!((fallen.state.as_str(), fallen.last_error.as_deref()), ("queued", Some("it panicked: overboard")));

    // Both are due now, for a worker with one lane: it lives through the one to do the other.
    bench.clock.advance(SignedDuration::from_secs(1));
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(1, stop.clone(), Duration::from_secs(5)));
    done.notified().await;
    stop.cancel();
    running.await.unwrap();
    let left = bench.jobs.list_unfinished(10).await.unwrap();
    assert_eq!((left.len(), left[0].kind.as_str(), left[0].state.as_str()), (1, "test.fall", "failed"));
}

#[tokio::test]
async fn a_job_that_kills_every_worker_is_given_up_too() {
    let bench = Bench::new().await;
    bench.enqueue(0).await;
    for _ in 0..MAX_ATTEMPTS {
        let now = bench.clock.now();
        let mut tx = bench.db.write().await.unwrap();
        let until = now + SignedDuration::from_secs(30);
        seaworthy::jobs::store::claim(&mut tx, "dead", now, until).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        bench.clock.advance(SignedDuration::from_secs(30));
    }
    bench.worker(2).run_due().await.unwrap();
    let left = bench.jobs.list_unfinished(10).await.unwrap();
    assert_eq!((bench.runs(), left[0].state.as_str()), (0, "failed"));
    assert_eq!(left[0].last_error.as_deref(), Some("its worker died each of 12 times"));
}

#[derive(Debug, Serialize, Deserialize)]
struct Sleep;

impl Job for Sleep {
    const KIND: &'static str = "test.sleep";
}

#[tokio::test]
async fn a_stopping_worker_hands_back_what_does_not_finish() {
    let bench = Bench::new().await;
    let mut tx = bench.db.write().await.unwrap();
    bench.jobs.enqueue(&mut tx, &Sleep).await.unwrap();
    tx.commit().await.unwrap();
    let started = Arc::new(tokio::sync::Notify::new());
    let mut registry = Registry::default();
    let signal = Arc::clone(&started);
    registry.on(move |_job: Sleep| {
        let signal = Arc::clone(&signal);
        async move {
            signal.notify_one();
            std::future::pending::<Result<(), JobError>>().await
        }
    });
    let worker = Worker::new(bench.db.clone(), bench.clock.clone(), Random::seeded(3), registry);
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(2, stop.clone(), Duration::from_millis(10)));
    started.notified().await;
    stop.cancel();
    running.await.unwrap();
    let left = bench.jobs.list_unfinished(10).await.unwrap();
    assert_eq!((left.len(), left[0].state.as_str(), left[0].attempts), (1, "queued", 0));
}
