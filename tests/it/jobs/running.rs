//! One worker and its jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use seaworthy::jobs::{Job, JobError, JobState, MAX_ATTEMPTS, Worker};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Bench, Session, Task};

/// A worker whose first attempts fail.
fn failing(bench: &Bench, fail_first: usize) -> Worker {
    let runs = Arc::clone(&bench.runs);
    bench.worker(|registry| {
        registry.on(move |_task: Task| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            async move { if run < fail_first { Err(JobError::Retry(anyhow::anyhow!("not yet"))) } else { Ok(()) } }
        });
    })
}

#[tokio::test]
async fn a_job_of_a_rolled_back_change_never_runs() {
    let bench = Bench::new().await;
    let mut tx = bench.db.write().await.unwrap();
    bench.jobs.enqueue(&mut tx, &Task {}).await.unwrap();
    drop(tx);
    assert_eq!(bench.counting::<Task>().run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn many_workers_run_each_job_once() {
    let bench = Bench::new().await;
    for _ in 0..40 {
        bench.enqueue(&Task {}).await;
    }
    let workers: Vec<_> = (0..4).map(|_| bench.counting::<Task>()).collect();
    let running: Vec<_> =
        workers.into_iter().map(|worker| tokio::spawn(async move { worker.run_due().await.unwrap() })).collect();
    let mut total = 0;
    for worker in running {
        total += worker.await.unwrap();
    }
    assert_eq!((total, bench.runs()), (40, 40));
}

#[tokio::test]
async fn a_failed_try_is_made_again_after_a_pause() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let worker = failing(&bench, 2);
    worker.run_due().await.unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 0, "the pause is over too early");
    bench.advance(1);
    worker.run_due().await.unwrap();
    bench.advance(2);
    worker.run_due().await.unwrap();
    assert_eq!((bench.runs(), bench.only().await.state), (3, JobState::Done));
}

#[tokio::test]
async fn a_job_that_never_succeeds_is_given_up_and_shown() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let worker = failing(&bench, usize::MAX);
    for _ in 0..MAX_ATTEMPTS + 2 {
        worker.run_due().await.unwrap();
        bench.advance(600);
    }
    let job = bench.only().await;
    assert_eq!((job.state, job.attempts), (JobState::Failed, MAX_ATTEMPTS));
    assert_eq!(job.last_error.as_deref(), Some("not yet"));
}

#[tokio::test]
async fn what_a_try_says_is_kept_whatever_letters_it_has() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let worker = bench
        .worker(|registry| registry.on(|_task: Task| async { Err(anyhow::anyhow!("null \0, sea \u{1f30a}").into()) }));
    worker.run_due().await.unwrap();
    assert_eq!(bench.only().await.last_error.as_deref(), Some("null \u{fffd}, sea \u{1f30a}"));
}

#[derive(Debug, Serialize, Deserialize)]
struct Fall {}

impl Job for Fall {
    const KIND: &'static str = "test.fall";
    const MAX_ATTEMPTS: i64 = 2;
}

#[tokio::test]
async fn a_job_that_panics_takes_no_worker_with_it_and_is_given_up_in_the_end() {
    let bench = Bench::new().await;
    let done = Arc::new(Notify::new());
    let signal = Arc::clone(&done);
    let worker = bench.worker(|registry| {
        registry.on(|_job: Fall| async { panic!("overboard") });
        registry.on(move |_job: Task| {
            signal.notify_one();
            std::future::ready(Ok(()))
        });
    });
    bench.enqueue(&Fall {}).await;
    assert_eq!(worker.run_due().await.unwrap(), 1);
    let fallen = bench.only().await;
    assert_eq!((fallen.state, fallen.last_error.as_deref()), (JobState::Queued, Some("it panicked: overboard")));

    bench.advance(1);
    let mut tx = bench.db.write().await.unwrap();
    bench.jobs.enqueue_at(&mut tx, &Task {}, bench.clock.now() + SignedDuration::from_secs(1)).await.unwrap();
    tx.commit().await.unwrap();
    bench.advance(1);
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(5)));
    done.notified().await;
    stop.cancel();
    running.await.unwrap();
    let left = bench.jobs.list_unfinished(10).await.unwrap();
    assert_eq!((left.len(), left[0].kind.as_str(), left[0].state), (1, "test.fall", JobState::Failed));
}

#[tokio::test]
async fn a_job_that_kills_every_worker_is_given_up_too() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    for _ in 0..MAX_ATTEMPTS {
        bench.claim::<Task>().await.unwrap();
        bench.advance(30);
    }
    bench.counting::<Task>().run_due().await.unwrap();
    let job = bench.only().await;
    assert_eq!((bench.runs(), job.state), (0, JobState::Failed));
    assert_eq!(job.last_error.as_deref(), Some("its worker died each of 12 times"));
}

#[tokio::test]
async fn a_stopping_worker_hands_back_what_does_not_finish() {
    let bench = Bench::new().await;
    bench.enqueue(&Session {}).await;
    let started = Arc::new(Notify::new());
    let signal = Arc::clone(&started);
    let worker = bench.worker(|registry| {
        registry.on(move |_job: Session| {
            signal.notify_one();
            std::future::pending::<Result<(), JobError>>()
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_millis(10)));
    started.notified().await;
    stop.cancel();
    running.await.unwrap();
    let job = bench.only().await;
    assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
}

#[tokio::test]
async fn a_worker_killed_between_effect_and_result_leaves_the_job_to_the_next() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let (effects, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counter, signal) = (Arc::clone(&effects), Arc::clone(&done));
    let doomed = bench.worker(|registry| {
        registry.on(move |_task: Task| {
            counter.fetch_add(1, Ordering::SeqCst);
            signal.notify_one();
            std::future::pending::<Result<(), JobError>>()
        });
    });
    let running = tokio::spawn(doomed.run(CancellationToken::new(), Duration::ZERO));
    done.notified().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert_eq!((effects.load(Ordering::SeqCst), bench.only().await.state), (1, JobState::Running));

    let next = bench.counting::<Task>();
    assert_eq!(next.run_due().await.unwrap(), 0, "the lease still runs");
    bench.advance(31);
    assert_eq!(next.run_due().await.unwrap(), 1);
    assert_eq!((bench.runs(), bench.only().await.state), (1, JobState::Done));
}

#[test]
fn a_second_subscriber_of_a_kind_stops_the_start() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let bench = Bench::new().await;
        let mut registry = seaworthy::jobs::Registry::default();
        registry.on(|_task: Task| async { Ok(()) });
        registry.on(|_session: Session| async { Ok(()) });
        registry.reconcile(|_task: Task| async { Ok(None) });
        let fault = Worker::new(bench.jobs.clone(), registry, &seaworthy::jobs::JobSettings::default()).err().unwrap();
        assert_eq!(fault.to_string(), "jobs have more than one subscriber: test.task");
    });
}
