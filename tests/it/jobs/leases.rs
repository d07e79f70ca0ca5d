//! Who has a job, and who had it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use seaworthy::db::{Conn, Engine};
use seaworthy::jobs::{JobError, JobSettings, JobState, JobSummary};
use sqlx::{Connection as _, Executor as _};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Bench, Session, Task};

/// Keeps everybody else from writing until its end.
async fn lock(bench: &Bench) -> Conn {
    let mut other = Conn::connect(bench.database.settings().url.expose()).await.unwrap();
    match bench.db.engine() {
        Engine::Sqlite => other.execute("BEGIN IMMEDIATE").await.unwrap(),
        Engine::Postgres => {
            other.execute("BEGIN").await.unwrap();
            other.execute("LOCK TABLE jobs IN EXCLUSIVE MODE").await.unwrap()
        }
    };
    other
}

/// Lets a writer wait briefly for a lock.
async fn wait_briefly(bench: &Bench) {
    let statement = match bench.db.engine() {
        Engine::Sqlite => "PRAGMA busy_timeout = 20",
        Engine::Postgres => "SET lock_timeout = 20",
    };
    let mut all = Vec::new();
    for _ in 0..bench.database.settings().max_connections {
        let mut conn = bench.db.read().await.unwrap();
        conn.execute(statement).await.unwrap();
        all.push(conn);
    }
}

#[tokio::test]
async fn what_a_try_that_lost_its_lease_writes_changes_nothing() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let late = bench.claim::<Task>().await.unwrap();
    assert!(bench.claim::<Task>().await.is_none(), "the lease still runs");
    bench.advance(31);
    let current = bench.claim::<Task>().await.unwrap();
    let before = format!("{:?}", bench.only().await);
    for state in [JobState::Done, JobState::Failed, JobState::Queued] {
        assert!(!bench.finish(&late, state).await);
    }
    let (mut tx, now) = (bench.db.write().await.unwrap(), bench.clock.now());
    assert!(!bench.jobs.extend(&mut tx, &late, (now, now + SignedDuration::from_mins(5))).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(format!("{:?}", bench.only().await), before);
    assert!(bench.finish(&current, JobState::Done).await);
    assert!(!bench.finish(&current, JobState::Failed).await, "what ended stays ended");
}

#[tokio::test]
async fn a_late_try_changes_nothing_when_the_attempts_were_counted_anew() {
    let bench = Bench::new().await;
    bench.wake(&Session {}, "key").await;
    let late = bench.claim::<Session>().await.unwrap();
    bench.advance(31);
    let reconciler = bench.worker(|registry| {
        registry.reconcile(|_session: Session| async { Ok(Some(SignedDuration::from_secs(1))) });
    });
    reconciler.run_due().await.unwrap();
    bench.advance(1);
    let current = bench.claim::<Session>().await.unwrap();
    assert_eq!(late.attempts, current.attempts);
    assert!(!bench.finish(&late, JobState::Failed).await);
    assert_eq!(bench.only().await.state, JobState::Running);
}

#[tokio::test]
async fn the_late_result_of_a_frozen_process_changes_nothing() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let (started, thaw) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (Arc::clone(&started), Arc::clone(&thaw));
    let frozen = bench.worker(|registry| {
        registry.on(move |_task: Task| {
            let (signal, wait) = (Arc::clone(&signal), Arc::clone(&wait));
            async move {
                signal.notify_one();
                wait.notified().await;
                Ok(())
            }
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(frozen.run(stop.clone(), Duration::from_secs(5)));
    started.notified().await;
    // Its lease ends while it does nothing, and another takes the job up.
    bench.advance(31);
    let other =
        bench.worker(|registry| registry.on(|_task: Task| async { Err(JobError::Fail(anyhow::anyhow!("no good"))) }));
    assert_eq!(other.run_due().await.unwrap(), 1);
    thaw.notify_one();
    stop.cancel();
    running.await.unwrap();
    let job = bench.only().await;
    assert_eq!((job.state, job.attempts, job.last_error.as_deref()), (JobState::Failed, 2, Some("no good")));
}

#[tokio::test]
async fn a_long_job_keeps_its_lease() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let (started, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait) = (Arc::clone(&started), Arc::clone(&finish));
    let settings = JobSettings { lease_seconds: 1, ..JobSettings::default() };
    let worker = bench.worker_with(&settings, |registry| {
        registry.on(move |_task: Task| {
            let (signal, wait) = (Arc::clone(&signal), Arc::clone(&wait));
            async move {
                signal.notify_one();
                wait.notified().await;
                Ok(())
            }
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_secs(5)));
    started.notified().await;
    for _ in 0..5 {
        let before = bench.only().await.due_at;
        bench.clock.advance(SignedDuration::from_millis(900));
        while bench.only().await.due_at == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(bench.counting::<Task>().run_due().await.unwrap(), 0, "somebody else has it");
    }
    finish.notify_one();
    stop.cancel();
    running.await.unwrap();
    assert_eq!((bench.only().await.state, bench.only().await.attempts), (JobState::Done, 1));
}

/// Tells when it is dropped.
struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[tokio::test]
async fn work_stops_once_its_lease_could_not_be_extended_to_its_end() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let (started, stopped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, end) = (Arc::clone(&started), Arc::clone(&stopped));
    let settings = JobSettings { lease_seconds: 1, ..JobSettings::default() };
    let worker = bench.worker_with(&settings, |registry| {
        registry.on(move |_task: Task| {
            let (signal, end) = (Arc::clone(&signal), Dropped(Arc::clone(&end)));
            async move {
                let _held = end;
                signal.notify_one();
                std::future::pending::<Result<(), JobError>>().await
            }
        });
    });
    wait_briefly(&bench).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_mins(1)));
    started.notified().await;
    let mut other = lock(&bench).await;
    bench.advance(2);
    // Before the worker is told to stop.
    stopped.notified().await;
    other.execute("ROLLBACK").await.unwrap();
    stop.cancel();
    running.await.unwrap();
}

/// Does a task whose result is refused while `meanwhile` runs; answers how often it was done, and the job.
async fn write_late(meanwhile: impl AsyncFnOnce(&Bench)) -> (usize, JobSummary) {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let (started, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (signal, wait, runs) = (Arc::clone(&started), Arc::clone(&finish), Arc::clone(&bench.runs));
    let worker = bench.worker(|registry| {
        registry.on(move |_task: Task| {
            let (signal, wait, runs) = (Arc::clone(&signal), Arc::clone(&wait), Arc::clone(&runs));
            async move {
                if runs.fetch_add(1, Ordering::SeqCst) == 0 {
                    signal.notify_one();
                    wait.notified().await;
                }
                Ok(())
            }
        });
    });
    wait_briefly(&bench).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::from_mins(1)));
    started.notified().await;
    let mut other = lock(&bench).await;
    finish.notify_one();
    meanwhile(&bench).await;
    other.execute("ROLLBACK").await.unwrap();
    while bench.only().await.state != JobState::Done {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    running.await.unwrap();
    (bench.runs(), bench.only().await)
}

#[tokio::test]
async fn a_result_that_the_database_did_not_take_is_written_again_and_the_work_not_done_again() {
    // Time for it to be refused a few times.
    let (runs, job) = write_late(async |_bench| tokio::time::sleep(Duration::from_millis(400)).await).await;
    assert_eq!((runs, job.attempts), (1, 1));
}

#[tokio::test]
async fn a_result_that_is_written_after_its_lease_is_over_keeps_the_work_from_being_done_again() {
    // Were the work claimed anew meanwhile, it would be a matter of chance whether that or the result came first.
    let refused_for = async |millis: u64| {
        let past_its_lease = async |bench: &Bench| {
            tokio::time::sleep(Duration::from_millis(300)).await;
            bench.advance(31);
            tokio::time::sleep(Duration::from_millis(millis)).await;
        };
        write_late(past_its_lease).await.0
    };
    let runs = join_all((0..6).map(|number| refused_for(1_900 + 120 * number))).await;
    assert_eq!(runs, [1; 6]);
}
