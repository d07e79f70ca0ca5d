//! What is over goes by rule.

use jiff::SignedDuration;

use crate::support::{PASSWORD, TestApp};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// How many rows of a table there are.
async fn count(app: &TestApp, table: &str) -> i64 {
    let statement: &'static str = Box::leak(format!("SELECT COUNT(*) FROM {table}").into_boxed_str());
    let (count,): (i64,) =
        sqlx::query_as(statement).fetch_one(&mut *app.app.core.db.read().await.unwrap()).await.unwrap();
    count
}

#[tokio::test]
async fn sessions_that_ended_or_ran_out_go_after_a_month() {
    let app = TestApp::spawn().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    ada.post("/sign-out", &[]).await.location();
    app.advance(DAY * 13);
    bea.get("/account").await.expect(200);
    app.advance(DAY * 13);
    bea.get("/account").await.expect(200);
    app.app.accounts.prune().await.unwrap();
    assert_eq!(count(&app, "sessions").await, 2);
    app.advance(DAY * 5);
    app.app.accounts.prune().await.unwrap();
    assert_eq!(count(&app, "sessions").await, 1, "hers ended a month ago");
    bea.get("/account").await.expect(200);
    app.advance(DAY * 46);
    app.app.accounts.prune().await.unwrap();
    assert_eq!(count(&app, "sessions").await, 0);
}

#[tokio::test]
async fn links_and_verified_sign_ups_go_after_a_week() {
    let app = TestApp::spawn().await;
    let ada = app.visitor();
    let fields = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    ada.post("/sign-up", &fields).await.expect(200);
    let link = super::link_path(&app.mails().await[0]);
    ada.post(&link, &[]).await.location();
    ada.post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    app.run_jobs().await;
    app.advance(DAY * 7);
    app.app.accounts.prune().await.unwrap();
    assert_eq!((count(&app, "registrations").await, count(&app, "account_links").await), (1, 1));
    app.advance(DAY);
    app.app.accounts.prune().await.unwrap();
    assert_eq!((count(&app, "registrations").await, count(&app, "account_links").await), (0, 0));
    assert_eq!(count(&app, "people").await, 1);
}

#[tokio::test]
async fn an_address_that_could_not_be_told_is_forgotten_after_a_week() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ada.post("/account/close", &[("password", PASSWORD)]).await.location();
    assert_eq!(count(&app, "account_notices").await, 1);
    app.advance(DAY * 8);
    app.app.accounts.prune().await.unwrap();
    assert_eq!(count(&app, "account_notices").await, 0);
    app.run_jobs().await;
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn pruning_is_scheduled_by_itself() {
    let app = TestApp::spawn().await;
    let ada = app.visitor();
    let fields = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    ada.post("/sign-up", &fields).await.expect(200);
    app.run_jobs().await;
    app.app.worker.schedule().await.unwrap();
    app.advance(DAY * 8);
    app.run_jobs().await;
    assert_eq!(count(&app, "registrations").await, 0);
}
