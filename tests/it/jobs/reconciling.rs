//! Work that brings something into a certain state: one job of a key, woken by whatever may have changed it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use seaworthy::jobs::{JobError, JobState, MAX_ATTEMPTS, Worker};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Bench, Session};

const KEY: &str = "session:1";

/// A reconciler that asks to run again after a minute, until it ran `last` times.
fn reconciler(bench: &Bench, last: usize) -> Worker {
    let runs = Arc::clone(&bench.runs);
    bench.worker(|registry| {
        registry.reconcile(move |_session: Session| {
            let run = runs.fetch_add(1, Ordering::SeqCst) + 1;
            async move { Ok((run < last).then_some(SignedDuration::from_mins(1))) }
        });
    })
}

#[tokio::test]
async fn a_reconciler_runs_again_after_the_time_that_it_names_until_nothing_is_left_to_do() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let worker = reconciler(&bench, 3);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    bench.advance(59);
    assert_eq!(worker.run_due().await.unwrap(), 0);
    for _ in 0..4 {
        bench.advance(60);
        worker.run_due().await.unwrap();
    }
    assert_eq!((bench.runs(), bench.only().await.state), (3, JobState::Done));
    bench.wake(&Session {}, KEY).await;
    assert_eq!((worker.run_due().await.unwrap(), bench.all().await.len()), (1, 2), "what ended can be woken anew");
}

#[tokio::test]
async fn waking_a_job_that_waits_brings_it_forward_and_makes_no_second_one() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let worker = reconciler(&bench, 5);
    worker.run_due().await.unwrap();
    for _ in 0..3 {
        bench.wake(&Session {}, KEY).await;
    }
    assert_eq!((worker.run_due().await.unwrap(), bench.all().await.len()), (1, 1));
    bench.wake(&Session {}, "session:2").await;
    assert_eq!(bench.all().await.len(), 2, "another key is another job");
}

#[tokio::test]
async fn waking_never_puts_off_a_job_that_is_due() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let due_at = bench.only().await.due_at;
    bench.advance(5);
    bench.wake(&Session {}, KEY).await;
    assert_eq!(bench.only().await.due_at, due_at);
}

#[tokio::test]
async fn a_job_woken_while_it_runs_is_run_once_more_after_it_ends_however_it_ends() {
    let bench = Bench::new().await;
    let worker = reconciler(&bench, 1);
    for (number, state) in [JobState::Done, JobState::Failed, JobState::Queued].into_iter().enumerate() {
        let key = format!("session:{number}");
        bench.wake(&Session {}, &key).await;
        let running = bench.claim::<Session>().await.unwrap();
        for _ in 0..3 {
            bench.wake(&Session {}, &key).await;
        }
        assert_eq!(worker.run_due().await.unwrap(), 0, "it still runs");
        assert!(bench.finish(&running, state).await);
        assert_eq!(worker.run_due().await.unwrap(), 1);
        assert_eq!(worker.run_due().await.unwrap(), 0, "it ran more than once more");
    }
    assert!(bench.jobs.list_unfinished(10).await.unwrap().is_empty());
    assert_eq!(bench.all().await.len(), 3);
}

#[tokio::test]
async fn a_change_seen_while_a_job_runs_reaches_the_next_run() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait, runs) = (Arc::clone(&started), Arc::clone(&go_on), Arc::clone(&bench.runs));
    let worker = bench.worker(|registry| {
        registry.reconcile(move |_session: Session| {
            let (signal, wait) = (Arc::clone(&signal), Arc::clone(&wait));
            runs.fetch_add(1, Ordering::SeqCst);
            async move {
                signal.notify_one();
                wait.notified().await;
                Ok(None)
            }
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(5)));
    started.notified().await;
    bench.wake(&Session {}, KEY).await;
    go_on.notify_one();
    started.notified().await;
    go_on.notify_one();
    while bench.only().await.state != JobState::Done {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(bench.runs(), 2);
}

#[tokio::test]
async fn a_reconciler_that_meets_faults_is_tried_for_as_long_as_it_takes() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let faulty = bench.worker(|registry| {
        registry.reconcile(|_session: Session| async { Err(JobError::Retry(anyhow::anyhow!("no cluster"))) });
    });
    for _ in 0..2 * MAX_ATTEMPTS {
        assert_eq!(faulty.run_due().await.unwrap(), 1);
        bench.advance(300);
    }
    let job = bench.only().await;
    assert_eq!((job.state, job.last_error.as_deref()), (JobState::Queued, Some("no cluster")));
    reconciler(&bench, 1).run_due().await.unwrap();
    let job = bench.only().await;
    assert_eq!((job.state, job.last_error), (JobState::Done, None));
}

#[tokio::test]
async fn a_reconciler_that_failed_for_good_begins_anew_when_it_is_woken() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, KEY).await;
    let failing = bench.worker(|registry| {
        registry.reconcile(|_session: Session| async { Err(JobError::Fail(anyhow::anyhow!("no such lab"))) });
    });
    failing.run_due().await.unwrap();
    assert_eq!(bench.only().await.state, JobState::Failed);
    bench.advance(60);
    bench.wake(&Session {}, KEY).await;
    assert_eq!((bench.only().await.state, bench.only().await.attempts), (JobState::Queued, 0));
    reconciler(&bench, 1).run_due().await.unwrap();
    assert_eq!(bench.only().await.state, JobState::Done);
}

#[tokio::test]
async fn a_job_woken_from_many_places_at_once_is_one_job() {
    let bench = Bench::new().await;
    let waking: Vec<_> = (0..12)
        .map(|_| {
            let (db, jobs) = (bench.db.clone(), bench.jobs.clone());
            tokio::spawn(async move {
                let mut tx = db.write().await.unwrap();
                jobs.wake(&mut tx, &Session {}, KEY).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for one in waking {
        one.await.unwrap();
    }
    assert_eq!(bench.only().await.state, JobState::Queued);
}
