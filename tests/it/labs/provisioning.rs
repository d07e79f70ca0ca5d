//! What a start creates in the cluster, and in which order.

use seaworthy::labs::SessionState;

use super::{LAB, find_session, page, run_until, start, start_until_ready};
use crate::support::TestApp;

#[tokio::test]
async fn the_isolation_stands_before_anything_runs() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;

    let writes = kube.writes();
    let index_of = |line: &str| {
        let line = line.replace("{ns}", &session.namespace);
        writes.iter().position(|write| *write == line).unwrap_or_else(|| panic!("{line} is not in {writes:?}"))
    };
    let namespace = index_of("Namespace {ns}");
    let isolation = [
        "ServiceAccount learner",
        "ServiceAccount prometheus",
        "ServiceAccount default",
        "RoleBinding learner",
        "Role prometheus",
        "RoleBinding prometheus",
        "LimitRange lab",
        "ResourceQuota lab",
        "NetworkPolicy default-deny",
        "NetworkPolicy own-namespace",
        "NetworkPolicy dns",
        "NetworkPolicy api-server",
    ]
    .map(index_of);
    let runs = ["Deployment qotm", "Service qotm", "Pod toolbox"].map(index_of);
    assert!(isolation.iter().all(|object| *object > namespace), "{writes:?}");
    assert!(index_of("LimitRange lab") < index_of("ResourceQuota lab") || index_of("ResourceQuota lab") < runs[0]);
    assert!(runs.iter().all(|run| isolation.iter().all(|object| object < run)), "{writes:?}");
    for policy in ["seaworthy-services", "seaworthy-images", "seaworthy-mappings"] {
        index_of(&format!("ValidatingAdmissionPolicy {policy}"));
        index_of(&format!("ValidatingAdmissionPolicyBinding {policy}"));
    }
    index_of("ClusterRole seaworthy-learner");
}

#[tokio::test]
async fn nothing_runs_before_the_quota_is_counted() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.quota_is_counted = false);
    let ada = app.learner("ada").await;
    start(&ada).await;
    let worker = app.app.worker.clone();
    let running = tokio::spawn(async move { worker.run_due().await });
    let session = find_session(&app, &ada).await.unwrap();
    while kube.object("ResourceQuota", &session.namespace, "lab").is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(kube.object("Deployment", &session.namespace, "qotm").is_none());

    kube.switches(|switches| switches.quota_is_counted = true);
    kube.put(&kube.object("ResourceQuota", &session.namespace, "lab").unwrap());
    running.await.unwrap().unwrap();
    assert!(kube.object("Deployment", &session.namespace, "qotm").is_some());
}

#[tokio::test]
async fn the_namespace_is_restricted_by_its_labels_and_hides_who_it_is_for() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    assert!(session.namespace.len() == 16 && session.namespace.chars().all(|digit| digit.is_ascii_hexdigit()));
    let namespace = kube.object("Namespace", "", &session.namespace).unwrap();
    let labels = &namespace["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");
    assert_eq!(labels["seaworthy.dev/lab"], LAB);
    assert!(!namespace.to_string().contains(session.person_id.as_str()));
    let service = kube.object("Service", &session.namespace, "qotm").unwrap();
    assert_eq!(service["metadata"]["annotations"]["seaworthy.dev/nonce"], session.nonce);
}

#[tokio::test]
async fn the_page_shows_each_step_and_how_long_it_took() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.pods_become_ready = false);
    let ada = app.learner("ada").await;
    start(&ada).await;
    app.run_jobs().await;

    let provisioning = page(&ada).await;
    let states = |page: &crate::support::Page, state: &str| page.texts(&format!("li[data-state={state}]")).len();
    assert_eq!((states(&provisioning, "done"), states(&provisioning, "running")), (6, 2));
    assert!(provisioning.attribute("#session", "data-live").is_some());

    kube.make_ready();
    run_until(&app, &ada, Some(SessionState::Ready)).await;
    let ready = page(&ada).await;
    assert_eq!(states(&ready, "done"), 8);
    assert!(ready.texts("li[data-step=namespace]")[0].contains("ms"), "{}", ready.body);
    assert_ne!(ready.attribute("#session", "data-live-key"), provisioning.attribute("#session", "data-live-key"));
}

#[tokio::test]
async fn a_crash_half_way_loses_nothing() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.hold = Some("networkpolicies"));
    let ada = app.learner("ada").await;
    start(&ada).await;
    let worker = app.app.worker.clone();
    let running = tokio::spawn(async move { worker.run_due().await });
    let session = find_session(&app, &ada).await.unwrap();
    while kube.object("ResourceQuota", &session.namespace, "lab").is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert!(kube.object("Deployment", &session.namespace, "qotm").is_none());

    kube.switches(|switches| switches.hold = None);
    assert_eq!(app.run_jobs().await, 0, "the lease of the dead worker still runs");
    app.advance(jiff::SignedDuration::from_secs(31));
    run_until(&app, &ada, Some(SessionState::Ready)).await;
    assert_eq!(kube.session_namespaces(), [session.namespace]);
}

#[tokio::test]
async fn a_terminating_namespace_is_waited_for_and_never_used() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    let session = find_session(&app, &ada).await.unwrap();
    kube.put(&serde_json::json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "name": session.namespace, "deletionTimestamp": "2026-03-04T11:59:00Z",
            "labels": { "seaworthy.dev/session": "an older one" },
        },
    }));
    app.run_jobs().await;
    super::assert_says(&page(&ada).await, "still being deleted");
    assert!(kube.object("ServiceAccount", &session.namespace, "learner").is_none());

    kube.finish_deletions();
    run_until(&app, &ada, Some(SessionState::Ready)).await;
}
