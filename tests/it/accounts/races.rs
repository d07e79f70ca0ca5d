//! Sign-ups and verifications of one address at the same time, interleaved on purpose.

use seaworthy::accounts::{LinkError, LinkRefusal, NewPerson, Role, VerifyError};

use super::link_path;
use crate::support::{PASSWORD, TestApp, interleave};

const OTHER: &str = "quite another choice of words";

/// The tokens of two sign-ups of one address, each with a name and a password of its own, in one browser.
async fn two_sign_ups(app: &TestApp) -> [String; 2] {
    for (name, password) in [("Ada Quist", PASSWORD), ("Squatter", OTHER)] {
        let new = NewPerson::parse(name, "ada@example.org", password, "").unwrap();
        app.app.accounts.sign_up(&new, Some("browser")).await.unwrap();
    }
    let mails = app.mails().await;
    [0, 1].map(|number| link_path(&mails[number]).rsplit('/').next().unwrap().to_owned())
}

/// The one account's name belongs to the password that it was made with.
async fn assert_one_account(app: &TestApp) {
    assert_eq!(app.app.accounts.count_people(app.clock.now()).await.unwrap().0, 1);
    let mut fitting = Vec::new();
    for (name, password) in [("Ada Quist", PASSWORD), ("Squatter", OTHER)] {
        if let Ok(token) = app.app.accounts.sign_in("ada@example.org", password, None).await {
            let person = app.app.accounts.find_signed_in(&token).await.unwrap().unwrap();
            assert_eq!(person.name, name);
            fitting.push(name);
        }
    }
    assert_eq!(fitting.len(), 1, "{fitting:?}");
}

/// Follows the link of a sign-up in the browser that made it.
fn verify(app: &TestApp, token: &str) -> impl Future<Output = Result<String, VerifyError>> + Send + 'static {
    let (accounts, token) = (app.app.accounts.clone(), token.to_owned());
    Box::pin(async move { accounts.verify(&token, Some("browser"), "").await })
}

/// Signs up once more with the same address, from elsewhere.
fn sign_up_late(app: &TestApp) -> impl Future<Output = anyhow::Result<()>> + Send + 'static {
    let accounts = app.app.accounts.clone();
    let late = NewPerson::parse("Late", "Ada+z@example.org", OTHER, "").unwrap();
    async move { accounts.sign_up(&late, Some("elsewhere")).await }
}

/// Stops a verification when it has made the account, before its session starts.
const HOLD_VERIFICATION: &str = "LOCK TABLE sessions IN SHARE ROW EXCLUSIVE MODE";
/// Stops a sign-up when its row is there, before its mail is called for.
const HOLD_SIGN_UP: &str = "LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE";

#[tokio::test]
async fn of_two_sign_ups_verified_at_once_one_makes_the_account() {
    let app = TestApp::spawn().await;
    let [one, two] = two_sign_ups(&app).await;
    let (first, second) = interleave(&app, HOLD_VERIFICATION, verify(&app, &one), verify(&app, &two)).await;
    first.unwrap();
    assert!(matches!(second, Err(VerifyError::Refused(LinkRefusal::Taken))), "{second:?}");
    assert_one_account(&app).await;
}

#[tokio::test]
async fn one_link_followed_twice_at_once_makes_one_account() {
    let app = TestApp::spawn().await;
    let [one, _two] = two_sign_ups(&app).await;
    let (first, second) = interleave(&app, HOLD_VERIFICATION, verify(&app, &one), verify(&app, &one)).await;
    first.unwrap();
    assert!(matches!(second, Err(VerifyError::Refused(LinkRefusal::Used))), "{second:?}");
    assert_one_account(&app).await;
}

#[tokio::test]
async fn a_sign_up_while_another_of_its_address_is_verified_changes_no_account() {
    let app = TestApp::spawn().await;
    let [one, two] = two_sign_ups(&app).await;
    let (verified, signed_up) = interleave(&app, HOLD_VERIFICATION, verify(&app, &one), sign_up_late(&app)).await;
    verified.unwrap();
    signed_up.unwrap();
    let refused = verify(&app, &two).await;
    assert!(matches!(refused, Err(VerifyError::Refused(LinkRefusal::Taken))), "{refused:?}");
    expect_word_to_the_owner(&app).await;
    assert_one_account(&app).await;
}

#[tokio::test]
async fn a_verification_while_its_address_signs_up_once_more_makes_the_account_that_it_promised() {
    let app = TestApp::spawn().await;
    let [one, _two] = two_sign_ups(&app).await;
    let (signed_up, verified) = interleave(&app, HOLD_SIGN_UP, sign_up_late(&app), verify(&app, &one)).await;
    signed_up.unwrap();
    verified.unwrap();
    expect_word_to_the_owner(&app).await;
    assert_one_account(&app).await;
}

/// The sign-up that came too late has led to a mail to whoever has the address.
async fn expect_word_to_the_owner(app: &TestApp) {
    let last = app.mails().await.pop().unwrap();
    assert_eq!((last.to.as_str(), last.subject.as_str()), ("ada@example.org", "You have an account already"));
}

/// Gives an account its new address by the link at `path`.
fn change_email(app: &TestApp, path: &str) -> impl Future<Output = Result<String, LinkError>> + Send + 'static {
    let (accounts, token) = (app.app.accounts.clone(), path.rsplit('/').next().unwrap().to_owned());
    async move { accounts.change_email(&token).await }
}

/// Stops whoever takes an address when they have it, before that is recorded.
const HOLD_AUDIT: &str = "UPDATE audit_head SET seq = seq";

#[tokio::test]
async fn two_people_who_want_one_address_do_not_both_get_it() {
    let app = TestApp::spawn().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    for visitor in [&ada, &bea] {
        visitor.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    }
    let mails = app.mails().await;
    let links = [0, 1].map(|number| link_path(&mails[number]));
    let (one, two) = interleave(&app, HOLD_AUDIT, change_email(&app, &links[0]), change_email(&app, &links[1])).await;
    one.unwrap();
    assert!(matches!(two, Err(LinkError::Refused(LinkRefusal::Taken))), "{two:?}");
    bea.post(&links[1], &[]).await.expect(422);
    app.run_jobs().await;
}

#[tokio::test]
async fn an_address_taken_by_a_new_account_and_by_a_change_at_once_has_one_holder() {
    for is_change_first in [true, false] {
        let app = TestApp::spawn().await;
        let ada = app.learner("ada").await;
        ada.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
        let link = link_path(&app.mails().await[0]);
        let (accounts, change) = (app.app.accounts.clone(), change_email(&app, &link));
        let new = NewPerson::parse("New", "new@example.org", PASSWORD, "").unwrap();
        let create = async move { accounts.create_person(&new, Role::Learner, "system").await.unwrap() };
        if is_change_first {
            let (changed, created) = interleave(&app, HOLD_AUDIT, change, create).await;
            changed.unwrap();
            assert_eq!(created, None);
        } else {
            let (created, changed) = interleave(&app, HOLD_AUDIT, create, change).await;
            created.unwrap();
            assert!(matches!(changed, Err(LinkError::Refused(LinkRefusal::Taken))), "{changed:?}");
            ada.post(&link, &[]).await.expect(422);
        }
        app.run_jobs().await;
    }
}
