//! The mail server, or the folder in its place, gives trouble.

use std::time::Duration;

use jiff::SignedDuration;
use seaworthy::accounts::Email;
use seaworthy::jobs::{JobState, JobSummary};
use seaworthy::mail::Smtp;
use sqlx::Executor as _;
use tokio_util::sync::CancellationToken;

use super::{CONNECTIONS, locked_database, sign_up};
use crate::support::{Conduct, MailServer, PASSWORD, TakenMail, TestApp};

async fn spawn(conduct: Conduct) -> (TestApp, MailServer) {
    let server = MailServer::start(conduct).await;
    let app = TestApp::spawn_with(|config| config.mail.smtp = Some(server.settings())).await;
    (app, server)
}

#[tokio::test]
async fn a_mail_server_that_is_down_for_hours_gets_every_mail_in_the_end() {
    let (app, server) = spawn(Conduct::Postpone).await;
    sign_up(&app, "bo@example.org").await.expect(200);
    for _ in 0..40 {
        app.run_jobs().await;
        app.advance(SignedDuration::from_mins(5));
    }
    let waiting = app.app.core.jobs.list_unfinished(10).await.unwrap();
    let last_error = waiting[0].last_error.as_deref().unwrap();
    assert!(last_error.contains("the mail server did not take the mail") && last_error.contains("No room just now"));
    assert_eq!(waiting[0].state, JobState::Queued);

    server.conduct(Conduct::Accept);
    app.run_jobs().await;
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "bo@example.org"));
    assert!(taken[0].text.contains("http://localhost:0/verify/"), "{}", taken[0].text);
    assert!(app.app.core.jobs.list_unfinished(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_domain_in_letters_is_sent_to_in_punycode() {
    let (app, server) = spawn(Conduct::Accept).await;
    let page = sign_up(&app, "ada@bücher.example").await.expect(200);
    assert_eq!(page.text("main strong"), "ada@bücher.example");
    app.run_jobs().await;
    assert_eq!(server.taken()[0].to, "ada@xn--bcher-kva.example");
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_good_is_given_up_and_shown() {
    let (app, _server) = spawn(Conduct::Refuse).await;
    app.leave_jobs();
    let noor = app.admin("noor").await;
    sign_up(&app, "bo@example.org").await.expect(200);
    app.run_jobs().await;
    assert!(noor.get("/admin").await.expect(200).text("main").contains("1 job has failed"));
    assert!(noor.get("/admin/jobs").await.expect(200).text("tbody tr").contains("Nobody has this address"));
}

#[tokio::test]
async fn a_mail_folder_that_cannot_be_written_gets_its_mails_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mail");
    let app = TestApp::spawn_with(|config| config.mail.folder.clone_from(&path)).await;
    let noor = app.admin("noor").await;
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, "in the way").unwrap();
    sign_up(&app, "bo@example.org").await.expect(200);
    app.run_jobs().await;
    let shown = noor.get("/admin/jobs").await.expect(200).text("tbody tr");
    assert!(shown.contains("could not be written to") && shown.contains("Waiting"), "{shown}");

    std::fs::remove_file(&path).unwrap();
    app.advance(SignedDuration::from_secs(1));
    app.run_jobs().await;
    let names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names.len(), 1);
    assert!(std::fs::read_to_string(&names[0]).unwrap().contains("To: bo@example.org"));
}

#[tokio::test]
async fn a_mail_server_that_refuses_everybody_over_a_long_weekend_loses_no_mail() {
    let (app, server) = spawn(Conduct::Answer("MAIL", "530 5.7.0 Authentication required")).await;
    app.learner("ada").await;
    app.app.accounts.request_recovery(&Email::parse("ada@example.org").unwrap(), None).await.unwrap();
    for _ in 0..4 * 24 * 12 {
        app.app.worker.run_due().await.unwrap();
        app.advance(SignedDuration::from_mins(5));
    }
    server.conduct(Conduct::Accept);
    app.run_jobs().await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn whatever_a_mail_server_says_to_the_password_loses_no_mail() {
    for answer in [
        "535 5.7.8 Not accepted",
        "534 5.7.9 Too weak",
        "530 5.7.0 STARTTLS first",
        "454 4.7.0 Later",
        "550 No",
        "500 What?",
    ] {
        let server = MailServer::start(Conduct::Answer("AUTH", answer)).await;
        let app = TestApp::spawn_with(|config| {
            let (username, password) = (Some("learn".to_owned()), Some("not this one".into()));
            config.mail.smtp = Some(Smtp { username, password, ..server.settings() });
        })
        .await;
        sign_up(&app, "bo@example.org").await.expect(200);
        app.run_jobs().await;
        assert_eq!(app.app.core.jobs.list_unfinished(10).await.unwrap()[0].state, JobState::Queued, "{answer}");
        server.conduct(Conduct::Accept);
        app.advance(SignedDuration::from_secs(1));
        app.run_jobs().await;
        assert_eq!(server.taken().len(), 1, "{answer}");
    }
}

#[tokio::test]
async fn a_wrong_password_of_the_mail_server_loses_no_mail() {
    let server = MailServer::start(Conduct::Answer("AUTH", "535 5.7.8 Username and password not accepted")).await;
    let app = TestApp::spawn_with(|config| {
        let (username, password) = (Some("learn".to_owned()), Some("not this one".into()));
        config.mail.smtp = Some(Smtp { username, password, ..server.settings() });
    })
    .await;
    let noor = app.admin("noor").await;
    sign_up(&app, "bo@example.org").await.expect(200);
    for _ in 0..40 {
        app.run_jobs().await;
        app.advance(SignedDuration::from_mins(5));
    }
    let shown = noor.get("/admin/jobs").await.expect(200).text("tbody tr");
    assert!(shown.contains("Username and password not accepted") && shown.contains("Waiting"), "{shown}");
    server.conduct(Conduct::Accept);
    app.run_jobs().await;
    assert_eq!(server.taken().len(), 1);
}

/// What becomes of a mail to which the server gives such an answer once.
async fn state_after(verb: &'static str, answer: &'static str) -> JobState {
    let (app, server) = spawn(Conduct::Answer(verb, answer)).await;
    app.leave_jobs();
    sign_up(&app, "bo@example.org").await.expect(200);
    app.run_jobs().await;
    let state = app.app.core.jobs.list_unfinished(10).await.unwrap()[0].state;
    server.conduct(Conduct::Accept);
    app.advance(SignedDuration::from_secs(1));
    app.run_jobs().await;
    assert_eq!(server.taken().len(), usize::from(state == JobState::Queued), "{verb}: {answer}");
    state
}

#[tokio::test]
async fn what_a_mail_server_says_of_its_own_state_or_of_the_site_gives_up_no_mail() {
    for (verb, answer) in [
        ("hello", "554 5.3.2 No service here today"),
        ("EHLO", "550 5.7.1 Who are you?"),
        ("MAIL", "530 5.7.0 Authentication required"),
        ("MAIL", "534 5.7.9 A stronger mechanism is needed"),
        ("MAIL", "553 5.7.1 Sender address rejected: not yours"),
        ("MAIL", "550 Sender refused"),
        ("RCPT", "550 5.7.1 Relaying denied"),
        ("RCPT", "554 5.7.1 Client host [192.0.2.7] blocked"),
        ("RCPT", "550 relay not permitted"),
        ("RCPT", "550 Authentication required"),
        ("RCPT", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
        ("RCPT", "554 Your address is blocked by our list"),
        ("DATA", "530 5.7.0 Must issue a STARTTLS command first"),
        (".", "550 5.7.1 Unauthenticated mail is not taken from here"),
        ("RCPT", "552 5.2.2 Mailbox full"),
        ("RCPT", "452 4.2.2 Mailbox full"),
        ("RCPT", "421 4.3.2 Shutting down"),
        ("DATA", "503 5.5.1 Bad sequence"),
        (".", "451 4.3.0 Try again later"),
    ] {
        assert_eq!(state_after(verb, answer).await, JobState::Queued, "{verb}: {answer}");
    }
}

#[tokio::test]
async fn what_a_mail_server_says_of_the_recipient_or_the_text_is_taken_for_good() {
    for (verb, answer) in [
        ("RCPT", "550 5.1.1 Nobody has this address"),
        ("RCPT", "550 No such user"),
        ("RCPT", "551 5.1.6 Moved away"),
        ("RCPT", "553 5.1.3 Not an address"),
        ("RCPT", "556 5.1.10 The domain takes no mail"),
        ("DATA", "554 No valid recipients"),
        (".", "554 5.6.0 The content is refused"),
    ] {
        assert_eq!(state_after(verb, answer).await, JobState::Failed, "{verb}: {answer}");
    }
}

#[tokio::test]
async fn a_mail_sent_again_holds_the_same_link_under_the_same_id() {
    let (app, server) = spawn(Conduct::Vanish).await;
    sign_up(&app, "bo@example.org").await.expect(200);
    app.run_jobs().await;
    server.conduct(Conduct::Accept);
    app.advance(SignedDuration::from_secs(1));
    app.run_jobs().await;
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].header("Message-ID"), taken[1].header("Message-ID"));
    assert_eq!(link_in(&taken[0]), link_in(&taken[1]));
    app.visitor().get(&link_in(&taken[0])).await.expect(200);
}

#[tokio::test]
async fn the_queue_holds_neither_links_nor_names_nor_texts_of_mails() {
    let (app, server) = spawn(Conduct::Postpone).await;
    app.learner("ada").await;
    sign_up(&app, "bo@example.org").await.expect(200);
    app.app.accounts.request_recovery(&Email::parse("ada@example.org").unwrap(), None).await.unwrap();
    app.run_jobs().await;
    let mut conn = app.app.core.db.read().await.unwrap();
    let stored: Vec<(String, String, Option<String>)> =
        sqlx::query_as("SELECT kind, payload, last_error FROM jobs").fetch_all(&mut *conn).await.unwrap();
    drop(conn);
    let stored = format!("{stored:?}");
    server.conduct(Conduct::Accept);
    app.advance(SignedDuration::from_mins(5));
    app.run_jobs().await;
    let mails = server.taken();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        let link = link_in(mail);
        let token = link.rsplit('/').next().unwrap();
        assert!(token.len() >= 43 && !stored.contains(token), "{stored}");
    }
    assert!(!stored.contains("example.org") && !stored.contains("http://"), "{stored}");
}

#[tokio::test]
async fn the_time_of_a_link_counts_from_when_its_mail_leaves() {
    let (app, server) = spawn(Conduct::Answer("MAIL", "530 5.7.0 Authentication required")).await;
    let ada = app.learner("ada").await;
    ada.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    app.learner("bea").await;
    app.app.accounts.request_recovery(&Email::parse("bea@example.org").unwrap(), None).await.unwrap();
    sign_up(&app, "bo@example.org").await.expect(200);
    for _ in 0..30 * 12 {
        app.app.worker.run_due().await.unwrap();
        app.advance(SignedDuration::from_mins(5));
    }
    server.conduct(Conduct::Accept);
    app.run_jobs().await;
    let taken = server.taken();
    assert_eq!(taken.len(), 3);
    app.advance(SignedDuration::from_mins(50));
    for mail in &taken {
        app.visitor().get(&link_in(mail)).await.expect(200);
    }
}

#[tokio::test]
async fn a_mail_whose_link_works_no_more_is_not_sent() {
    let (app, server) = spawn(Conduct::Postpone).await;
    let ada = app.learner("ada").await;
    ada.post("/account/email", &[("email", "new@example.org"), ("password", PASSWORD)]).await.location();
    let recover = async || app.app.accounts.request_recovery(&Email::parse("ada@example.org").unwrap(), None).await;
    recover().await.unwrap();
    app.run_jobs().await;
    recover().await.unwrap();
    app.run_jobs().await;
    let fields = [("current_password", PASSWORD), ("new_password", "a harbour light at dusk")];
    ada.post("/account/password", &fields).await.location();
    server.conduct(Conduct::Accept);
    app.advance(SignedDuration::from_mins(5));
    app.run_jobs().await;
    let subjects: Vec<_> = server.taken().iter().map(|mail| mail.header("Subject").to_owned()).collect();
    assert_eq!(subjects, ["Your password was changed"]);
}

/// The path of the link in a mail.
fn link_in(mail: &TakenMail) -> String {
    let (_, rest) = mail.text.split_once("http://localhost:0").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_site_presents_itself_by_its_own_name_or_the_one_in_the_settings() {
    let server = MailServer::start(Conduct::Accept).await;
    for (name, told) in [(None, "learn.example.org"), (Some("out.example.org"), "out.example.org")] {
        let app = TestApp::spawn_with(|config| {
            config.server.public_url = Some("https://learn.example.org".to_owned());
            config.mail.smtp = Some(Smtp { ehlo_name: name.map(str::to_owned), ..server.settings() });
        })
        .await;
        app.learner("bo").await;
        app.app.accounts.request_recovery(&Email::parse("bo@example.org").unwrap(), None).await.unwrap();
        app.run_jobs().await;
        assert_eq!(server.names().last().unwrap(), told);
    }
}

#[tokio::test]
async fn a_mail_accepted_while_the_database_is_locked_is_not_sent_twice() {
    let server = MailServer::start(Conduct::Hold).await;
    let app = TestApp::spawn_with(|config| {
        config.database.max_connections = CONNECTIONS;
        config.mail.smtp = Some(server.settings());
    })
    .await;
    sign_up(&app, "bo@example.org").await.expect(200);
    let stop = CancellationToken::new();
    let running = tokio::spawn(app.app.worker.clone().run(stop.clone(), Duration::from_secs(5)));
    server.wait_until_held(1).await;
    let mut other = locked_database::lock(&app).await;
    server.conduct(Conduct::Accept);
    // Time for the result to be refused a few times.
    tokio::time::sleep(Duration::from_millis(600)).await;
    other.execute("ROLLBACK").await.unwrap();
    let sends = |job: &JobSummary| job.kind.starts_with("accounts.send") || job.kind == "mail.send";
    while app.app.core.jobs.list_unfinished(20).await.unwrap().iter().any(sends) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(server.taken().len(), 1);
}
