//! Replicas of two versions on one queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use seaworthy::db::Db;
use seaworthy::id::Random;
use seaworthy::jobs::{Job, JobSettings, JobState, Jobs, Registry, Worker};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{Bench, Session, Task};

/// A payload as the older version has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct OldParcel {
    address: String,
}

impl Job for OldParcel {
    const KIND: &'static str = "test.parcel";
}

/// The same as the newer version has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NewParcel {
    person: u64,
}

impl Job for NewParcel {
    const KIND: &'static str = "test.parcel";
}

#[tokio::test]
async fn a_worker_claims_only_kinds_that_it_knows() {
    let bench = Bench::new().await;
    bench.enqueue(&Task {}).await;
    let old = bench.counting::<Session>();
    assert_eq!(old.run_due().await.unwrap(), 0);
    let job = bench.only().await;
    assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
    assert!(!old.knows(&job.kind));
    assert_eq!(bench.counting::<Task>().run_due().await.unwrap(), 1);
}

#[tokio::test]
async fn a_payload_that_a_version_cannot_read_is_put_back_unharmed() {
    let bench = Bench::new().await;
    bench.enqueue(&NewParcel { person: 7 }).await;
    let old = bench.counting::<OldParcel>();
    for _ in 0..20 {
        assert_eq!(old.run_due().await.unwrap(), 1);
        let job = bench.only().await;
        assert_eq!((job.state, job.attempts), (JobState::Queued, 0), "its attempts are used up");
        let said = job.last_error.unwrap();
        assert!(said.contains("waits for a version of the program that can read it") && said.contains("address"));
        bench.advance(10);
    }
    let person = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&person);
    let new = bench.worker(|registry| {
        registry.on(move |parcel: NewParcel| {
            seen.store(usize::try_from(parcel.person).unwrap(), Ordering::SeqCst);
            std::future::ready(Ok(()))
        });
    });
    assert_eq!(new.run_due().await.unwrap(), 1);
    let job = bench.only().await;
    assert_eq!((person.load(Ordering::SeqCst), job.state, job.last_error), (7, JobState::Done, None));
}

/// A payload as a newer version has it that knows more of the same work.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RicherParcel {
    address: String,
    #[serde(default)]
    gift: Option<Gift>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gift {
    ribbon: String,
}

impl Job for RicherParcel {
    const KIND: &'static str = "test.parcel";
}

#[tokio::test]
async fn a_payload_with_a_field_that_a_version_does_not_know_is_put_back_unharmed() {
    let address = "5 Quay Street".to_owned();
    for gift in [None, Some(Gift { ribbon: "red".to_owned() })] {
        let bench = Bench::new().await;
        bench.enqueue(&RicherParcel { address: address.clone(), gift }).await;
        assert_eq!(bench.counting::<OldParcel>().run_due().await.unwrap(), 1);
        let job = bench.only().await;
        assert_eq!((bench.runs(), job.state, job.attempts), (0, JobState::Queued, 0));
        assert!(job.last_error.unwrap().contains("unknown field `gift`"));
        bench.advance(10);
        assert_eq!(bench.counting::<RicherParcel>().run_due().await.unwrap(), 1);
        assert_eq!((bench.runs(), bench.only().await.state), (1, JobState::Done));
    }
}

#[tokio::test]
async fn a_payload_of_an_older_version_that_lacks_a_field_is_done() {
    let bench = Bench::new().await;
    bench.enqueue(&OldParcel { address: "5 Quay Street".to_owned() }).await;
    assert_eq!(bench.counting::<RicherParcel>().run_due().await.unwrap(), 1);
    assert_eq!((bench.runs(), bench.only().await.state), (1, JobState::Done));
}

/// A replica with a pool of its own.
async fn replica(bench: &Bench, seed: u64, register: impl FnOnce(&mut Registry)) -> (Db, Worker) {
    let db = Db::open(&bench.database.settings()).await.unwrap();
    let jobs = Jobs::new(db.clone(), bench.clock.clone(), Random::seeded(seed));
    let mut registry = Registry::default();
    register(&mut registry);
    (db, Worker::new(jobs, registry, &JobSettings::default()).unwrap())
}

#[tokio::test]
async fn two_versions_side_by_side_lose_nothing_and_fail_nothing() {
    let bench = Bench::new().await;
    let (_old_db, old) = replica(&bench, 11, |registry| {
        registry.on(bench.count::<OldParcel>());
        registry.on(bench.count::<Session>());
    })
    .await;
    let (_new_db, new) = replica(&bench, 12, |registry| {
        registry.on(bench.count::<NewParcel>());
        registry.on(bench.count::<Session>());
        registry.on(bench.count::<Task>());
    })
    .await;
    let stop = CancellationToken::new();
    let running = [old, new].map(|worker| tokio::spawn(worker.run(stop.clone(), Duration::from_secs(5))));
    for person in 0..10 {
        bench.enqueue(&OldParcel { address: "5 Quay Street".to_owned() }).await;
        bench.enqueue(&NewParcel { person }).await;
        bench.enqueue(&Session {}).await;
        bench.enqueue(&Task {}).await;
    }
    loop {
        let left = bench.jobs.list_unfinished(100).await.unwrap();
        assert!(left.iter().all(|job| job.state != JobState::Failed), "{left:?}");
        if left.is_empty() {
            break;
        }
        if left.iter().all(|job| job.state == JobState::Queued) {
            bench.clock.advance(SignedDuration::from_secs(5));
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    stop.cancel();
    for worker in running {
        worker.await.unwrap();
    }
    assert_eq!(bench.runs(), 40);
    assert!(bench.all().await.iter().all(|job| job.state == JobState::Done && job.attempts == 1));
}
