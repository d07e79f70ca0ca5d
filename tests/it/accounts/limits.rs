//! How often forms may be sent, and by whom.

use crate::support::{PASSWORD, Page, TestApp, Visitor};

const WRONG: &str = "not the password at all";

async fn sign_up(visitor: &Visitor, email: &str) -> Page {
    visitor.post("/sign-up", &[("name", "N"), ("email", email), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn forty_spellings_of_one_address_are_one_account() {
    let app = TestApp::spawn().await;
    app.learner("ada").await;
    let visitor = app.visitor();
    let mut statuses = Vec::new();
    for number in 0..40 {
        let email =
            if number % 2 == 0 { format!("ada+{number}@example.org") } else { format!(" Ada+{number}@EXAMPLE.org") };
        statuses.push(visitor.post("/sign-in", &[("email", &email), ("password", WRONG)]).await.status.as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 30, "{statuses:?}");
    visitor.post("/sign-in", &[("email", "bob@example.org"), ("password", WRONG)]).await.expect(422);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_counted_too() {
    let app = TestApp::spawn_with(|config| config.accounts.sign_ins_per_account = 2).await;
    let ada = app.learner("ada").await;
    let fields = [("current_password", WRONG), ("new_password", "a harbour light at dusk")];
    for _ in 0..2 {
        ada.post("/account/password", &fields).await.expect(422);
    }
    ada.post("/account/password", &fields).await.expect(429);
}

#[tokio::test]
async fn one_mailbox_gets_so_many_mails_whatever_form_asks_for_them() {
    let app = TestApp::spawn_with(|config| config.accounts.mails_per_recipient = 3).await;
    sign_up(&app.visitor(), "ada+a@example.org").await.expect(200);
    app.visitor().post("/verify", &[("email", "Ada@example.org")]).await.location();
    app.visitor().post("/recover", &[("email", "ada+b@example.org")]).await.expect(200);
    sign_up(&app.visitor(), "ada@example.org").await.expect(429);
    app.visitor().post("/verify", &[("email", "ada@example.org")]).await.expect(429);
    app.visitor().post("/recover", &[("email", "ada@example.org")]).await.expect(429);
    sign_up(&app.visitor(), "bea@example.org").await.expect(200);
    assert!(app.mails().await.iter().filter(|mail| mail.to.starts_with("ada")).count() <= 3);
}

#[tokio::test]
async fn a_mailbox_is_counted_alike_with_and_without_an_account() {
    let app = TestApp::spawn_with(|config| config.accounts.mails_per_recipient = 1).await;
    app.learner("ada").await;
    for email in ["ada@example.org", "nobody@example.org"] {
        app.visitor().post("/recover", &[("email", email)]).await.expect(200);
        app.visitor().post("/recover", &[("email", email)]).await.expect(429);
    }
    app.run_jobs().await;
}

#[tokio::test]
async fn a_class_of_thirty_behind_one_address_is_not_refused_with_the_defaults() {
    let app = TestApp::spawn().await;
    for number in 0..30 {
        let (pupil, email) = (app.visitor(), format!("pupil{number}@example.org"));
        sign_up(&pupil, &email).await.expect(200);
        pupil.post("/verify", &[("email", &email)]).await.location();
        pupil.post("/recover", &[("email", &email)]).await.expect(200);
        for password in ["their first try at it", "their second try at it", PASSWORD] {
            pupil.post("/sign-in", &[("email", &email), ("password", password)]).await.expect(422);
        }
    }
    app.run_jobs().await;
}

#[tokio::test]
async fn the_proxys_own_line_names_the_client_and_the_clients_lines_do_not() {
    let app = TestApp::spawn_with(|config| {
        config.server.client_address_header = Some("X-Forwarded-For".to_owned());
        config.accounts.sign_ins_per_five_minutes = 2;
    })
    .await;
    let visitor = app.visitor();
    let token = visitor.csrf_token().await;
    let mut number = 0;
    let mut try_from = async |lines: &[&str]| {
        number += 1;
        let email = format!("n{number}@example.org");
        let form = [("csrf", token.as_str()), ("email", email.as_str()), ("password", WRONG)];
        let mut request = reqwest::Client::new().post(format!("{}/sign-in", app.url)).form(&form);
        for line in lines {
            request = request.header("x-forwarded-for", *line);
        }
        visitor.send(request).await.status.as_u16()
    };
    assert_eq!(try_from(&["198.51.100.1", "203.0.113.4:5001"]).await, 422);
    assert_eq!(try_from(&["198.51.100.2", "198.51.100.3, 203.0.113.4:5002"]).await, 422);
    assert_eq!(try_from(&["198.51.100.4", "::ffff:203.0.113.4"]).await, 429, "the client's own lines change nothing");
    assert_eq!(try_from(&["203.0.113.4", "198.51.100.5"]).await, 422, "nobody is refused for what another forges");
    assert_eq!(try_from(&["[2001:db8:1:2::1]:443"]).await, 422);
    assert_eq!(try_from(&["2001:db8:1:2:ffff::9"]).await, 422);
    assert_eq!(try_from(&["2001:db8:1:2:eeee::8"]).await, 429);
    assert_eq!(try_from(&["2001:db8:1:3::1"]).await, 422);
}
