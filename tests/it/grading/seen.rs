//! "What the grader saw": each verdict beside what it was based on, for the learner and for those who review.

use super::{annotate, check, newest_request, solve};
use crate::labs::start_until_ready;
use crate::lessons::harbour_with_lab;
use crate::prizes::enter;
use crate::support::TestApp;

const SEEN: &str = "/labs/service-annotations/seen";

#[actix_web::test]
async fn a_learner_sees_what_each_verdict_was_based_on() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    assert!(ada.get(SEEN).await.expect(200).text("main").contains("Nothing was checked yet"));
    ada.get("/labs/none/seen").await.expect(404);
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/owner", "Bea"), ("example.org/token", "hunter2")]);
    let page = check(&app, &ada).await;
    let link = page.attribute("#task-owner a[href*='/seen']", "href").unwrap();
    assert!(link.starts_with(&format!("{SEEN}/")) && link.ends_with("#task-owner"), "{link}");
    let seen = ada.get(&link).await.expect(200);
    assert_eq!(seen.text("main"), ada.get(SEEN).await.expect(200).text("main"), "it is the newest one");
    assert!(seen.text("main").contains("Seal holds"), "{}", seen.text("main"));
    assert!(seen.text("#task-owner").contains("The owner is given as \"Bea\""));
    let object = seen.text("details.card");
    assert!(object.contains("a8r.io/owner: Bea") && object.contains("example.org/token: redacted"), "{object}");
    assert!(object.contains("at version") && !object.contains("hunter2"));
    assert_eq!(seen.texts("details.card").len(), 1, "what many checks read is shown once");
    assert!(seen.texts("#task-owner details").is_empty(), "what is expected is for those who review");
}

#[actix_web::test]
async fn nobody_sees_the_work_of_another_learner() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let (ada, bea) = (app.learner("ada").await, app.learner("bea").await);
    start_until_ready(&app, &ada).await;
    check(&app, &ada).await;
    let request = newest_request(&app).await;
    let at = format!("{SEEN}/{request}");
    ada.get(&at).await.expect(200);
    bea.get(&at).await.expect(404);
    assert!(app.visitor().get(&at).await.location().starts_with("/sign-in"));
    ada.get(&format!("/labs/other/seen/{request}")).await.expect(404);
    ada.get(&format!("{SEEN}/none")).await.expect(404);
    let page = app.instructor("imre").await.get(&at).await.expect(200);
    let expected = page.text("#task-owner");
    assert!(expected.contains("same(value, learner)") && expected.contains("Ada Quist"), "{expected}");
}

#[actix_web::test]
async fn a_change_of_the_record_of_its_evidence_or_of_what_is_shown_breaks_the_seal() {
    for statement in [
        "UPDATE grading_evidence SET body = REPLACE(body, 'qotm', 'other')",
        "UPDATE grading_requests SET record = REPLACE(record, '\"fail\"', '\"pass\"')",
        "UPDATE grading_verdicts SET verdict = 'pass' WHERE check_id = 'owner'",
        "DELETE FROM grading_chain_links WHERE first_seq = 1",
        "UPDATE grading_chains SET length = 3",
    ] {
        let (app, _kube) = TestApp::spawn_with_cluster().await;
        let ada = app.learner("ada").await;
        start_until_ready(&app, &ada).await;
        check(&app, &ada).await;
        check(&app, &ada).await;
        let mut tx = app.app.core.db.write().await.unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(ada.get(SEEN).await.expect(200).text("main").contains("Seal broken"), "{statement}");
    }
}

#[actix_web::test]
async fn a_reviewer_comes_from_an_entry_to_what_each_task_rests_on() {
    let folder = harbour_with_lab();
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.content.folder = Some(folder.path().to_owned())).await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, "ada");
    check(&app, &ada).await;
    let passed_by = newest_request(&app).await;
    annotate(&kube, &session, &[("a8r.io/owner", "Bea")]);
    check(&app, &ada).await;
    let review = enter(&ada).await.replace("/entries/", "/review/");
    let imre = app.instructor("imre").await;
    let page = imre.get(&review).await.expect(200);
    let link = page.attribute("main .rows a", "href").unwrap();
    assert_eq!(link, format!("{SEEN}/{passed_by}#task-owner"), "the request that the pass is based on");
    let seen = imre.get(&format!("{SEEN}/{passed_by}")).await.expect(200);
    assert!(seen.text("#task-owner").contains("Passed") && seen.text("#task-owner").contains("It accepts"));
}
