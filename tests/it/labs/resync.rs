//! What comes round by itself finds whatever was missed.

use jiff::SignedDuration;
use seaworthy::db::Engine;
use seaworthy::labs::SessionState;
use serde_json::json;

use super::{
    assert_says, collect_garbage, execute, find_session, page, resync, settle, start, start_and_settle, state, stop,
};
use crate::support::{TestApp, until_blocked};

#[tokio::test]
async fn a_namespace_that_no_session_owns_is_deleted_and_others_are_left_alone() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
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
async fn a_session_whose_cluster_was_made_anew_says_so_and_can_be_started_again() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let first = start_and_settle(&app, &ada).await;
    kube.lose_everything();
    resync(&app).await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "Its namespace is gone");
    let second = start_and_settle(&app, &ada).await;
    assert_ne!(first.namespace, second.namespace);
}

#[tokio::test]
async fn while_the_cluster_is_away_no_session_counts_as_lost() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    kube.go_down().await;
    resync(&app).await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Ready));
}

#[tokio::test]
async fn what_goes_wrong_in_garbage_collection_delays_no_end() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
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
async fn work_whose_job_was_lost_is_taken_up() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    execute(&app, "DELETE FROM jobs").await;
    resync(&app).await;
    settle(&app, &ada, Some(SessionState::Ready)).await;

    stop(&ada).await;
    execute(&app, "DELETE FROM jobs").await;
    app.advance(SignedDuration::from_mins(7));
    resync(&app).await;
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_is_stopped_while_it_is_let_in_stays_stopped() {
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    let (ada, ben) = (app.learner("ada").await, app.learner("ben").await);
    start_and_settle(&app, &ada).await;
    start(&ben).await;
    let queued = find_session(&app, &ben).await.unwrap();
    assert_eq!(queued.state, SessionState::Queued);
    // Room for it comes free, and before it is let in it is stopped by somebody whose change is not there yet.
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
    start_and_settle(&app, &ben).await;
}

#[tokio::test]
async fn the_steps_of_old_sessions_are_forgotten() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    stop(&ada).await;
    super::settle_namespaces(&app, &kube).await;
    app.advance(SignedDuration::from_hours(24 * 31));
    start_and_settle(&app, &app.learner("ben").await).await;
    super::run(&app, &seaworthy::labs::Prune {}).await;
    let count = async |statement: &'static str| -> i64 {
        let mut conn = app.app.core.db.read().await.unwrap();
        let (count,): (i64,) = sqlx::query_as(statement).fetch_one(&mut *conn).await.unwrap();
        count
    };
    assert_eq!(count("SELECT COUNT(DISTINCT session_id) FROM lab_steps").await, 1, "the running session's stay");
    assert_eq!(count("SELECT COUNT(*) FROM lab_namespaces").await, 0);
}
