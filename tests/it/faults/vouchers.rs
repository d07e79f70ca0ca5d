//! Work about vouchers is cut off half-way: done again, it gives nobody a second one.

use jiff::SignedDuration;
use seaworthy::checkpoints::RankingChanged;
use seaworthy::jobs::Job as _;

use crate::lessons::harbour;
use crate::prizes::{accept, enter};
use crate::support::{Conduct, MailServer, TestApp, Visitor};

async fn win(app: &TestApp) -> (Visitor, String) {
    let (ada, imre, noor) = (app.learner("ada").await, app.instructor("imre").await, app.admin("noor").await);
    noor.upload("/admin/vouchers", b"A-1\nB-2\n").await.expect(200);
    let entry = enter(&ada).await;
    accept(&imre, &entry).await;
    (ada, entry)
}

async fn expect_one_voucher(app: &TestApp, ada: &Visitor, entry: &str) {
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().awarded, 1);
    assert_eq!(ada.get(entry).await.expect(200).texts(".voucher-code").len(), 1);
    assert!(app.app.core.jobs.list_unfinished(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_server_that_dies_before_its_answer_gets_the_same_mail_again_and_no_second_voucher() {
    let server = MailServer::start(Conduct::Vanish).await;
    let app = TestApp::spawn_with(|config| {
        config.content.folder = Some(harbour());
        config.mail.smtp = Some(server.settings());
    })
    .await;
    let (ada, entry) = win(&app).await;
    app.run_jobs().await;
    server.conduct(Conduct::Accept);
    app.advance(SignedDuration::from_secs(1));
    app.run_jobs().await;

    let taken = server.taken();
    let about_it: Vec<_> = taken.iter().filter(|mail| mail.header("Subject") == "Your voucher is here").collect();
    assert_eq!(about_it.len(), 2);
    assert_eq!(about_it[0].header("Message-ID"), about_it[1].header("Message-ID"), "mailboxes keep one of them");
    assert!(about_it.iter().all(|mail| mail.to == "ada@example.org" && mail.text.contains(&entry)));
    expect_one_voucher(&app, &ada, &entry).await;
}

#[tokio::test]
async fn an_award_whose_worker_died_after_it_is_not_made_again() {
    let app = TestApp::spawn_with(|config| config.content.folder = Some(harbour())).await;
    let (ada, entry) = win(&app).await;
    // A worker takes the job, does the award, and dies before it can say so.
    let now = app.clock.now();
    let mut tx = app.app.core.db.write().await.unwrap();
    let until = now + SignedDuration::from_secs(30);
    let job = app.app.core.jobs.claim(&mut tx, RankingChanged::KIND, (now, until)).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let RankingChanged { week } = serde_json::from_str(&job.payload).unwrap();
    app.app.prizes.award(&week).await.unwrap();
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().awarded, 1);
    app.advance(SignedDuration::from_secs(31));
    let mails = app.mails().await;
    assert_eq!(mails.iter().filter(|mail| mail.subject == "Your voucher is here").count(), 1);
    expect_one_voucher(&app, &ada, &entry).await;
}
