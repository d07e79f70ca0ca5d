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
    let told = app.mails().await.pop().unwrap();
    assert_eq!((told.to.as_str(), told.subject.as_str()), ("ada@example.org", "Your password was changed"));
    assert!(told.text.contains("on Wed 4 March 2026, 12:00 GMT"), "{}", told.text);
}

#[tokio::test]
async fn somebody_who_never_verified_is_sent_the_link_of_their_sign_up() {
    let app = TestApp::spawn().await;
    let ada = app.visitor();
    let fields = [("name", "Ada"), ("email", "ada@example.org"), ("password", PASSWORD)];
    ada.post("/sign-up", &fields).await.expect(200);
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let mails = app.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(), ["Verify your address"; 2]);
    assert_eq!(link_path(&mails[0]), link_path(&mails[1]));
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
    let third = link_path(app.mails().await.iter().rfind(|mail| mail.subject == "Choose a new password").unwrap());
    app.advance(SignedDuration::from_mins(61));
    app.visitor().post(&third, &[("password", PASSWORD)]).await.expect(422);
    assert_eq!(app.visitor().get("/recover/unknown").await.expect(422).text("h1"), "This link is not known");
}
