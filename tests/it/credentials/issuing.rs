//! When a credential is issued, and that it is issued once

use std::sync::Arc;

use seaworthy::credentials::SignedBadge;

use super::only_credential;
use crate::grading::{check, solve};
use crate::labs::start_until_ready;
use crate::lessons::harbour_with_lab;
use crate::prizes::{accept, enter, spawn};
use crate::support::TestApp;

#[actix_web::test]
async fn a_completed_module_gives_a_credential_a_mail_and_an_event_in_the_audit_log() {
    let (app, ada, credential) = super::completed().await;
    let mails = app.mails().await;
    let mail = mails.iter().find(|mail| mail.subject == "You have completed Keeping watch").unwrap();
    assert!(mail.to == "ada@example.org" && mail.text.contains(&format!("/credentials/{}", credential.id)));
    let signed = SignedBadge::read(&super::file_of(&app, &credential).await).unwrap();
    assert_eq!(signed.badge.credential_subject.name(), "ada");
    assert_eq!(signed.badge.awarded_date, "2026-03-04T12:00:00Z");
    let events = app.app.core.audit.list_of_subject(credential.id.as_str()).await.unwrap();
    assert_eq!((events.len(), events[0].action.as_str()), (1, "credential.issue"));
    assert!(events[0].detail.contains(ada.person().id.as_str()));
}

#[actix_web::test]
async fn an_entry_that_is_not_accepted_gives_none() {
    let app = spawn().await;
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    let review = enter(&ada).await.replace("/entries/", "/review/");
    imre.post(&format!("{review}/decide"), &[("decision", "reject"), ("reason", "No.")]).await.location();
    app.run_jobs().await;
    assert!(app.app.credentials.list_of_person(&ada.person().id).await.unwrap().is_empty());
    assert_eq!(app.app.credentials.issue(&ada.person().id, "watch").await.unwrap(), None);
    assert_eq!(app.app.credentials.issue(&ada.person().id, "nonsense").await.unwrap(), None);
    assert!(ada.get("/credentials").await.expect(200).text("main").contains("Nothing completed yet"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn jobs_that_run_at_the_same_time_issue_one() {
    let app = Arc::new(spawn().await);
    let (ada, imre) = (app.learner("ada").await, app.instructor("imre").await);
    accept(&imre, &enter(&ada).await).await;
    let attempts: Vec<_> = (0..12)
        .map(|_| {
            let (app, person) = (Arc::clone(&app), ada.person().id.clone());
            tokio::spawn(async move { app.app.credentials.issue(&person, "watch").await.unwrap() })
        })
        .collect();
    let mut issued = 0;
    for one in attempts {
        issued += usize::from(one.await.unwrap().is_some());
    }
    assert_eq!(issued, 1);
    app.run_jobs().await;
    only_credential(&app, &ada).await;
    assert_eq!(app.app.credentials.list_keys().await.unwrap().len(), 1);
    let mails = app.mails().await;
    assert_eq!(mails.iter().filter(|mail| mail.subject.contains("completed")).count(), 1);
}

#[actix_web::test]
async fn a_module_with_a_lab_wants_both_whichever_comes_last() {
    let folder = harbour_with_lab();
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.content.folder = Some(folder.path().to_owned())).await;
    let imre = app.instructor("imre").await;
    for (name, lab_first) in [("ada", true), ("bo", false)] {
        let learner = app.learner(name).await;
        if !lab_first {
            accept(&imre, &enter(&learner).await).await;
        }
        let session = start_until_ready(&app, &learner).await;
        solve(&kube, &session, name);
        check(&app, &learner).await;
        if lab_first {
            let issued = app.app.credentials.list_of_person(&learner.person().id).await.unwrap();
            assert!(issued.is_empty(), "the lab alone is not enough");
            accept(&imre, &enter(&learner).await).await;
            app.run_jobs().await;
        }
        let signed = SignedBadge::read(&super::file_of(&app, &only_credential(&app, &learner).await).await).unwrap();
        let checked: Vec<&str> = signed.badge.evidence.iter().map(|one| one.name.as_str()).collect();
        assert_eq!((checked.len(), checked[1]), (2, "Checkpoint"), "{checked:?}");
    }
}
