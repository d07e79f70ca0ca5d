//! `/sign-in`, `/sign-out` and the guards

use jiff::SignedDuration;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn signing_in_leads_back_to_the_page_asked_for() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let visitor = app.visitor();
    let sign_in = visitor.get("/account").await.location();
    assert_eq!(sign_in, "/sign-in?next=%2Faccount");
    let page = visitor.get(&sign_in).await.expect(200);
    let next = page.attribute("input[name=next]", "value").unwrap();
    let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", next.as_str())];
    assert_eq!(visitor.post("/sign-in", &fields).await.location(), "/account");
    visitor.get("/account").await.expect(200);
    assert_eq!(visitor.get("/sign-in").await.location(), "/");
}

#[tokio::test]
async fn known_and_unknown_addresses_get_one_answer() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let wrong = |email| [("email", email), ("password", "not the password at all")];
    let known = app.visitor().post("/sign-in", &wrong("ada@example.org")).await.expect(422);
    let unknown = app.visitor().post("/sign-in", &wrong("bob@example.org")).await.expect(422);
    assert_eq!(known.text("main"), unknown.text("main"));
    assert_eq!(known.attribute("#email", "value").unwrap(), "ada@example.org");
}

#[tokio::test]
async fn a_redirect_never_leaves_the_site() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let fields = [("email", "ada@example.org"), ("password", PASSWORD), ("next", "//evil.example/")];
    assert_eq!(app.visitor().post("/sign-in", &fields).await.location(), "/");
}

#[tokio::test]
async fn an_unverified_address_is_told_only_with_the_right_password() {
    let app = TestApp::spawn().await;
    let ada = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    app.visitor().post("/sign-up", &ada).await.expect(200);
    let page = app.visitor().post("/sign-in", &ada[1..]).await.expect(422);
    assert!(page.text("main").contains("not verified yet"));
    let wrong = [("email", "ada@example.org"), ("password", "not the password at all")];
    assert!(!app.visitor().post("/sign-in", &wrong).await.expect(422).text("main").contains("not verified yet"));
    app.run_jobs().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let token = ada.cookie("session").unwrap();
    assert_eq!(ada.post("/sign-out", &[]).await.location(), "/");
    assert_eq!(ada.cookie("session"), None);
    assert!(app.app.accounts.find_signed_in(&token).await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_ended_on_another_device_says_so_at_the_next_page() {
    let app = TestApp::spawn().await;
    let here = app.learner("ada").await;
    let there = app.visitor();
    there.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.location();
    there.post("/account/sign-out-others", &[]).await.location();
    let sign_in = here.get("/account").await.location();
    assert!(here.get(&sign_in).await.expect(200).text("main").contains("You have been signed out"));
    here.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.location();
    here.get("/account").await.expect(200);
}

#[tokio::test]
async fn a_session_runs_out_two_weeks_after_the_last_visit() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    for _ in 0..3 {
        app.advance(SignedDuration::from_hours(13 * 24));
        ada.get("/account").await.expect(200);
    }
    app.advance(SignedDuration::from_hours(15 * 24));
    ada.get("/account").await.location();
}

#[tokio::test]
async fn tries_at_one_account_are_limited() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ins_per_account = 2).await;
    app.learner("ada").await;
    let wrong = [("email", "Ada@example.org"), ("password", "not the password at all")];
    for _ in 0..2 {
        app.visitor().post("/sign-in", &wrong).await.expect(422);
    }
    app.visitor().post("/sign-in", &wrong).await.expect(429);
    app.visitor().post("/sign-in", &[("email", "bob@example.org"), ("password", PASSWORD)]).await.expect(422);
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let page = ada.post_bytes("/account/name", b"name=Eve".to_vec()).await.expect(403);
    assert_eq!(page.text("h1"), "This form has expired");
    let foreign = app.visitor().csrf_token().await;
    ada.csrf_token().await;
    let body = format!("csrf={foreign}&name=Eve").into_bytes();
    ada.post_bytes("/account/name", body).await.expect(403);
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "ada");
}

#[tokio::test]
async fn a_form_of_10_mb_is_refused_with_a_page() {
    let app = TestApp::spawn().await;
    let mut body = b"csrf=x&name=".to_vec();
    body.resize(10 * 1024 * 1024, b'a');
    let page = app.visitor().post_bytes("/sign-up", body).await.expect(413);
    assert_eq!(page.text("h1"), "That is more than this form takes");
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_refused_with_a_page() {
    let app = TestApp::spawn().await;
    let page = app.visitor().post_bytes("/sign-up", b"csrf=x&name=%ff%fe".to_vec()).await.expect(400);
    assert!(page.text("main").contains("not valid UTF-8"));
}

#[tokio::test]
async fn colours_are_kept_for_readers_signed_in_or_not() {
    let app = TestApp::spawn().await;
    let visitor = app.visitor();
    assert_eq!(visitor.post("/account/theme", &[("theme", "dark"), ("next", "/sign-in")]).await.location(), "/");
    assert_eq!(visitor.get("/recover").await.attribute("html", "data-theme").unwrap(), "dark");
}
