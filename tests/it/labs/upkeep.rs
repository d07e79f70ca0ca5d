//! What comes round by itself.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;
use serde_json::json;

use super::{assert_says, page, start_and_settle, state, upkeep};
use crate::support::TestApp;

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
    upkeep(&app).await;
    let mut left = kube.session_namespaces();
    left.sort();
    let mut expected = [session.namespace, "foreign".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
}

#[tokio::test]
async fn a_namespace_that_will_not_go_is_told_with_its_reason() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    ada.post("/labs/service-annotations/stop", &[]).await.location();
    app.run_jobs().await;
    assert_eq!(app.app.labs.list_problems().await.unwrap(), []);
    app.advance(SignedDuration::from_mins(3));
    let problems = app.app.labs.list_problems().await.unwrap();
    assert_eq!(problems[0].namespace, session.namespace);
    assert_eq!(problems[0].reasons, ["NamespaceDeletionDiscoveryFailure: tap.linkerd.io is dead"]);
}

#[tokio::test]
async fn a_session_whose_cluster_was_made_anew_says_so_and_can_be_started_again() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let first = start_and_settle(&app, &ada).await;
    kube.lose_everything();
    upkeep(&app).await;
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
    upkeep(&app).await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Ready));
}
