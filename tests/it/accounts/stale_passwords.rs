//! A password, or an address, that changes while it is relied upon, interleaved on purpose.

use seaworthy::accounts::{
    ChangedPassword, CloseError, Email, LinkError, LinkRefusal, PasswordError, Person, PersonId, ResetError,
    SignInError,
};

use super::link_path;
use crate::support::{PASSWORD, TestApp, Visitor, interleave};

const NEW: &str = "quite another choice of words";
const THIRD: &str = "a third choice of other words";
const NEW_EMAIL: &str = "new@example.org";

/// Stops what tells a person of a change when the change itself is made, before it is there for others.
const HOLD_NOTICE: &str = "LOCK TABLE account_notices IN SHARE ROW EXCLUSIVE MODE";

/// Ada, and the token of the link by which she chooses a new password.
async fn ada_who_recovers(app: &TestApp) -> (Visitor, String) {
    let ada = app.learner("ada").await;
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let mail = app.mails().await.pop().unwrap();
    (ada, token_of(&link_path(&mail)))
}

fn token_of(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

fn reset(app: &TestApp, token: &str) -> impl Future<Output = Result<String, ResetError>> + Send + 'static {
    let (accounts, token) = (app.app.accounts.clone(), token.to_owned());
    Box::pin(async move { accounts.reset_password(&token, NEW, "").await })
}

fn change(
    app: &TestApp,
    person: &PersonId,
    new: &'static str,
) -> impl Future<Output = Result<(), PasswordError>> + Send + 'static {
    let (accounts, person) = (app.app.accounts.clone(), person.clone());
    async move { accounts.change_password(&person, "session", ChangedPassword { current: PASSWORD, new }).await }
}

async fn signs_in(app: &TestApp, password: &str) -> bool {
    app.app.accounts.sign_in("ada@example.org", password, None).await.is_ok()
}

async fn find(app: &TestApp, person: &PersonId) -> Person {
    app.app.accounts.find_person(person).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_sign_in_with_a_password_that_is_being_replaced_starts_no_session() {
    let app = TestApp::spawn().await;
    let (ada, token) = ada_who_recovers(&app).await;
    let accounts = app.app.accounts.clone();
    let sign_in = async move { accounts.sign_in("ada@example.org", PASSWORD, None).await };
    let (reset, signed_in) = interleave(&app, HOLD_NOTICE, reset(&app, &token), sign_in).await;
    let token = reset.unwrap();
    assert!(matches!(signed_in, Err(SignInError::Wrong)), "{signed_in:?}");
    let sessions = app.app.accounts.list_sessions(&ada.person().id, &token).await.unwrap();
    assert_eq!(sessions.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true]);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_password_is_not_changed_by_one_that_is_being_replaced() {
    let app = TestApp::spawn().await;
    let (ada, token) = ada_who_recovers(&app).await;
    let (reset, changed) =
        interleave(&app, HOLD_NOTICE, reset(&app, &token), change(&app, &ada.person().id, THIRD)).await;
    reset.unwrap();
    assert!(matches!(changed, Err(PasswordError::Wrong)), "{changed:?}");
    assert!(signs_in(&app, NEW).await && !signs_in(&app, THIRD).await);
    app.run_jobs().await;
}

#[tokio::test]
async fn a_new_address_is_not_asked_for_with_a_password_that_is_being_replaced() {
    let app = TestApp::spawn().await;
    let (ada, token) = ada_who_recovers(&app).await;
    let (accounts, person) = (app.app.accounts.clone(), ada.person().id.clone());
    let request =
        async move { accounts.request_email_change(&person, PASSWORD, &Email::parse(NEW_EMAIL).unwrap()).await };
    let (reset, requested) = interleave(&app, HOLD_NOTICE, reset(&app, &token), request).await;
    reset.unwrap();
    assert!(matches!(requested, Err(PasswordError::Wrong)), "{requested:?}");
    assert!(app.mails().await.iter().all(|mail| mail.to == "ada@example.org"));
}

#[tokio::test]
async fn an_account_is_not_closed_with_a_password_that_is_being_replaced() {
    let app = TestApp::spawn().await;
    let (ada, token) = ada_who_recovers(&app).await;
    let (accounts, person) = (app.app.accounts.clone(), ada.person().id.clone());
    let close = async move { accounts.close(&person, PASSWORD).await };
    let (reset, closed) = interleave(&app, HOLD_NOTICE, reset(&app, &token), close).await;
    reset.unwrap();
    assert!(matches!(closed, Err(CloseError::WrongPassword)), "{closed:?}");
    assert_eq!(find(&app, &ada.person().id).await.closed_at, None);
    app.run_jobs().await;
}

/// The token of a link that gives Ada another address.
async fn email_change(app: &TestApp, ada: &Visitor) -> String {
    ada.post("/account/email", &[("email", NEW_EMAIL), ("password", PASSWORD)]).await.location();
    let mail = app.mails().await.pop().unwrap();
    assert_eq!(mail.to, NEW_EMAIL);
    token_of(&link_path(&mail))
}

fn change_email(app: &TestApp, token: &str) -> impl Future<Output = Result<String, LinkError>> + Send + 'static {
    let (accounts, token) = (app.app.accounts.clone(), token.to_owned());
    Box::pin(async move { accounts.change_email(&token).await })
}

#[tokio::test]
async fn a_link_for_a_new_password_does_not_go_to_an_address_that_is_being_replaced() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let token = email_change(&app, &ada).await;
    let before = app.mails().await.len();
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    let worker = app.app.worker.clone();
    let send = async move { worker.run_due().await.unwrap() };
    let (changed, _sent) = interleave(&app, HOLD_NOTICE, change_email(&app, &token), send).await;
    changed.unwrap();
    let mails = app.mails().await.split_off(before);
    let about_password: Vec<_> = mails.iter().filter(|mail| mail.subject == "Choose a new password").collect();
    assert_eq!(about_password.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [NEW_EMAIL]);
}

#[tokio::test]
async fn a_new_address_and_a_new_password_at_once_do_not_wait_for_each_other() {
    let app = TestApp::spawn().await;
    let (ada, recovery) = ada_who_recovers(&app).await;
    let token = email_change(&app, &ada).await;
    let hold = "UPDATE account_locks SET revision = revision WHERE name = 'addresses'";
    let (changed, reset) = interleave(&app, hold, change_email(&app, &token), reset(&app, &recovery)).await;
    assert_eq!(changed.unwrap(), NEW_EMAIL);
    // What was mailed to the old address works no longer.
    assert!(matches!(reset, Err(ResetError::Refused(LinkRefusal::Used | LinkRefusal::Expired))), "{reset:?}");
    assert_eq!(find(&app, &ada.person().id).await.email, NEW_EMAIL);
    app.run_jobs().await;
}

#[tokio::test]
async fn whoever_closes_an_account_while_its_address_changes_tells_the_new_one() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let noor = app.admin("noor").await;
    let token = email_change(&app, &ada).await;
    let (accounts, admin, person) = (app.app.accounts.clone(), noor.person().id.clone(), ada.person().id.clone());
    let close = async move { accounts.close_for(&admin, &person, "It was asked for.").await };
    let (changed, closed) = interleave(&app, HOLD_NOTICE, change_email(&app, &token), close).await;
    changed.unwrap();
    closed.unwrap();
    let mails = app.mails().await;
    let told = mails.iter().filter(|mail| mail.subject == "Your account is closed").map(|mail| mail.to.as_str());
    assert_eq!(told.collect::<Vec<_>>(), [NEW_EMAIL]);
}

#[tokio::test]
async fn of_two_links_for_one_purpose_that_are_made_at_once_one_works() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    let request = |email: &'static str| {
        let (accounts, person) = (app.app.accounts.clone(), ada.person().id.clone());
        async move { accounts.request_email_change(&person, PASSWORD, &Email::parse(email).unwrap()).await }
    };
    let hold = "LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE";
    let (one, two) = interleave(&app, hold, request(NEW_EMAIL), request("other@example.org")).await;
    one.unwrap();
    two.unwrap();
    let mails = app.mails().await;
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["other@example.org"]);
}
