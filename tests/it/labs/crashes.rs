//! A worker that dies at any moment of a session's life, before or after the cluster did what it asked for.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;

use super::{find_session, settle, start};
use crate::support::{LastWrite, MockCluster, TestApp};

/// More than a start writes.
const MOST_WRITES: u64 = 60;

/// Runs what is due until the worker meets its last write and dies there, or finds no more to write.
async fn run_and_die(app: &TestApp, kube: &MockCluster, last: LastWrite) -> bool {
    kube.switches(|switches| switches.last_write = Some(last));
    let worker = app.app.worker.clone();
    let mut running = tokio::spawn(async move { worker.run_due().await });
    let died = tokio::select! {
        () = kube.wait_until_stuck() => true,
        ran = &mut running => {
            ran.unwrap().unwrap();
            false
        }
    };
    running.abort();
    kube.switches(|switches| switches.last_write = None);
    died
}

async fn die_everywhere(is_done: bool) {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    for number in 0..MOST_WRITES {
        let ada = app.learner(&format!("ada{number}")).await;
        start(&ada).await;
        let died = run_and_die(&app, &kube, LastWrite { number, is_done }).await;
        // The lease of the dead worker has to run out.
        app.advance(SignedDuration::from_secs(31));
        settle(&app, &ada, Some(SessionState::Ready)).await;
        let session = find_session(&app, &ada).await.unwrap();
        for (kind, name) in [("NetworkPolicy", "default-deny"), ("ResourceQuota", "lab"), ("Deployment", "qotm")] {
            assert!(kube.object(kind, &session.namespace, name).is_some(), "{kind} {name} after death at {number}");
        }
        ada.post("/labs/service-annotations/stop", &[]).await.location();
        settle(&app, &ada, None).await;
        assert_eq!(kube.session_namespaces(), Vec::<String>::new(), "death at {number}");
        if !died {
            assert!(number > 10, "a start has more writes than {number}");
            return;
        }
    }
    panic!("a start has no end");
}

#[tokio::test]
async fn a_worker_that_dies_before_any_write_of_a_start_loses_nothing() {
    die_everywhere(false).await;
}

#[tokio::test]
async fn a_worker_that_dies_after_any_write_of_a_start_loses_nothing() {
    die_everywhere(true).await;
}
