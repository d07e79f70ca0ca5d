//! `/sign-up` and `/verify/{token}`

use jiff::SignedDuration;

use super::link_path;
use crate::support::{PASSWORD, Page, TestApp, Visitor};

const ADA: [(&str, &str); 3] = [("name", "Ada Quist"), ("email", "ada@example.org"), ("password", PASSWORD)];
const OTHER: &str = "quite another choice of words";

async fn sign_in(app: &TestApp, password: &str) -> Page {
    app.visitor().post("/sign-in", &[("email", "ada@example.org"), ("password", password)]).await
}

/// Somebody signs up in a browser of their own; the link that they were sent.
async fn sign_up(app: &TestApp, name: &str, email: &str, password: &str) -> (Visitor, String) {
    let visitor = app.visitor();
    let sent = app.mails().await.len();
    visitor.post("/sign-up", &[("name", name), ("email", email), ("password", password)]).await.expect(200);
    let link = link_path(&app.mails().await[sent]);
    (visitor, link)
}

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
async fn the_page_of_the_link_says_whose_sign_up_it_is() {
    let app = TestApp::spawn().await;
    let (ada, link) = sign_up(&app, "Ada Quist", "Ada+x@Example.org", PASSWORD).await;
    let page = ada.get(&link).await.expect(200);
    let facts = page.texts("main .facts dd");
    assert_eq!(facts, ["Ada Quist", "Ada+x@Example.org", "Wed 4 March 2026, 12:00 GMT"]);
    assert!(page.texts("main input[name=password]").is_empty(), "her own browser need not tell the password");
    assert!(page.text("main").contains("Is this not your sign-up? Then there's nothing to do"));
}

#[tokio::test]
async fn another_browser_tells_the_password_that_was_typed_at_the_sign_up() {
    let app = TestApp::spawn().await;
    let (_ada, link) = sign_up(&app, "Ada Quist", "ada@example.org", PASSWORD).await;
    let phone = app.visitor();
    assert!(phone.get(&link).await.expect(200).attribute("#password", "type").is_some());
    for wrong in ["", OTHER] {
        let page = phone.post(&link, &[("password", wrong)]).await.expect(422);
        assert!(page.text("#password-error").contains("not the password"));
    }
    sign_in(&app, PASSWORD).await.expect(422);
    assert_eq!(phone.post(&link, &[("password", PASSWORD)]).await.location(), "/");
    phone.get("/account").await.expect(200);
}

#[tokio::test]
async fn guesses_at_the_password_of_a_sign_up_are_counted() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ins_per_account = 2).await;
    let (_ada, link) = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    for _ in 0..2 {
        app.visitor().post(&link, &[("password", OTHER)]).await.expect(422);
    }
    app.visitor().post(&link, &[("password", PASSWORD)]).await.expect(429);
}

#[tokio::test]
async fn each_link_makes_an_account_of_what_was_typed_at_its_own_sign_up() {
    let app = TestApp::spawn().await;
    let (ada, first) = sign_up(&app, "Ada Quist", "ada@example.org", PASSWORD).await;
    let (squatter, second) = sign_up(&app, "Squatter", "ada+x@example.org", OTHER).await;
    assert!(squatter.get(&first).await.expect(200).attribute("#password", "type").is_some());
    assert!(ada.get(&second).await.expect(200).attribute("#password", "type").is_some());
    squatter.post(&first, &[("password", OTHER)]).await.expect(422);
    ada.post(&first, &[]).await.location();
    assert_eq!(ada.get("/account").await.attribute("#name", "value").unwrap(), "Ada Quist");
    sign_in(&app, OTHER).await.expect(422);
    sign_in(&app, PASSWORD).await.location();
    let page = squatter.post(&second, &[]).await.expect(422);
    assert_eq!(page.text("h1"), "This address has an account already");
    assert_eq!(squatter.get(&second).await.expect(422).text("h1"), "This address has an account already");
    sign_in(&app, OTHER).await.expect(422);
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
async fn a_mail_before_the_address_is_proven_carries_nothing_that_was_typed() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    for email in ["ada+win@example.org", "bo@example.org"] {
        let fields = [("name", "Hello winner"), ("email", email), ("password", PASSWORD)];
        app.visitor().post("/sign-up", &fields).await.expect(200);
    }
    let mails = app.mails().await;
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        let all = format!("{}{}{}", mail.subject, mail.text, mail.html);
        assert!(!all.contains("winner") && !all.contains("+win"), "{all}");
        assert!(mail.text.contains("there's nothing to do"), "{}", mail.text);
    }
    let to_bo = mails.iter().find(|mail| mail.to == "bo@example.org").unwrap();
    assert!(to_bo.text.contains("on Wed 4 March 2026, 12:00 GMT"), "{}", to_bo.text);
}

#[tokio::test]
async fn the_page_names_the_address_that_the_mail_goes_to() {
    let app = TestApp::spawn().await;
    for typed in ["Ada+x@Example.ORG", "ada@bücher.example"] {
        let fields = [("name", "Ada"), ("email", typed), ("password", PASSWORD)];
        let page = app.visitor().post("/sign-up", &fields).await.expect(200);
        assert_eq!(page.text("main strong"), typed);
        assert_eq!(app.mails().await.last().unwrap().to, typed);
    }
    let fields = [("name", "Ada"), ("email", "\"q q\"@x.org"), ("password", PASSWORD)];
    let page = app.visitor().post("/sign-up", &fields).await.expect(422);
    assert!(page.text("#email-error").contains("quotation marks"));
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
    let (ada, link) = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    ada.post(&link, &[]).await.location();
    for visitor in [ada, app.visitor()] {
        let page = visitor.post(&link, &[("password", PASSWORD)]).await.expect(422);
        assert_eq!(page.text("h1"), "This link was used before");
        assert_eq!(visitor.get(&link).await.expect(422).text("h1"), "This link was used before");
    }
}

#[tokio::test]
async fn an_expired_link_works_again_once_it_is_sent_again() {
    let app = TestApp::spawn().await;
    let (ada, link) = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    app.advance(SignedDuration::from_hours(25));
    assert_eq!(ada.get(&link).await.expect(422).text("h1"), "This link has expired");
    ada.post(&link, &[]).await.expect(422);
    ada.post("/verify", &[("email", "Ada+x@example.org")]).await.location();
    let mails = app.mails().await;
    assert_eq!((mails.len(), mails[1].to.as_str()), (2, "ada@example.org"));
    assert_eq!(link_path(&mails[1]), link);
    ada.post(&link, &[]).await.location();
}

#[tokio::test]
async fn asking_again_sends_the_link_of_ones_own_sign_up() {
    let app = TestApp::spawn().await;
    let (ada, own) = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    let (_squatter, newest) = sign_up(&app, "Squatter", "ada@example.org", OTHER).await;
    ada.post("/verify", &[("email", "ada@example.org")]).await.location();
    assert_eq!(link_path(&app.mails().await[2]), own);
    app.visitor().post("/verify", &[("email", "ada@example.org")]).await.location();
    assert_eq!(link_path(&app.mails().await[3]), newest);
}

#[tokio::test]
async fn asking_again_for_an_address_without_a_sign_up_gets_the_same_answer_and_no_mail() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let (bo, _link) = sign_up(&app, "Bo", "bo@example.org", PASSWORD).await;
    for email in ["ada@example.org", "nobody@example.org", "bo@example.org"] {
        let visitor = app.visitor();
        assert_eq!(visitor.post("/verify", &[("email", email)]).await.location(), "/sign-in");
        assert!(visitor.get("/sign-in").await.body.contains("If a sign-up with that address awaits its link"));
    }
    drop(bo);
    assert_eq!(app.mails().await.len(), 2);
}

#[tokio::test]
async fn an_unknown_link_says_what_to_do() {
    let app = TestApp::spawn().await;
    let page = app.visitor().get("/verify/no-such-token").await.expect(422);
    assert_eq!(page.text("h1"), "This link is not known");
    assert!(page.attribute("main form", "action").is_some());
    app.visitor().post("/verify/no-such-token", &[("password", PASSWORD)]).await.expect(422);
}

#[tokio::test]
async fn a_sign_up_that_was_never_verified_is_forgotten_after_a_week() {
    let app = TestApp::spawn().await;
    let (ada, link) = sign_up(&app, "Ada", "ada@example.org", PASSWORD).await;
    app.advance(SignedDuration::from_hours(6 * 24));
    app.app.accounts.prune().await.unwrap();
    assert_eq!(ada.get(&link).await.expect(422).text("h1"), "This link has expired");
    app.advance(SignedDuration::from_hours(26));
    app.app.accounts.prune().await.unwrap();
    assert_eq!(ada.get(&link).await.expect(422).text("h1"), "This link is not known");
    assert_eq!(app.app.accounts.count_people(app.clock.now()).await.unwrap(), (0, 0));
}

#[tokio::test]
async fn sign_ups_from_one_network_are_limited() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ups_per_hour = 2).await;
    for number in 0..2 {
        let email = format!("n{number}@example.org");
        app.visitor().post("/sign-up", &[("name", "N"), ("email", &email), ("password", PASSWORD)]).await.expect(200);
    }
    let page = app.visitor().post("/sign-up", &ADA).await.expect(429);
    assert_eq!(page.text("h1"), "Too many attempts");
    assert!(page.headers.contains_key("retry-after"));
    app.advance(SignedDuration::from_hours(1));
    app.visitor().post("/sign-up", &ADA).await.expect(200);
    app.run_jobs().await;
}
