//! What goes wrong while a lab is checked.

use jiff::SignedDuration;

use super::{PAGE, check, solve, verdict};
use crate::labs::start_and_settle;
use crate::support::TestApp;

#[actix_web::test]
async fn a_cluster_that_is_gone_costs_nothing() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    kube.go_down().await;
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("could-not-grade"));
    assert!(page.text("#task-owner .verdict-hint").contains("Nothing is held against you"));
    kube.come_back();
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("pass"));
}

#[actix_web::test]
async fn a_check_that_was_lost_can_be_asked_for_again() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    ada.post("/labs/service-annotations/check", &[]).await.location();
    let mut tx = app.app.db.write().await.unwrap();
    sqlx::query("DELETE FROM jobs WHERE kind = 'grading.grade'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    app.advance(SignedDuration::from_mins(3));
    assert!(ada.get(PAGE).await.texts("#tasks [role=\"status\"]").is_empty());
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("fail"));
}

#[actix_web::test]
async fn a_check_of_a_lab_that_has_just_been_stopped_is_dropped() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    ada.post("/labs/service-annotations/check", &[]).await.location();
    ada.post("/labs/service-annotations/stop", &[]).await.location();
    app.run_jobs().await;
    let page = ada.get(PAGE).await.expect(200);
    assert_eq!(verdict(&page, "owner"), None);
    assert!(page.texts("#tasks [role=\"status\"]").is_empty());
}

#[actix_web::test]
async fn a_job_that_runs_twice_grades_once() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_and_settle(&app, &ada).await;
    check(&app, &ada).await;
    let mut tx = app.app.db.write().await.unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM grading_attempts").fetch_one(&mut *tx).await.unwrap();
    let again = seaworthy::grading::Grade { attempt: id.into() };
    app.app.jobs.enqueue(&mut tx, &again).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    let chain = seaworthy::grading::store::list_chain(&mut app.app.db.read().await.unwrap(), &ada.person().id).await;
    assert_eq!(chain.unwrap().len(), 11);
}
