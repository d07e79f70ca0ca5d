//! The mail server, or the folder in its place, gives trouble.

use jiff::SignedDuration;
use seaworthy::jobs::JobState;

use super::sign_up;
use crate::support::{Conduct, MailServer, TestApp};

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
    let waiting = app.app.jobs.list_unfinished(10).await.unwrap();
    let last_error = waiting[0].last_error.as_deref().unwrap();
    assert!(last_error.contains("the mail server did not take the mail") && last_error.contains("No room just now"));
    assert_eq!(waiting[0].state, JobState::Queued);

    server.conduct(Conduct::Accept);
    app.run_jobs().await;
    let taken = server.taken();
    assert_eq!((taken.len(), taken[0].to.as_str()), (1, "bo@example.org"));
    assert!(taken[0].text.contains("http://localhost:0/verify/"), "{}", taken[0].text);
    assert!(app.app.jobs.list_unfinished(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_good_is_given_up_and_shown() {
    let (app, _server) = spawn(Conduct::Refuse).await;
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
