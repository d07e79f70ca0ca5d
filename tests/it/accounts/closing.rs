//! `/account/close` and `/admin/people/{id}/close`

use super::link_path;
use crate::support::{PASSWORD, TestApp, Visitor};

async fn sign_in(app: &TestApp, email: &str) -> u16 {
    app.visitor().post("/sign-in", &[("email", email), ("password", PASSWORD)]).await.status.as_u16()
}

/// Every text that the database holds of a person's row.
async fn row(app: &TestApp, visitor: &Visitor) -> String {
    let mut conn = app.app.core.db.read().await.unwrap();
    let row: (String, String, String, String, String) =
        sqlx::query_as("SELECT email, canonical_email, name, search_text, password_hash FROM people WHERE id = $1")
            .bind(visitor.person().id.as_str())
            .fetch_one(&mut *conn)
            .await
            .unwrap();
    format!("{row:?}")
}

#[tokio::test]
async fn a_person_closes_their_account_after_reading_what_is_lost() {
    let app = TestApp::spawn().await;
    let (ada, elsewhere) = (app.learner("ada").await, app.visitor());
    elsewhere.post("/sign-in", &[("email", "ada@example.org"), ("password", PASSWORD)]).await.location();
    let page = ada.get("/account").await.expect(200);
    assert_eq!(page.attribute("a[href='/account/close']", "href").unwrap(), "/account/close");
    let page = ada.get("/account/close").await.expect(200);
    assert!(page.texts("h2").contains(&"What is lost".to_owned()));
    let page = ada.press(&page, "Close my account for good", &[("password", "not the password")]).await.expect(422);
    assert!(page.text("#password-error").contains("not your current password"));
    ada.get("/account").await.expect(200);

    assert_eq!(ada.press(&page, "Close my account for good", &[("password", PASSWORD)]).await.location(), "/");
    assert!(!row(&app, &ada).await.contains("ada@"), "{}", row(&app, &ada).await);
    assert!(row(&app, &ada).await.contains("Closed account"));
    assert!(ada.get("/account").await.location().starts_with("/sign-in"));
    assert!(elsewhere.get("/account").await.location().starts_with("/sign-in"));
    assert_eq!(sign_in(&app, "ada@example.org").await, 422);

    let mails = app.mails().await;
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "ada@example.org"));
    assert!(mails[0].text.contains("as you asked"), "{}", mails[0].text);
    let mut conn = app.app.core.db.read().await.unwrap();
    let (left,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM account_notices").fetch_one(&mut *conn).await.unwrap();
    assert_eq!(left, 0, "the address is kept no longer than its last mail");
}

#[tokio::test]
async fn the_address_of_a_closed_account_is_free_for_a_new_one_that_knows_nothing_of_it() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    ada.post("/account/close", &[("password", PASSWORD)]).await.location();
    app.run_jobs().await;
    let again = app.visitor();
    let fields = [("name", "Ada Again"), ("email", "ada@example.org"), ("password", PASSWORD)];
    again.post("/sign-up", &fields).await.expect(200);
    again.post(&link_path(app.mails().await.last().unwrap()), &[]).await.location();
    assert_eq!(again.get("/account").await.expect(200).attribute("#name", "value").unwrap(), "Ada Again");
    let person = app.app.accounts.find_person(&ada.person().id).await.unwrap().unwrap();
    assert!(person.closed_at.is_some());
}

#[tokio::test]
async fn links_that_were_mailed_before_do_nothing_to_a_closed_account() {
    let app = TestApp::spawn().await;
    let ada = app.learner("ada").await;
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(200);
    ada.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    let mails = app.mails().await;
    ada.post("/account/close", &[("password", PASSWORD)]).await.location();
    for mail in &mails {
        app.visitor().post(&link_path(mail), &[("password", "a harbour light at dusk")]).await.expect(422);
    }
    assert!(row(&app, &ada).await.contains("Closed account"));
    app.run_jobs().await;
}

#[tokio::test]
async fn an_admin_closes_an_account_for_a_reason_that_its_person_is_told() {
    let app = TestApp::spawn().await;
    let (noor, ada) = (app.admin("noor").await, app.learner("ada").await);
    let path = format!("/admin/people/{}", ada.person().id);
    let page = noor.get(&path).await.expect(200);
    let refused = noor.press(&page, "Close the account for good", &[("reason", " \u{200b}")]).await.expect(422);
    assert!(refused.text("#reason-error").contains("say why"));
    let location = noor.press(&page, "Close the account for good", &[("reason", "She has left us.")]).await.location();
    assert_eq!(location, "/admin/people");
    assert!(ada.get("/account").await.location().starts_with("/sign-in"));
    let list = noor.get("/admin/people").await.expect(200);
    assert!(list.text("tbody").contains("Closed account") && !list.text("tbody").contains("ada@example.org"));
    let mails = app.mails().await;
    assert!(mails[0].text.contains("She has left us."), "{}", mails[0].text);
    let audit = noor.get("/admin/audit?action=person.close").await.expect(200);
    assert!(audit.text("tbody tr").contains("She has left us."), "{}", audit.text("tbody"));
    assert!(noor.get(&path).await.expect(200).texts("main form").is_empty(), "nothing is left to be done to it");
    for form in ["role", "close", "email"] {
        let fields = [("role", "admin"), ("reason", "Once more."), ("email", "x@example.org")];
        noor.post(&format!("{path}/{form}"), &fields).await.expect(404);
    }
}

#[tokio::test]
async fn the_last_admin_does_not_close_their_account() {
    let app = TestApp::spawn().await;
    let noor = app.admin("noor").await;
    let page = noor.post("/account/close", &[("password", PASSWORD)]).await.expect(422);
    assert!(page.text("[role=alert]").contains("only admin"));
    let path = format!("/admin/people/{}/close", noor.person().id);
    let page = noor.post(&path, &[("reason", "I am tired.")]).await.expect(422);
    assert!(page.text(".error-summary").contains("only admin"));
    let omar = app.admin("omar").await;
    let (one, two) = tokio::join!(
        noor.post("/account/close", &[("password", PASSWORD)]),
        omar.post("/account/close", &[("password", PASSWORD)])
    );
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422], "one of two admins who close at once stays");
    app.run_jobs().await;
}

#[tokio::test]
async fn guesses_at_the_password_of_an_account_to_be_closed_are_counted() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ins_per_account = 2).await;
    let ada = app.learner("ada").await;
    for _ in 0..2 {
        ada.post("/account/close", &[("password", "not the password")]).await.expect(422);
    }
    ada.post("/account/close", &[("password", PASSWORD)]).await.expect(429);
}
