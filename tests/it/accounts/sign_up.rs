//! `/sign-up` and `/verify/{token}`

use jiff::SignedDuration;

use super::link_path;
use crate::support::{PASSWORD, TestApp};

const ADA: [(&str, &str); 3] = [("name", "Ada Quist"), ("email", "ada@example.org"), ("password", PASSWORD)];

#[tokio::test]
async fn a_sign_up_is_finished_by_the_mailed_link() {
    let app = TestApp::spawn().await;
    let ada = app.visitor();
    let page = ada.post("/sign-up", &ADA).await.expect(200);
    assert_eq!(page.text("h1"), "Look in your mailbox");

    let mails = app.mails().await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "ada@example.org"));
    let link = link_path(&mails[0]);
    assert_eq!(ada.get(&link).await.expect(200).text("main form button"), "Verify and sign in");
    assert_eq!(ada.post(&link, &[]).await.location(), "/");
    assert!(ada.get("/account").await.expect(200).body.contains("ada@example.org"));
}

#[tokio::test]
async fn a_taken_address_gets_the_answer_of_a_free_one() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let fields = |email| [("name", "N"), ("email", email), ("password", PASSWORD)];
    let free = app.visitor().post("/sign-up", &fields("new@example.org")).await.expect(200);
    let taken = app.visitor().post("/sign-up", &fields("Ada+x@example.org")).await.expect(200);
    assert_eq!(free.text("main").replace("new@example.org", "@"), taken.text("main").replace("Ada+x@example.org", "@"));

    let mails = app.mails().await;
    let to_ada = mails.iter().find(|mail| mail.to == "ada@example.org").unwrap();
    assert_eq!(to_ada.subject, "You have an account already");
}

#[tokio::test]
async fn a_bad_form_comes_back_with_what_was_typed_but_the_password() {
    let app = TestApp::spawn().await;
    let fields = [("name", "Ada <Quist>"), ("email", "nobody"), ("password", "too short")];
    let page = app.visitor().post("/sign-up", &fields).await.expect(422);
    assert_eq!(page.attribute("#name", "value").unwrap(), "Ada <Quist>");
    assert_eq!(page.attribute("#email", "value").unwrap(), "nobody");
    assert_eq!(page.attribute("#password", "value"), None);
    assert_eq!(page.attribute("#email", "aria-invalid").unwrap(), "true");
    assert!(!page.body.contains("too short"));
    assert_eq!(page.texts(".error").len(), 2);
}

#[tokio::test]
async fn a_used_link_says_so() {
    let app = TestApp::spawn().await;
    app.visitor().post("/sign-up", &ADA).await.expect(200);
    let link = link_path(&app.mails().await[0]);
    app.visitor().post(&link, &[]).await.location();
    let page = app.visitor().post(&link, &[]).await.expect(422);
    assert_eq!(page.text("h1"), "This link was used before");
    assert_eq!(app.visitor().get(&link).await.expect(422).text("h1"), "This link was used before");
}

#[tokio::test]
async fn an_expired_link_leads_to_a_new_one() {
    let app = TestApp::spawn().await;
    app.visitor().post("/sign-up", &ADA).await.expect(200);
    let link = link_path(&app.mails().await[0]);
    app.advance(SignedDuration::from_hours(25));
    let visitor = app.visitor();
    assert_eq!(visitor.get(&link).await.expect(422).text("h1"), "This link has expired");
    visitor.post("/verify", &[("email", "ada@example.org")]).await.location();
    let mails = app.mails().await;
    assert_eq!(mails.len(), 2);
    visitor.post(&link_path(&mails[1]), &[]).await.location();
}

#[tokio::test]
async fn an_unknown_link_says_what_to_do() {
    let app = TestApp::spawn().await;
    let page = app.visitor().get("/verify/no-such-token").await.expect(422);
    assert_eq!(page.text("h1"), "This link is not known");
    assert!(page.attribute("main form", "action").is_some());
}

#[tokio::test]
async fn before_the_address_is_proven_the_latest_sign_up_counts() {
    let app = TestApp::spawn().await;
    let squatter = [("name", "Squatter"), ("email", "ada@example.org"), ("password", "the squatter's own words")];
    app.visitor().post("/sign-up", &squatter).await.expect(200);
    app.visitor().post("/sign-up", &ADA).await.expect(200);
    let mails = app.mails().await;
    let (old, new) = (link_path(&mails[0]), link_path(&mails[1]));
    app.visitor().get(&old).await.expect(422);
    app.visitor().post(&new, &[]).await.location();
    let refused = [("email", "ada@example.org"), ("password", "the squatter's own words")];
    app.visitor().post("/sign-in", &refused).await.expect(422);
    app.visitor().post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.location();
}

#[tokio::test]
async fn sign_ups_from_one_address_are_limited() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ups_per_hour = 2).await;
    for number in 0..2 {
        let email = format!("n{number}@example.org");
        app.visitor().post("/sign-up", &[("name", "N"), ("email", &email), ("password", PASSWORD)]).await.expect(200);
    }
    let page = app.visitor().post("/sign-up", &ADA).await.expect(429);
    assert_eq!(page.text("h1"), "Too many tries");
    assert!(page.headers.contains_key("retry-after"));
    app.advance(SignedDuration::from_hours(1));
    app.visitor().post("/sign-up", &ADA).await.expect(200);
    app.run_jobs().await;
}
