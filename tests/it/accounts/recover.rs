//! `/recover` and `/recover/{token}`

use jiff::SignedDuration;

use super::link_path;
use crate::support::{PASSWORD, TestApp};

const NEW: &str = "a harbour light at dusk";

#[tokio::test]
async fn a_new_password_signs_out_every_other_device() {
    let app = TestApp::spawn().await;
    let elsewhere = app.learner("ada").await;
    let visitor = app.visitor();
    visitor.post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let link = link_path(&app.mails().await[0]);
    visitor.get(&link).await.expect(200);
    visitor.post(&link, &[("password", "short")]).await.expect(422);
    assert_eq!(visitor.post(&link, &[("password", NEW)]).await.location(), "/");
    visitor.get("/account").await.expect(200);
    elsewhere.get("/account").await.location();
    app.visitor().post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.expect(422);
    app.visitor().post("/sign-in", &[("email", "ada@example.org"), ("password", NEW)]).await.location();
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_and_no_mail() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let known = app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let unknown = app.visitor().post("/recover", &[("email", "bob@example.org")]).await.expect(200);
    assert_eq!(
        known.text("main").replace("ada@example.org", "@"),
        unknown.text("main").replace("bob@example.org", "@")
    );
    assert_eq!(app.mails().await.len(), 1);
}

#[tokio::test]
async fn a_link_works_once_and_for_an_hour() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let visitor = app.visitor();
    visitor.post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let first = link_path(&app.mails().await[0]);
    visitor.post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let second = link_path(&app.mails().await[1]);
    assert_eq!(visitor.get(&first).await.expect(422).text("h1"), "This link has expired");
    visitor.post(&second, &[("password", NEW)]).await.location();
    assert_eq!(
        app.visitor().post(&second, &[("password", NEW)]).await.expect(422).text("h1"),
        "This link was used before"
    );

    visitor.post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let third = link_path(&app.mails().await[2]);
    app.advance(SignedDuration::from_mins(61));
    app.visitor().post(&third, &[("password", PASSWORD)]).await.expect(422);
    assert_eq!(app.visitor().get("/recover/unknown").await.expect(422).text("h1"), "This link is not known");
}
