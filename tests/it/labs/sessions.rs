//! A session from start to end, as its learner sees it.

use futures_util::future::join_all;
use jiff::SignedDuration;
use seaworthy::labs::SessionState;

use super::{
    LAB, PAGE, assert_says, find_session, page, run_until, run_until_deleted, start, start_until_ready, state, stop,
};
use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_lab_is_for_people_who_are_signed_in() {
    let app = TestApp::spawn().await;
    assert_eq!(app.visitor().get(PAGE).await.location(), "/sign-in?next=%2Flabs%2Fservice%2Dannotations");
    app.visitor().get("/labs").await.expect(200);
    let ada = app.learner("ada").await;
    ada.get("/labs/no-such-lab").await.expect(404);
    ada.post("/labs/no-such-lab/start", &[]).await.expect(404);
}

#[tokio::test]
async fn two_tabs_that_start_at_once_get_one_session() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let person = ada.person().id.clone();
    let started = join_all((0..8).map(|_tab| app.app.labs.start(&person, LAB))).await;
    let first = started[0].as_ref().unwrap().id.clone();
    assert!(started.iter().all(|session| session.as_ref().unwrap().id == first));
    run_until(&app, &ada, Some(SessionState::Ready)).await;
    assert_eq!(kube.session_namespaces().len(), 1);
    start(&ada).await;
    assert_eq!(find_session(&app, &ada).await.unwrap().id, first);
}

#[tokio::test]
async fn stopping_frees_the_person_at_once_while_the_namespace_is_deleted() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    let ada = app.learner("ada").await;
    let first = start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    stop(&ada).await;
    assert_eq!(state(&app, &ada).await, None);
    app.run_jobs().await;
    let ended = page(&ada).await;
    assert_says(&ended, "You stopped it.");
    assert_says(&ended, "You can start again right away.");
    assert!(ended.texts(".callout").is_empty(), "nothing about it is a fault: {}", ended.text("main"));

    let second = start_until_ready(&app, &ada).await;
    assert_ne!(first.namespace, second.namespace);
    assert_eq!(kube.session_namespaces().len(), 2);
    kube.finish_deletions();
    app.advance(SignedDuration::from_mins(1));
    app.run_jobs().await;
    assert_eq!(kube.session_namespaces(), [second.namespace]);
    assert!(!app.app.labs.is_namespace_terminating(&first).await.unwrap());
}

#[tokio::test]
async fn the_page_says_how_far_the_deletion_is_as_the_cluster_has_it() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.deletions_hang = true);
    stop(&ada).await;
    let states = async || page(&ada).await.attributes("#session .steps > li", "data-state");
    assert_eq!(states().await, ["done", "running", "waiting", "waiting"]);
    app.run_jobs().await;
    assert_eq!(states().await, ["done", "done", "done", "running"]);
    kube.switches(|switches| switches.forbid_lists = Some("pods"));
    assert_eq!(states().await, ["done", "done", "waiting", "waiting"]);
    assert_says(&page(&ada).await, "The cluster does not say how far it is.");
    kube.switches(|switches| switches.forbid_lists = None);
    app.advance(SignedDuration::from_mins(2));
    assert_says(&page(&ada).await, "It takes longer than it should.");
    kube.finish_deletions();
    app.run_jobs().await;
    run_until_deleted(&app, &kube).await;
    assert_says(&page(&ada).await, "Its namespace is deleted");
    assert_eq!(states().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lab_of_an_account_that_is_closed_is_stopped() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    ada.post("/account/close", &[("password", PASSWORD)]).await.location();
    run_until(&app, &ada, None).await;
    run_until_deleted(&app, &kube).await;
}

#[tokio::test]
async fn a_session_stopped_while_it_is_provisioned_leaves_nothing() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.hold = Some("serviceaccounts"));
    let ada = app.learner("ada").await;
    start(&ada).await;
    let worker = app.app.worker.clone();
    let running = tokio::spawn(async move { worker.run_due().await });
    while kube.session_namespaces().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stop(&ada).await;
    kube.switches(|switches| switches.hold = None);
    running.await.unwrap().unwrap();
    assert_eq!(state(&app, &ada).await, None);
    run_until_deleted(&app, &kube).await;
}

#[tokio::test]
async fn a_session_ends_when_its_time_is_up() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    app.advance(SignedDuration::from_mins(112));
    app.run_jobs().await;
    assert_says(&page(&ada).await, "It ends soon");
    app.advance(SignedDuration::from_mins(9));
    app.run_jobs().await;
    assert_eq!(state(&app, &ada).await, None);
    run_until_deleted(&app, &kube).await;
    assert_says(&page(&ada).await, "Its time was up.");
}

#[tokio::test]
async fn time_can_be_added_as_often_as_the_lab_says() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let before = start_until_ready(&app, &ada).await.expires_at.unwrap();
    for left in [2, 1] {
        assert_says(&page(&ada).await, &format!("Add 1 h ({left} left)"));
        ada.post("/labs/service-annotations/extend", &[]).await.location();
    }
    assert_says(&page(&ada).await, "You have added the most time there is");
    let after = find_session(&app, &ada).await.unwrap().expires_at.unwrap();
    assert_eq!(after.duration_since(before), SignedDuration::from_mins(120));
    assert!(page(&ada).await.texts("form[action$=extend]").is_empty());
    ada.post("/labs/service-annotations/extend", &[]).await.location();
    assert_eq!(find_session(&app, &ada).await.unwrap().expires_at, Some(after));
    app.run_jobs().await;
}

#[tokio::test]
async fn a_session_with_more_time_ends_at_its_new_end() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    ada.post("/labs/service-annotations/extend", &[]).await.location();
    for (minutes, expected) in [(121, Some(SessionState::Ready)), (60, None)] {
        app.advance(SignedDuration::from_mins(minutes));
        app.run_jobs().await;
        assert_eq!(state(&app, &ada).await, expected);
    }
    run_until_deleted(&app, &kube).await;
}

#[tokio::test]
async fn beyond_the_capacity_people_queue_in_the_order_they_came() {
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 1).await;
    let (ada, ben, cleo) = (app.learner("ada").await, app.learner("ben").await, app.learner("cleo").await);
    start_until_ready(&app, &ada).await;
    for visitor in [&ben, &cleo] {
        app.advance(SignedDuration::from_secs(1));
        start(visitor).await;
    }
    app.run_jobs().await;
    assert_says(&page(&ben).await, "You are number 1 in the queue.");
    assert_says(&page(&ben).await, "at the latest");
    assert_says(&page(&cleo).await, "You are number 2 in the queue.");
    assert_says(&page(&cleo).await, "no time can be promised");

    stop(&ada).await;
    run_until(&app, &ben, Some(SessionState::Ready)).await;
    assert_says(&page(&cleo).await, "You are number 1 in the queue.");
    stop(&cleo).await;
    assert_eq!(state(&app, &cleo).await, None);
    app.run_jobs().await;
}

#[tokio::test]
async fn the_last_capacity_is_used_once() {
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.capacity = 3).await;
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(app.learner(&format!("learner{number}")).await.person().id.clone());
    }
    let started = join_all(people.iter().map(|person| app.app.labs.start(person, LAB))).await;
    let admitted = started.iter().filter(|one| one.as_ref().unwrap().state == SessionState::Provisioning);
    assert_eq!(admitted.count(), 3);
    app.leave_jobs();
}

#[tokio::test]
async fn a_kubeconfig_can_be_downloaded_while_the_lab_runs() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    ada.get("/labs/service-annotations/kubeconfig").await.expect(409);
    let session = start_until_ready(&app, &ada).await;
    let file = ada.get("/labs/service-annotations/kubeconfig").await.expect(200);
    assert!(file.body.contains("mock-token") && file.body.contains(&session.namespace), "{}", file.body);
    assert!(file.headers["content-disposition"].to_str().unwrap().contains("attachment"));
    app.learner("ben").await.get("/labs/service-annotations/kubeconfig").await.expect(409);
}

#[tokio::test]
async fn the_status_is_there_for_scripts() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let status = async || -> serde_json::Value {
        serde_json::from_str(&ada.get("/labs/service-annotations/status").await.expect(200).body).unwrap()
    };
    assert_eq!(status().await["state"], "none");
    start_until_ready(&app, &ada).await;
    assert_eq!(status().await["state"], "ready");
    assert_eq!(status().await["steps"].as_array().unwrap().len(), 8);
}
