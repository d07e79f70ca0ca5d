//! Work that recurs by itself.

use jiff::SignedDuration;
use seaworthy::db::Db;
use seaworthy::id::Random;
use seaworthy::jobs::{JobError, JobSettings, JobState, Jobs, Registry, Worker};

use super::{Bench, Letter, Task, Tidy};

const EVERY: SignedDuration = SignedDuration::from_mins(10);

fn tidying(bench: &Bench) -> Worker {
    bench.worker(|registry| registry.every(EVERY, bench.count::<Tidy>()))
}

#[tokio::test]
async fn there_is_one_job_of_a_recurring_kind_whoever_schedules_it() {
    let bench = Bench::new().await;
    let mut replicas = Vec::new();
    for seed in 5..9 {
        let db = Db::open(&bench.database.settings()).await.unwrap();
        let jobs = Jobs::new(db, bench.clock.clone(), Random::seeded(seed));
        let mut registry = Registry::default();
        registry.every(EVERY, bench.count::<Tidy>());
        replicas.push(Worker::new(jobs, registry, &JobSettings::default()).unwrap());
    }
    for round in 0..3 {
        let scheduling: Vec<_> =
            replicas.iter().cloned().map(|worker| tokio::spawn(async move { worker.schedule().await })).collect();
        for one in scheduling {
            one.await.unwrap().unwrap();
        }
        assert_eq!(bench.only().await.state, JobState::Queued);
        bench.advance(600);
        let mut ran = 0;
        for replica in &replicas {
            ran += replica.run_due().await.unwrap();
        }
        assert_eq!((ran, bench.runs()), (1, round + 1));
    }
}

#[tokio::test]
async fn recurring_work_that_fails_runs_again_at_its_time_and_not_before() {
    let bench = Bench::new().await;
    for fault in [JobError::Retry, JobError::Fail] {
        let worker = bench.worker(|registry| {
            registry.every(EVERY, move |_tidy: Tidy| async move { Err(fault(anyhow::anyhow!("no broom"))) });
        });
        worker.schedule().await.unwrap();
        for _ in 0..20 {
            bench.advance(600);
            assert_eq!(worker.run_due().await.unwrap(), 1);
            let job = bench.only().await;
            assert_eq!((job.state, job.due_at), (JobState::Queued, bench.clock.now() + EVERY));
            assert_eq!(job.last_error.as_deref(), Some("no broom"));
        }
    }
    bench.advance(600);
    tidying(&bench).run_due().await.unwrap();
    assert_eq!(bench.only().await.last_error, None);
}

#[tokio::test]
async fn recurring_work_whose_worker_died_runs_again() {
    let bench = Bench::new().await;
    let worker = tidying(&bench);
    worker.schedule().await.unwrap();
    for _ in 0..20 {
        bench.advance(600);
        bench.claim::<Tidy>().await.unwrap();
    }
    bench.advance(30);
    assert_eq!(worker.run_due().await.unwrap(), 1);
    assert_eq!(bench.runs(), 1);
}

#[tokio::test]
async fn a_shorter_interval_holds_at_once() {
    let bench = Bench::new().await;
    tidying(&bench).schedule().await.unwrap();
    let eager = bench.worker(|registry| registry.every(SignedDuration::from_secs(15), bench.count::<Tidy>()));
    eager.schedule().await.unwrap();
    bench.advance(15);
    assert_eq!(eager.run_due().await.unwrap(), 1);
}

#[tokio::test]
async fn after_a_clock_that_was_ahead_is_set_right_recurring_work_is_one_interval_late_at_the_most() {
    let bench = Bench::new().await;
    let right = bench.clock.now();
    for ahead in [SignedDuration::from_secs(90), SignedDuration::from_hours(24 * 365)] {
        for has_run in [false, true] {
            bench.clock.set(right + ahead);
            let worker = tidying(&bench);
            worker.schedule().await.unwrap();
            if has_run {
                bench.advance(600);
                worker.run_due().await.unwrap();
            }
            bench.clock.set(right);
            worker.schedule().await.unwrap();
            assert!(bench.only().await.due_at <= right + EVERY);
        }
    }
}

#[tokio::test]
async fn nothing_waits_for_a_time_that_a_clock_gave_which_was_ahead() {
    let bench = Bench::new().await;
    let right = bench.clock.now();
    let worker = bench.worker(|registry| {
        registry.on(bench.count::<Letter>());
        registry.on(bench.count::<Task>());
    });
    bench.advance(3_600 * 24 * 365);
    bench.enqueue(&Letter {}).await;
    bench.enqueue(&Task {}).await;
    bench.claim::<Task>().await.unwrap();
    bench.clock.set(right);
    assert_eq!(worker.run_due().await.unwrap(), 0);
    worker.schedule().await.unwrap();
    assert_eq!(worker.run_due().await.unwrap(), 1, "a letter is due at once");
    bench.advance(30);
    assert_eq!(worker.run_due().await.unwrap(), 1, "the lease of a dead worker is over when it should be");
}
