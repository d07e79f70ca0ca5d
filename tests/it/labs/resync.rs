//! The recurring jobs find whatever was missed.

use jiff::SignedDuration;
use seaworthy::db::Engine;
use seaworthy::labs::SessionState;
use serde_json::json;

use super::{
    assert_says, collect_garbage, execute, find_session, page, resync, run_until, start, start_until_ready, state, stop,
};
use crate::support::{TestApp, until_blocked};

#[tokio::test]
async fn a_namespace_that_no_session_owns_is_deleted_and_others_are_kept() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let own = kube.object("Namespace", "", &session.namespace).unwrap();
    let installation = own["metadata"]["labels"]["seaworthy.dev/installation"].clone();
    for (name, owner) in [("orphan", installation), ("foreign", json!("another one"))] {
        kube.put(&json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": { "name": name, "labels": {
                "seaworthy.dev/session": "gone", "seaworthy.dev/installation": owner,
            } },
        }));
    }
    collect_garbage(&app).await;
    let mut left = kube.session_namespaces();
    left.sort();
    let mut expected = [session.namespace, "foreign".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_session_whose_cluster_was_replaced_says_so_and_can_be_started_again() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let first = start_until_ready(&app, &ada).await;
    kube.lose_everything();
    resync(&app).await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "Its namespace is gone");
    let second = start_until_ready(&app, &ada).await;
    assert_ne!(first.namespace, second.namespace);
}

#[tokio::test]
async fn while_the_cluster_is_away_no_session_counts_as_lost() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.go_down().await;
    resync(&app).await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Ready));
}

#[tokio::test]
async fn a_failing_garbage_collection_delays_no_expiry() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.forbid_lists = Some("namespaces"));
    app.app.worker.schedule().await.unwrap();
    for _ in 0..120 {
        app.advance(SignedDuration::from_mins(1));
        app.run_jobs().await;
        app.app.worker.schedule().await.unwrap();
    }
    assert_eq!(state(&app, &ada).await, None);
    assert_says(&page(&ada).await, "Its time was up.");
    app.leave_jobs();
}

#[tokio::test]
async fn work_whose_job_was_lost_is_resumed() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    execute(&app, "DELETE FROM jobs").await;
    resync(&app).await;
    run_until(&app, &ada, Some(SessionState::Ready)).await;

    stop(&ada).await;
    execute(&app, "DELETE FROM jobs").await;
    app.advance(SignedDuration::from_mins(7));
    resync(&app).await;
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_is_stopped_while_it_is_admitted_stays_stopped() {
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    let (ada, ben) = (app.learner("ada").await, app.learner("ben").await);
    start_until_ready(&app, &ada).await;
    start(&ben).await;
    let queued = find_session(&app, &ben).await.unwrap();
    assert_eq!(queued.state, SessionState::Queued);
    // Capacity comes free, and before it is admitted it is stopped by a transaction that is not committed yet.
    execute(&app, "UPDATE lab_sessions SET state = 'ended', over_at = 1 WHERE state = 'ready'").await;
    let mut stopping = app.app.core.db.write().await.unwrap();
    let end = "UPDATE lab_sessions SET state = 'ended', over_at = 1 WHERE state = 'queued'";
    sqlx::query(end).execute(&mut *stopping).await.unwrap();
    let replica = app.replica().await;
    let admitting = tokio::spawn(async move { replica.labs.resync().await });
    if app.app.core.db.engine() == Engine::Postgres {
        until_blocked(&app.database_url(), 1).await;
    }
    stopping.commit().await.unwrap();
    admitting.await.unwrap().unwrap();
    assert_eq!(state(&app, &ben).await, None, "it was started again");
    start_until_ready(&app, &ben).await;
}

#[tokio::test]
async fn the_steps_of_old_sessions_are_pruned() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    stop(&ada).await;
    super::run_until_deleted(&app, &kube).await;
    app.advance(SignedDuration::from_hours(24 * 31));
    start_until_ready(&app, &app.learner("ben").await).await;
    super::run(&app, &seaworthy::labs::jobs::Prune {}).await;
    let count = async |statement: &'static str| -> i64 {
        let mut conn = app.app.core.db.read().await.unwrap();
        let (count,): (i64,) = sqlx::query_as(statement).fetch_one(&mut *conn).await.unwrap();
        count
    };
    assert_eq!(
        count("SELECT COUNT(DISTINCT session_id) FROM lab_steps").await,
        1,
        "those of the running session are kept"
    );
    assert_eq!(count("SELECT COUNT(*) FROM lab_namespaces").await, 0);
}
