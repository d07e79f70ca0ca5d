//! Worker slots: a queue that is full delays no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use seaworthy::jobs::{JobError, JobSettings, JobState, Slots};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Bench, Grade, Letter, Session, Task, Tidy};

#[tokio::test]
async fn mail_and_awards_go_out_while_grading_labs_and_maintenance_are_full() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        bench.enqueue(&Grade {}).await;
        bench.enqueue(&Session {}).await;
        bench.enqueue(&Tidy {}).await;
    }
    let (hanging, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let worker = bench.worker(|registry| {
        let hang = || {
            let hanging = Arc::clone(&hanging);
            move || {
                hanging.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<Result<(), JobError>>()
            }
        };
        let (grade, session, tidy) = (hang(), hang(), hang());
        registry.on(move |_grade: Grade| grade());
        registry.on(move |_session: Session| session());
        registry.on(move |_tidy: Tidy| tidy());
        registry.on(bench.count::<Letter>());
        let signal = Arc::clone(&done);
        registry.on(move |_task: Task| {
            signal.notify_one();
            std::future::ready(Ok(()))
        });
    });
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone(), Duration::ZERO));
    let slots = Slots::default();
    let all = slots.grading + slots.labs + slots.maintenance;
    while hanging.load(Ordering::SeqCst) < all {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..5 {
        bench.enqueue(&Letter {}).await;
        bench.enqueue(&Task {}).await;
        done.notified().await;
    }
    while bench.runs() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(hanging.load(Ordering::SeqCst), all, "a queue has more slots than it was given");
    let left = bench.jobs.list_unfinished(100).await.unwrap();
    assert!(left.len() == 60 && left.iter().all(|job| job.state == JobState::Queued && job.attempts == 0));
}

#[test]
fn slots_and_leases_that_could_do_nothing_are_refused() {
    assert!(JobSettings::default().validate().is_empty());
    let none = JobSettings { slots: Slots { labs: 0, ..Slots::default() }, ..JobSettings::default() };
    assert_eq!(none.validate(), ["jobs.slots.labs must be from 1 to 1000, not 0"]);
    let none = JobSettings { lease_seconds: 0, ..JobSettings::default() };
    assert_eq!(none.validate(), ["jobs.lease_seconds must be from 1 to 3600, not 0"]);
}
