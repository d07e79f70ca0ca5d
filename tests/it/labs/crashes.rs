//! A worker that dies at any moment of a session's life, before or after the cluster carried out its request.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;

use super::{find_session, run_until, run_until_deleted, start, start_until_ready, stop};
use crate::support::{LastWrite, MockCluster, TestApp};

/// More than a start writes.
const MAX_WRITES: u64 = 60;

/// Runs what is due until the worker reaches its last write and dies there, or has no more to write.
async fn run_and_die(app: &TestApp, kube: &MockCluster, last: LastWrite) -> bool {
    kube.switches(|switches| switches.last_write = Some(last));
    let worker = app.app.worker.clone();
    let mut running = tokio::spawn(async move { worker.run_due().await });
    let died = tokio::select! {
        () = kube.wait_until_hanging() => true,
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
    for number in 0..MAX_WRITES {
        let ada = app.learner(&format!("ada{number}")).await;
        start(&ada).await;
        let died = run_and_die(&app, &kube, LastWrite { number, is_done }).await;
        // The lease of the dead worker has to run out.
        app.advance(SignedDuration::from_secs(31));
        run_until(&app, &ada, Some(SessionState::Ready)).await;
        let session = find_session(&app, &ada).await.unwrap();
        for (kind, name) in [("NetworkPolicy", "default-deny"), ("ResourceQuota", "lab"), ("Deployment", "qotm")] {
            assert!(kube.object(kind, &session.namespace, name).is_some(), "{kind} {name} after death at {number}");
        }
        stop(&ada).await;
        run_until_deleted(&app, &kube).await;
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

#[tokio::test]
async fn a_worker_that_dies_at_any_write_of_an_end_leaves_nothing() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    for is_done in [false, true] {
        for number in 0..MAX_WRITES {
            let ada = app.learner(&format!("ada{is_done}{number}")).await;
            let session = start_until_ready(&app, &ada).await;
            // Something of the learner's that has to be cleared, so that an end has more than one write.
            put_held(&kube, &session.namespace);
            stop(&ada).await;
            let mut died = run_and_die(&app, &kube, LastWrite { number, is_done }).await;
            if !died {
                app.advance(SignedDuration::from_secs(61));
                died = run_and_die(&app, &kube, LastWrite { number: number.saturating_sub(1), is_done }).await;
            }
            app.advance(SignedDuration::from_secs(62));
            run_until_deleted(&app, &kube).await;
            if !died {
                assert!(number > 0, "an end writes something");
                break;
            }
        }
    }
}

fn put_held(kube: &MockCluster, namespace: &str) {
    kube.put(&serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "notes", "namespace": namespace, "finalizers": ["example.org/never"] },
    }));
}

#[tokio::test]
async fn two_replicas_at_one_session_make_it_once() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let (other, ada) = (app.replica().await, app.learner("ada").await);
    start(&ada).await;
    for _ in 0..5 {
        let (own, others) = tokio::join!(app.app.worker.run_due(), other.worker.run_due());
        own.unwrap();
        others.unwrap();
        app.advance(SignedDuration::from_secs(2));
    }
    let session = find_session(&app, &ada).await.unwrap();
    assert_eq!(session.state, SessionState::Ready);
    assert_eq!(kube.session_namespaces(), [session.namespace]);
    stop(&ada).await;
    for _ in 0..5 {
        let (own, others) = tokio::join!(app.app.worker.run_due(), other.worker.run_due());
        own.unwrap();
        others.unwrap();
        app.advance(SignedDuration::from_secs(2));
    }
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}
