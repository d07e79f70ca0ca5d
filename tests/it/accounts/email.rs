//! `/account/email`: another address for an account.

use jiff::SignedDuration;

use super::link_path;
use crate::support::{PASSWORD, Page, TestApp, Visitor};

async fn ask(visitor: &Visitor, email: &str) -> Page {
    visitor.post("/account/email", &[("email", email), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn a_new_address_is_proven_by_a_link_and_the_old_one_is_told() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ask(&ada, "ada@new.example.org").await.location();
    let mails = app.mails().await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "ada@new.example.org"));
    assert!(!mails[0].text.contains("ada"), "{}", mails[0].text);
    assert!(ada.get("/account").await.text(".facts").contains("ada@example.org"), "nothing changes before");

    let phone = app.visitor();
    let page = phone.get(&link_path(&mails[0])).await.expect(200);
    assert_eq!(page.texts(".facts dd"), ["ada@example.org", "ada@new.example.org"]);
    phone.press(&page, "Change the address", &[]).await.location();
    assert!(ada.get("/account").await.text(".facts").contains("ada@new.example.org"));
    let told = app.mails().await.pop().unwrap();
    assert_eq!((told.to.as_str(), told.subject.as_str()), ("ada@example.org", "Your address was changed"));
    assert!(told.text.contains("ada@new.example.org"), "{}", told.text);
    let sign_in = |email| [("email", email), ("password", PASSWORD)];
    app.visitor().post("/sign-in", &sign_in("ada@example.org")).await.expect(422);
    app.visitor().post("/sign-in", &sign_in("Ada@New.example.org")).await.location();
    assert_eq!(phone.get(&link_path(&mails[0])).await.expect(422).text("h1"), "This link was used before");
}

#[tokio::test]
async fn a_change_of_address_asks_for_the_password_and_a_sound_address() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let wrong = [("email", "new@example.org"), ("password", "not the password")];
    let page = ada.post("/account/email", &wrong).await.expect(422);
    assert!(page.text("#email-password-error").contains("not your current password"));
    assert_eq!(page.attribute("#email", "value").unwrap(), "new@example.org");
    assert!(ask(&ada, "nobody").await.expect(422).text("#email-error").contains("such as ada@example.org"));
    assert!(ask(&ada, "ada@example.org").await.expect(422).text("#email-error").contains("already"));
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn the_address_of_somebody_else_gets_the_same_answer_and_word_goes_to_them() {
    let app = TestApp::spawn().await;
    let (ada, _bea) = (app.learner("ada").await, app.learner("bea").await);
    let free = ask(&ada, "new@example.org").await;
    app.run_jobs().await;
    let taken = ask(&ada, "Bea+x@example.org").await;
    assert_eq!(free.location(), taken.location());
    let mails = app.mails().await;
    let to_bea = mails.iter().find(|mail| mail.to == "bea@example.org").unwrap();
    assert_eq!(to_bea.subject, "You have an account already");
    assert!(!to_bea.text.contains("/account/email/"));
}

#[tokio::test]
async fn the_same_mailbox_in_another_spelling_is_a_new_address_too() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ask(&ada, "Ada+course@example.org").await.location();
    let mail = app.mails().await.pop().unwrap();
    assert_eq!(mail.to, "Ada+course@example.org");
    ada.post(&link_path(&mail), &[]).await.location();
    app.run_jobs().await;
    assert!(ada.get("/account").await.text(".facts").contains("Ada+course@example.org"));
    let noor = app.admin("noor").await;
    assert_eq!(noor.get("/admin/people?search=%2BCOURSE").await.expect(200).texts("tbody th"), ["ada"]);
}

#[tokio::test]
async fn only_the_newest_link_works_and_for_a_day() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ask(&ada, "one@example.org").await.location();
    app.run_jobs().await;
    ask(&ada, "two@example.org").await.location();
    let mails = app.mails().await;
    assert_eq!(ada.get(&link_path(&mails[0])).await.expect(422).text("h1"), "This link has expired");
    app.advance(SignedDuration::from_hours(25));
    assert_eq!(ada.post(&link_path(&mails[1]), &[]).await.expect(422).text("h1"), "This link has expired");
    assert_eq!(ada.get("/account/email/nowhere").await.expect(422).text("h1"), "This link is not known");
}

#[tokio::test]
async fn what_was_mailed_to_the_old_address_works_no_longer() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    app.run_jobs().await;
    ask(&ada, "new@example.org").await.location();
    let mails = app.mails().await;
    ada.post(&link_path(&mails[1]), &[]).await.location();
    let page = app.visitor().post(&link_path(&mails[0]), &[("password", "a harbour light at dusk")]).await.expect(422);
    assert_eq!(page.text("h1"), "This link has expired");
    app.run_jobs().await;
}

#[tokio::test]
async fn a_new_password_stops_a_change_of_address_that_was_asked_for_before() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ask(&ada, "thief@example.org").await.location();
    let link = link_path(&app.mails().await[0]);
    let fields = [("current_password", PASSWORD), ("new_password", "a harbour light at dusk")];
    ada.post("/account/password", &fields).await.location();
    app.visitor().post(&link, &[]).await.expect(422);
    let told = app.mails().await.pop().unwrap();
    assert_eq!((told.to.as_str(), told.subject.as_str()), ("ada@example.org", "Your password was changed"));
}

#[tokio::test]
async fn an_admin_gives_somebody_without_a_mailbox_another_address() {
    let app = TestApp::spawn().await;
    let (noor, ada) = (app.admin("noor").await, app.learner("ada").await);
    let page = noor.get(&format!("/admin/people/{}", ada.person().id)).await.expect(200);
    noor.press(&page, "Send the link", &[("email", "nobody")]).await.expect(422).text("#email-error");
    noor.press(&page, "Send the link", &[("email", "new@example.org")]).await.location();
    let mail = app.mails().await.pop().unwrap();
    assert_eq!(mail.to, "new@example.org");
    app.visitor().post(&link_path(&mail), &[]).await.location();
    assert_eq!(app.mails().await.pop().unwrap().to, "ada@example.org");
    let audit = noor.get("/admin/audit?action=person.change_email").await.expect(200);
    assert!(audit.text("tbody tr").contains("noor"), "{}", audit.text("tbody"));
    assert!(!audit.text("tbody").contains("new@example.org"), "the audit log keeps no address");
    noor.post("/admin/people/nobody/email", &[("email", "new@example.org")]).await.expect(404);
}
