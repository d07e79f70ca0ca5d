//! Faults of a cluster, and what the learner reads.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;
use serde_json::json;

use super::{assert_says, eventually, page, run_until, run_until_deleted, start, start_until_ready, state, stop};
use crate::support::TestApp;

#[tokio::test]
async fn without_a_cluster_the_page_says_what_to_do() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    assert_says(&ada.get("/labs").await, "Labs cannot run yet");
    assert_says(&page(&ada).await, "KUBECONFIG");
    start(&ada).await;
    assert_eq!(state(&app, &ada).await, None);
}

#[tokio::test]
async fn a_starting_cluster_is_shown_with_its_progress() {
    let app = TestApp::spawn_with(|config| {
        let progress = json!({
            "phase": "building", "step": "Building the control plane", "done": 3, "total": 9, "detail": "kubelet",
            "started_at_us": 0, "updated_at_us": 1_772_625_599_000_000_i64,
        });
        std::fs::write(&config.cluster.status_file, progress.to_string()).unwrap();
    })
    .await;
    let ada = app.learner("ada").await;
    let page = ada.get("/labs").await.expect(200);
    assert_says(&page, "Building the control plane");
    assert_eq!(page.attribute("progress", "value").as_deref(), Some("3"));
    assert!(page.attribute("#cluster", "data-live").is_some());
    start(&ada).await;
    assert_eq!(state(&app, &ada).await, None);
}

#[tokio::test]
async fn a_cluster_that_goes_away_during_provisioning_is_waited_for() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    kube.go_down().await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Provisioning));
    assert_says(&page(&ada).await, "The cluster does not answer");
    assert_says(&page(&ada).await, "It is tried again by itself.");

    kube.go_up();
    run_until(&app, &ada, Some(SessionState::Ready)).await;
    // What the page knows of the cluster is looked at from time to time.
    eventually("it is still said to be away", async || !page(&ada).await.text("main").contains("does not answer"))
        .await;
}

#[tokio::test]
async fn a_cluster_that_stays_away_fails_the_session_with_a_reason() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    kube.go_down().await;
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(181));
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "It was tried for 181 s.");

    kube.go_up();
    eventually("it cannot be tried again", async || {
        page(&ada).await.texts("form[action$=start] button") == ["Try again"]
    })
    .await;
    start_until_ready(&app, &ada).await;
}

#[tokio::test]
async fn a_pod_that_never_becomes_ready_fails_with_its_own_reason() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.pods_become_ready = false);
    let ada = app.learner("ada").await;
    start(&ada).await;
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(3));
    app.run_jobs().await;
    assert_says(&page(&ada).await, "Pod toolbox waits: ErrImagePull. no such image");
    app.advance(SignedDuration::from_secs(181));
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "Its pods were not ready within 180 s. Pod toolbox waits: ErrImagePull.");
    // A failed session leaves nothing behind.
    run_until_deleted(&app, &kube).await;
}

#[tokio::test]
async fn an_object_that_the_cluster_refuses_fails_at_once() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.refuse = Some(("deployments", 422, "spec.replicas is wrong")));
    let ada = app.learner("ada").await;
    start(&ada).await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "spec.replicas is wrong");
}

#[tokio::test]
async fn an_overloaded_cluster_is_tried_again() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.refuse = Some(("services", 500, "etcd is slow")));
    let ada = app.learner("ada").await;
    start(&ada).await;
    app.run_jobs().await;
    assert_says(&page(&ada).await, "etcd is slow");
    kube.switches(|switches| switches.refuse = None);
    run_until(&app, &ada, Some(SessionState::Ready)).await;
}

#[tokio::test]
async fn a_session_can_be_stopped_while_the_cluster_is_away() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.go_down().await;
    stop(&ada).await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, None);
    assert_says(&page(&ada).await, "You stopped it.");
    kube.go_up();
    run_until_deleted(&app, &kube).await;
}
