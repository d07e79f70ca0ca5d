//! The process's shared watches: an event triggers the reconcile that it concerns.

use seaworthy::labs::SessionState;
use serde_json::json;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{eventually, start, start_until_ready, state, stop};
use crate::support::{MockCluster, TestApp};

/// A site whose watches run until the guard is dropped; its clock does not advance, so that nothing else comes due.
async fn spawn() -> (TestApp, MockCluster, DropGuard) {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let (labs, stop) = (app.app.labs.clone(), CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move { labs.watch(until).await });
    eventually("nothing is watched", async || kube.count_watches("namespaces") > 0).await;
    (app, kube, stop.drop_guard())
}

#[tokio::test]
async fn a_session_is_ready_as_soon_as_its_pods_are() {
    let (app, kube, _watching) = spawn().await;
    kube.switches(|switches| switches.pods_become_ready = false);
    let ada = app.learner("ada").await;
    start(&ada).await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Provisioning));
    kube.make_ready();
    eventually("it is not ready", async || {
        app.run_jobs().await;
        state(&app, &ada).await == Some(SessionState::Ready)
    })
    .await;
}

#[tokio::test]
async fn what_is_deleted_by_hand_is_restored_at_once() {
    let (app, kube, _watching) = spawn().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    for (kind, name) in [("NetworkPolicy", "default-deny"), ("RoleBinding", "learner"), ("ResourceQuota", "lab")] {
        kube.delete(kind, &session.namespace, name);
        eventually(&format!("{kind} {name} was not restored"), async || {
            app.run_jobs().await;
            kube.object(kind, &session.namespace, name).is_some()
        })
        .await;
    }
    kube.delete("ValidatingAdmissionPolicy", "", "seaworthy-mappings");
    eventually("the policy was not restored", async || {
        kube.object("ValidatingAdmissionPolicy", "", "seaworthy-mappings").is_some()
    })
    .await;
}

#[tokio::test]
async fn a_namespace_that_is_deleted_by_hand_fails_its_session_at_once() {
    let (app, kube, _watching) = spawn().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.delete("Namespace", "", &session.namespace);
    eventually("it was not noticed", async || {
        app.run_jobs().await;
        state(&app, &ada).await == Some(SessionState::Failed)
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_deletion_is_recorded_at_once() {
    let (app, kube, _watching) = spawn().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    stop(&ada).await;
    app.run_jobs().await;
    kube.finish_deletions();
    eventually("it was not noticed", async || {
        app.run_jobs().await;
        !app.app.labs.is_namespace_terminating(&session).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn other_addresses_of_the_api_servers_are_seen_at_once() {
    let (app, kube, _watching) = spawn().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.put(&json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes", "namespace": "default", "labels": { "kubernetes.io/service-name": "kubernetes" },
        },
        "endpoints": [{ "addresses": ["192.0.2.7"] }], "ports": [{ "port": 6443 }],
    }));
    eventually("the policy names the old ones", async || {
        app.run_jobs().await;
        let policy = kube.object("NetworkPolicy", &session.namespace, "api-server").unwrap();
        policy.to_string().contains("192.0.2.7/32")
    })
    .await;
}

#[tokio::test]
async fn one_watch_of_a_kind_serves_every_session_and_outlives_a_broken_connection() {
    let (app, mut kube, _watching) = spawn().await;
    for name in ["ada", "ben", "cleo"] {
        start_until_ready(&app, &app.learner(name).await).await;
    }
    for plural in ["namespaces", "pods", "deployments", "networkpolicies", "endpointslices"] {
        assert_eq!(kube.count_watches(plural), 1, "{plural}");
    }
    kube.go_down().await;
    kube.go_up();
    let ada = app.learner("dora").await;
    let session = start_until_ready(&app, &ada).await;
    kube.delete("NetworkPolicy", &session.namespace, "dns");
    eventually("the watches were not reopened", async || {
        app.run_jobs().await;
        kube.object("NetworkPolicy", &session.namespace, "dns").is_some()
    })
    .await;
}

#[tokio::test]
async fn what_is_done_to_a_lingering_namespace_does_not_trigger_its_reconcile() {
    let (app, kube, _watching) = spawn().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    stop(&ada).await;
    app.run_jobs().await;
    app.advance(jiff::SignedDuration::from_secs(70));
    app.run_jobs().await;
    let path = format!("/api/v1/namespaces/{}", session.namespace);
    let before = kube.count_reads(&path);
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        app.run_jobs().await;
    }
    assert_eq!(kube.count_reads(&path), before);
}
