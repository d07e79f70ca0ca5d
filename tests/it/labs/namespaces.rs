//! Namespaces whose deletion is blocked, and that no session waits for them.

use jiff::SignedDuration;
use seaworthy::labs::SessionState;
use serde_json::{Value, json};

use super::{assert_says, eventually, find_session, page, run_until, start, start_until_ready, state, stop};
use crate::support::{MockCluster, TestApp};

fn put(kube: &MockCluster, kind: &str, namespace: &str, more: &Value) {
    let mut object =
        json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": "notes", "namespace": namespace } });
    for (key, value) in more.as_object().unwrap() {
        for (field, content) in value.as_object().unwrap() {
            object[key][field] = content.clone();
        }
    }
    kube.put(&object);
}

#[tokio::test]
async fn a_learners_finalizer_blocks_no_session_and_is_cleared_after_a_while() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put(&kube, "ConfigMap", &session.namespace, &json!({ "metadata": { "finalizers": ["a/b"] } }));
    stop(&ada).await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, None);
    let second = start_until_ready(&app, &ada).await;
    put(&kube, "ConfigMap", &second.namespace, &json!({ "metadata": { "finalizers": ["a/b"] } }));

    app.advance(SignedDuration::from_secs(50));
    app.run_jobs().await;
    assert!(
        kube.object("ConfigMap", &session.namespace, "notes").is_some(),
        "it may be deleted by its controllers for a while"
    );
    app.advance(SignedDuration::from_secs(20));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), std::slice::from_ref(&second.namespace));
    let kept = kube.object("ConfigMap", &second.namespace, "notes").unwrap();
    assert_eq!(kept["metadata"]["finalizers"], json!(["a/b"]), "what is not terminating is not changed");
}

#[tokio::test]
async fn a_finalizer_of_the_namespace_itself_is_reported_and_cleared_after_a_while() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let (ada, admin) = (app.learner("ada").await, app.admin("noor").await);
    let session = start_until_ready(&app, &ada).await;
    let mut namespace = kube.object("Namespace", "", &session.namespace).unwrap();
    namespace["metadata"]["finalizers"] = json!(["controller.example.org/never"]);
    kube.put(&namespace);
    stop(&ada).await;
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(50));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), std::slice::from_ref(&session.namespace));
    kube.switches(|switches| switches.refuse = Some(("namespaces", 403, "it is locked")));
    app.advance(SignedDuration::from_secs(20));
    app.run_jobs().await;
    let overview = admin.get("/admin").await.expect(200);
    assert_says(&overview, "should be gone");
    kube.switches(|switches| switches.refuse = None);
    app.advance(SignedDuration::from_secs(20));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}

#[tokio::test]
async fn finalizers_of_every_kind_are_cleared_and_each_is_reported() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let (ada, admin) = (app.learner("ada").await, app.admin("noor").await);
    let session = start_until_ready(&app, &ada).await;
    let kinds = ["Pod", "ConfigMap", "Service", "Deployment"];
    for kind in kinds {
        put(&kube, kind, &session.namespace, &json!({ "metadata": { "finalizers": ["a/b", "c/d"] } }));
    }
    kube.switches(|switches| switches.deletions_hang = true);
    stop(&ada).await;
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(70));
    app.run_jobs().await;
    let overview = admin.get("/admin").await.expect(200);
    for kind in kinds {
        assert_says(&overview, &format!("Cleared the finalizers a/b, c/d of {kind} notes."));
        assert!(kube.object(kind, &session.namespace, "notes").is_none());
    }
    kube.finish_deletions();
    app.advance(SignedDuration::from_mins(5));
    app.run_jobs().await;
}

#[tokio::test]
async fn labs_start_while_the_deletions_of_many_namespaces_hang() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let (mut people, mut lists) = (Vec::new(), Vec::new());
    for number in 0..10 {
        let learner = app.learner(&format!("learner{number}")).await;
        let session = start_until_ready(&app, &learner).await;
        put(&kube, "ConfigMap", &session.namespace, &json!({ "metadata": { "finalizers": ["a/b"] } }));
        people.push(learner);
        lists.push(format!("/api/v1/namespaces/{}/configmaps", session.namespace));
    }
    for learner in &people {
        stop(learner).await;
    }
    app.run_jobs().await;
    app.advance(SignedDuration::from_secs(70));
    kube.switches(|switches| switches.hold_lists = Some("configmaps"));
    let until = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(app.app.worker.clone().run(until.clone(), std::time::Duration::ZERO));
    eventually("no deletion hangs", async || lists.iter().filter(|list| kube.count_reads(list) > 0).count() >= 4).await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    eventually("her lab waits for them", async || find_session(&app, &ada).await.unwrap().applied_at.is_some()).await;
    until.cancel();
    kube.switches(|switches| switches.hold_lists = None);
    running.await.unwrap();
    app.leave_jobs();
}

#[tokio::test]
async fn only_terminating_objects_lose_their_finalizers() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    stop(&ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    app.run_jobs().await;
    put(&kube, "ConfigMap", &session.namespace, &json!({ "metadata": { "finalizers": ["a/b"] } }));
    app.advance(SignedDuration::from_secs(70));
    app.run_jobs().await;
    let kept = kube.object("ConfigMap", &session.namespace, "notes").unwrap();
    assert_eq!(kept["metadata"]["finalizers"], json!(["a/b"]));
}

#[tokio::test]
async fn a_pod_with_a_grace_period_of_a_day_is_not_waited_for() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put(&kube, "Pod", &session.namespace, &json!({ "spec": { "terminationGracePeriodSeconds": 86_400 } }));
    stop(&ada).await;
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), std::slice::from_ref(&session.namespace));
    app.advance(SignedDuration::from_secs(70));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_api_service_is_reported_to_the_admin_and_blocks_no_session() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| {
        config.cluster.capacity = 1;
        config.labs.max_lingering_namespaces = 1;
    })
    .await;
    kube.switches(|switches| switches.deletions_hang = true);
    let (ada, admin) = (app.learner("ada").await, app.admin("noor").await);
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let session = start_until_ready(&app, &ada).await;
        put(&kube, "ConfigMap", &session.namespace, &json!({ "metadata": { "finalizers": ["a/b"] } }));
        sessions.push(session);
        stop(&ada).await;
        app.run_jobs().await;
    }
    assert!(
        !admin.get("/admin").await.text("main").contains("should be gone"),
        "they may be deleted by their controllers for a while"
    );
    app.advance(SignedDuration::from_secs(70));
    app.run_jobs().await;
    let overview = admin.get("/admin").await.expect(200);
    assert_says(&overview, "2 namespaces should be gone");
    assert_says(&overview, "the cluster may have no room for new sessions");
    for session in &sessions {
        assert_says(&overview, &format!("{}, session {}", session.namespace, session.id));
    }
    assert_says(&overview, "An API service of the cluster does not answer");
    assert_says(&overview, "tap.linkerd.io is dead");
    assert_says(&overview, "kubectl get apiservices");
    assert_says(&overview, "Cleared the finalizers a/b of ConfigMap notes.");

    start(&ada).await;
    run_until(&app, &ada, Some(SessionState::Ready)).await;
    kube.finish_deletions();
    app.advance(SignedDuration::from_mins(5));
    app.run_jobs().await;
    assert!(!admin.get("/admin").await.text("main").contains("should be gone"));
}

#[tokio::test]
async fn a_namespace_that_is_not_deleted_is_reconciled_ever_more_rarely() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.deletions_hang = true);
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    stop(&ada).await;
    let count_reads = || kube.count_reads(&format!("/api/v1/namespaces/{}", session.namespace));
    let before = count_reads();
    for _ in 0..12 * 60 {
        app.advance(SignedDuration::from_secs(5));
        app.run_jobs().await;
    }
    let reads = count_reads() - before;
    assert!(reads < 40, "in an hour it was read {reads} times");
}

#[tokio::test]
async fn a_failed_session_frees_its_capacity_too() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    kube.switches(|switches| {
        switches.refuse = Some(("deployments", 422, "spec.replicas is wrong"));
        switches.deletions_hang = true;
    });
    let (ada, ben) = (app.learner("ada").await, app.learner("ben").await);
    start(&ada).await;
    start(&ben).await;
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, Some(SessionState::Failed));
    assert_says(&page(&ada).await, "spec.replicas is wrong");
    assert_eq!(state(&app, &ben).await, Some(SessionState::Failed), "he was admitted");
    kube.switches(|switches| switches.refuse = None);
    start_until_ready(&app, &ada).await;
}

#[tokio::test]
async fn a_learner_loses_their_rights_before_their_namespace_is_deleted() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.refuse = Some(("namespaces", 403, "it is locked")));
    stop(&ada).await;
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), std::slice::from_ref(&session.namespace));
    for kind in ["RoleBinding", "ServiceAccount"] {
        assert_eq!(kube.object(kind, &session.namespace, "learner"), None);
    }
    kube.switches(|switches| switches.refuse = None);
    app.advance(SignedDuration::from_secs(20));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), Vec::<String>::new());
}
