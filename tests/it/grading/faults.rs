//! Faults while a lab is checked.

use jiff::SignedDuration;

use super::{PAGE, check, count, solve, verdict};
use crate::labs::start_until_ready;
use crate::support::TestApp;

#[actix_web::test]
async fn a_cluster_that_is_unreachable_fails_no_check() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    kube.go_down().await;
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("could-not-grade"));
    assert!(page.text("#task-owner .verdict-hint").contains("Nothing is held against you"));
    kube.go_up();
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("pass"));
}

#[actix_web::test]
async fn a_check_whose_job_was_lost_is_resumed_by_the_next_click() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    ada.post("/labs/service-annotations/check", &[]).await.location();
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query("DELETE FROM jobs WHERE kind = 'grading.grade'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("fail"));
    assert_eq!(count(&app, "grading_requests").await, 1);
}

#[actix_web::test]
async fn a_check_that_takes_long_is_not_dropped_by_another_click() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    for _ in 0..3 {
        ada.post("/labs/service-annotations/check", &[]).await.location();
        app.advance(SignedDuration::from_mins(10));
        assert!(ada.get(PAGE).await.text("#tasks [role=\"status\"]").contains("Checking your work"));
    }
    app.run_jobs().await;
    assert_eq!(verdict(&ada.get(PAGE).await, "owner").as_deref(), Some("fail"));
    assert_eq!((count(&app, "grading_requests").await, count(&app, "grading_chain_links").await), (1, 1));
}

#[actix_web::test]
async fn checks_beyond_the_limit_are_refused_with_the_time_of_the_next() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    for _ in 0..60 {
        check(&app, &ada).await;
    }
    ada.post("/labs/service-annotations/check", &[]).await.location();
    let page = ada.get(PAGE).await.expect(200);
    assert!(page.text("body").contains("You can check again in 60 minutes; what you have passed stays passed."));
    assert_eq!(count(&app, "grading_requests").await, 60);
    app.advance(SignedDuration::from_mins(60));
    check(&app, &ada).await;
    assert_eq!(count(&app, "grading_requests").await, 61);
}

#[actix_web::test]
async fn a_check_of_a_lab_that_has_just_been_stopped_is_dropped() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
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
    start_until_ready(&app, &ada).await;
    check(&app, &ada).await;
    let mut tx = app.app.core.db.write().await.unwrap();
    let (id,): (String,) = sqlx::query_as("SELECT id FROM grading_requests").fetch_one(&mut *tx).await.unwrap();
    let again = seaworthy::grading::jobs::Grade { request: id.into() };
    app.app.core.jobs.enqueue(&mut tx, &again).await.unwrap();
    tx.commit().await.unwrap();
    app.run_jobs().await;
    assert_eq!((count(&app, "grading_verdicts").await, count(&app, "grading_chain_links").await), (11, 1));
}
