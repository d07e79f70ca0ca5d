//! Sign-ups and verifications of one address at the same time, interleaved on purpose.

use seaworthy::accounts::{LinkRefusal, NewPerson, Role, VerifyError};
use seaworthy::db::Engine;
use sqlx::Executor as _;

use super::link_path;
use crate::support::{PASSWORD, TestApp, until_blocked};

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
    assert_eq!(app.app.accounts.count_people().await.unwrap().0, 1);
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

#[tokio::test]
async fn of_two_sign_ups_verified_at_once_one_makes_the_account() {
    for _ in 0..5 {
        let app = TestApp::spawn().await;
        let [one, two] = two_sign_ups(&app).await;
        let accounts = &app.app.accounts;
        let (one, two) =
            tokio::join!(accounts.verify(&one, Some("browser"), ""), accounts.verify(&two, Some("browser"), ""));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let refused = if one.is_ok() { two } else { one };
        assert!(matches!(refused, Err(VerifyError::Refused(LinkRefusal::Taken))), "{refused:?}");
        assert_one_account(&app).await;
    }
}

#[tokio::test]
async fn one_link_followed_twice_at_once_makes_one_account() {
    let app = TestApp::spawn().await;
    let [one, _two] = two_sign_ups(&app).await;
    let accounts = &app.app.accounts;
    let (first, second) =
        tokio::join!(accounts.verify(&one, Some("browser"), ""), accounts.verify(&one, Some("browser"), ""));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert_one_account(&app).await;
}

#[tokio::test]
async fn a_sign_up_while_another_of_its_address_is_verified_changes_no_account() {
    let app = TestApp::spawn().await;
    let [one, two] = two_sign_ups(&app).await;
    let accounts = &app.app.accounts;
    let late = NewPerson::parse("Late", "Ada+z@example.org", OTHER, "").unwrap();
    let (verified, signed_up) =
        tokio::join!(accounts.verify(&one, Some("browser"), ""), accounts.sign_up(&late, Some("elsewhere")));
    verified.unwrap();
    signed_up.unwrap();
    let refused = accounts.verify(&two, Some("browser"), "").await;
    assert!(matches!(refused, Err(VerifyError::Refused(LinkRefusal::Taken))), "{refused:?}");
    let last = app.mails().await.pop().unwrap();
    assert_eq!((last.to.as_str(), last.subject.as_str()), ("ada@example.org", "You have an account already"));
    assert_one_account(&app).await;
}

/// On PostgreSQL two transactions are under way side by side: here the one that verifies waits in the middle of its own,
/// until the other has committed.
#[tokio::test]
async fn a_verification_that_waited_for_another_finds_the_address_taken() {
    let app = TestApp::spawn().await;
    let [one, two] = two_sign_ups(&app).await;
    if app.app.db.engine() != Engine::Postgres {
        app.app.accounts.verify(&one, Some("browser"), "").await.unwrap();
        return assert_one_account(&app).await;
    }
    let mut held = app.app.db.write().await.unwrap();
    held.execute("UPDATE account_locks SET revision = revision + 1 WHERE name = 'addresses'").await.unwrap();
    let accounts = app.app.accounts.clone();
    let waiting = tokio::spawn(async move { accounts.verify(&two, Some("browser"), "").await });
    until_blocked(&app.database_url(), 1).await;
    held.execute(
        "INSERT INTO people (id, email, canonical_email, name, search_text, password_hash, role, created_at, revision)
         SELECT id, email, canonical_email, name, '', password_hash, 'learner', created_at, 0
         FROM registrations WHERE name = 'Ada Quist'",
    )
    .await
    .unwrap();
    held.commit().await.unwrap();
    let refused = waiting.await.unwrap();
    assert!(matches!(refused, Err(VerifyError::Refused(LinkRefusal::Taken))), "{refused:?}");
    assert_one_account(&app).await;
}

#[tokio::test]
async fn two_people_who_want_one_address_do_not_both_get_it() {
    let app = TestApp::spawn().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    for visitor in [&ada, &bea] {
        visitor.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    }
    let mails = app.mails().await;
    let links = [0, 1].map(|number| link_path(&mails[number]));
    let (one, two) = tokio::join!(ada.post(&links[0], &[]), bea.post(&links[1], &[]));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "{}{}", one.body, two.body);
    app.run_jobs().await;
}

#[tokio::test]
async fn an_address_taken_by_a_new_account_and_by_a_change_at_once_has_one_holder() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ada.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    let link = link_path(&app.mails().await[0]);
    let new = NewPerson::parse("New", "new@example.org", PASSWORD, "").unwrap();
    let (changed, created) =
        tokio::join!(ada.post(&link, &[]), app.app.accounts.create_person(&new, Role::Learner, "system"));
    let is_created = created.unwrap().is_some();
    assert_eq!(changed.status.as_u16(), if is_created { 422 } else { 303 });
    app.run_jobs().await;
}
