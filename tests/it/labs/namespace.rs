//! What is in the namespace of a running lab, as its page shows it.

use seaworthy::labs::LabSession;
use serde_json::json;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{PAGE, eventually, start_until_ready};
use crate::support::{MockCluster, TestApp, Visitor};

const NAMESPACE: &str = "/labs/service-annotations/namespace";

fn put_event(kube: &MockCluster, session: &LabSession, name: &str) {
    kube.put(&json!({
        "apiVersion": "v1", "kind": "Event", "metadata": { "name": name, "namespace": session.namespace },
        "type": "Warning", "reason": "BackOff", "message": format!("{name} restarts"), "count": 3,
        "lastTimestamp": "2026-03-04T12:00:00Z", "involvedObject": { "kind": "Pod", "name": name },
    }));
}

fn watch(app: &TestApp) -> DropGuard {
    let (grading, stop) = (app.app.grading.clone(), CancellationToken::new());
    let until = stop.clone();
    tokio::spawn(async move { grading.watch(until).await });
    stop.drop_guard()
}

async fn shown(ada: &Visitor) -> String {
    ada.get(NAMESPACE).await.expect(200).text("#namespace")
}

#[tokio::test]
async fn pods_services_events_and_quota_are_shown_by_the_watches_and_without_a_request() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put_event(&kube, &session, "qotm-1");
    let _watching = watch(&app);
    eventually("the objects are never known", async || {
        let text = shown(&ada).await;
        text.contains("Pod/qotm-1") && text.contains("toolbox") && !text.contains("Not known")
    })
    .await;
    let path = format!("/api/v1/namespaces/{}/events", session.namespace);
    let before = kube.count_reads(&path);
    let text = shown(&ada).await;
    for told in ["qotm", "80 to http", "BackOff", "qotm-1 restarts (3 times)", "1 of 1"] {
        assert!(text.contains(told), "{told:?} is not in: {text}");
    }
    assert!(text.contains("This cluster has no mesh"), "{text}");
    assert!(!text.contains("Mappings"), "the cluster has no ingress: {text}");
    put_event(&kube, &session, "late");
    eventually("the event is never shown", async || shown(&ada).await.contains("late restarts")).await;
    assert_eq!(kube.count_reads(&path), before, "a page asks the API server for nothing");
    app.leave_jobs();
}

#[tokio::test]
async fn what_is_not_known_is_told_and_the_page_of_the_lab_leads_there() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let page = ada.get(NAMESPACE).await.expect(200);
    assert!(page.text("#namespace").contains("Not known at the moment"), "nothing is watched");
    assert_eq!(page.attribute("#namespace", "data-live").as_deref(), Some(NAMESPACE));
    let lab = ada.get(PAGE).await.expect(200);
    assert_eq!(lab.attribute("#namespace a", "href").as_deref(), Some(NAMESPACE));
    assert_eq!(lab.attribute("#namespace", "data-live").as_deref(), Some(NAMESPACE));
}

#[tokio::test]
async fn a_lab_that_does_not_run_has_no_namespace_to_show() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let page = ada.get(NAMESPACE).await.expect(200);
    assert!(page.text("#namespace").contains("The lab is not running"));
    assert_eq!(page.attribute("#namespace", "data-live"), None);
    assert!(ada.get(PAGE).await.attribute("#namespace", "data-live").is_none());
    ada.get("/labs/none/namespace").await.expect(404);
}
