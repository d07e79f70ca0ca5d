//! A requested check, from the form to the verdicts.

use super::{PAGE, TASKS, annotate, check, count, solve, verdict};
use crate::labs::start_until_ready;
use crate::support::{Page, TestApp, eventually};

#[actix_web::test]
async fn an_untouched_lab_passes_nothing_and_gives_hints() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let page = check(&app, &ada).await;
    for task in TASKS {
        assert_eq!(verdict(&page, task).as_deref(), Some("fail"), "{task}");
    }
    assert!(page.text("#task-owner .verdict-hint").contains("no annotation for its owner yet"));
    assert!(page.text("#tasks").contains("0 of 5 passed"));
}

#[actix_web::test]
async fn finished_work_passes_every_task() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    let page = check(&app, &ada).await;
    for task in TASKS {
        assert_eq!(verdict(&page, task).as_deref(), Some("pass"), "{task}: {}", page.text("#tasks"));
    }
    assert!(page.text("#tasks").contains("All done."));
}

#[actix_web::test]
async fn a_lab_leads_back_to_its_lesson_and_on_from_there_when_all_is_done() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let lesson = "/modules/full-service-ownership/full-service-ownership/annotate-a-service";
    assert!(ada.get(PAGE).await.attributes(".lab-header a", "href").contains(&lesson.to_owned()));
    let session = start_until_ready(&app, &ada).await;
    assert!(ada.get(PAGE).await.texts(".way-on").is_empty());
    solve(&kube, &session, &ada.person().name);
    let page = check(&app, &ada).await;
    let next = "/modules/full-service-ownership/full-service-ownership/challenges";
    assert_eq!(page.attributes(".way-on a", "href"), [next, "/checkpoints/full-service-ownership", lesson]);
    for link in page.attributes(".way-on a", "href") {
        ada.get(&link).await.expect(200);
    }
}

#[actix_web::test]
async fn a_fresh_session_of_a_lab_that_is_passed_says_what_its_namespace_has() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    check(&app, &ada).await;
    ada.post("/labs/service-annotations/stop", &[]).await.location();
    assert!(ada.get(PAGE).await.text("#session").contains("Start it again to practise"));
    let session = start_until_ready(&app, &ada).await;
    assert!(ada.get(PAGE).await.text("#task-owner").contains("Not checked here yet"));
    let page = check(&app, &ada).await;
    assert!(page.text("#task-owner").contains("Not in this namespace now"), "{}", page.text("#task-owner"));
    assert!(page.text("#tasks").contains("0 of 5 were found done so far"), "{}", page.text("#tasks"));
    solve(&kube, &session, &ada.person().name);
    let page = check(&app, &ada).await;
    assert!(!page.text("#tasks").contains("In this namespace"), "{}", page.text("#tasks"));
}

#[actix_web::test]
async fn a_hint_quotes_what_was_read() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/owner", "<b>Bea</b>"), ("a8r.io/chat", "harbour")]);
    let page = check(&app, &ada).await;
    assert!(page.text("#task-owner .verdict-hint").contains("\"<b>Bea</b>\""), "{}", page.text("#task-owner"));
    assert!(page.text("#task-chat .verdict-hint").contains("neither a channel"));
    kube.delete("Service", &session.namespace, "qotm");
    let page = check(&app, &ada).await;
    assert_eq!(page.texts("#task-owner .verdict-hint").len(), 1, "a check is left out when what it needs is missing");
    assert!(page.text("#task-owner .verdict-hint").contains("There is no Service called qotm"));
}

#[actix_web::test]
async fn a_passed_task_stays_passed() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    check(&app, &ada).await;
    annotate(&kube, &session, &[]);
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("pass"));
    ada.post("/labs/service-annotations/stop", &[]).await.location();
    let page = ada.get(PAGE).await.expect(200);
    assert_eq!(verdict(&page, "owner").as_deref(), Some("pass"));
    assert!(page.text("#tasks").contains("5 of 5 passed"));
    app.run_jobs().await;
}

#[actix_web::test]
async fn two_clicks_are_one_check() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    for _ in 0..2 {
        ada.post("/labs/service-annotations/check", &[]).await.location();
    }
    let page = ada.get(PAGE).await.expect(200);
    assert!(page.text("#tasks [role=\"status\"]").contains("Checking your work"));
    assert_eq!(page.attribute("#tasks", "data-live").as_deref(), Some(PAGE));
    assert_eq!(count(&app, "grading_requests").await, 1);
    let of_kind =
        app.app.core.jobs.list_unfinished(100).await.unwrap().into_iter().filter(|job| job.kind == "grading.grade");
    assert_eq!(of_kind.count(), 1);
    app.run_jobs().await;
}

#[actix_web::test]
async fn what_is_asked_for_while_a_check_reads_is_read_once_more() {
    let (app, reads, page) = check_asked_for(1).await;
    assert_eq!(reads, 2);
    assert_eq!(verdict(&page, "owner").as_deref(), Some("fail"));
    assert_eq!((count(&app, "grading_requests").await, count(&app, "grading_chain_links").await), (1, 1));
}

#[actix_web::test]
async fn a_check_that_is_asked_for_on_and_on_still_ends() {
    let (_app, reads, page) = check_asked_for(6).await;
    assert_eq!(reads, 1);
    assert_eq!(verdict(&page, "owner").as_deref(), Some("fail"));
}

/// Has a check run that is asked for so many times before it begins, and once more while it reads; how often it read, and
/// the page after it.
async fn check_asked_for(times: usize) -> (TestApp, usize, Page) {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let service = format!("/api/v1/namespaces/{}/services/qotm", session.namespace);
    let before = kube.count_reads(&service);
    let ask = async || ada.post("/labs/service-annotations/check", &[]).await.location();
    for _ in 0..times {
        ask().await;
    }
    kube.switches(|switches| switches.hold_reads = Some("services"));
    let asks_again = async {
        eventually("nothing is read", async || kube.count_reads(&service) > before).await;
        ask().await;
        kube.switches(|switches| switches.hold_reads = None);
    };
    tokio::join!(app.run_jobs(), asks_again);
    let page = ada.get(PAGE).await;
    (app, kube.count_reads(&service) - before, page)
}

#[actix_web::test]
async fn a_check_is_for_the_learner_whose_lab_runs() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let visitor = app.visitor();
    assert!(visitor.get(PAGE).await.location().starts_with("/sign-in"));
    let ada = app.learner("ada").await;
    assert_eq!(ada.post("/labs/service-annotations/check", &[]).await.location(), PAGE);
    assert!(ada.get(PAGE).await.text("body").contains("There is nothing to look at"));
    ada.post("/labs/nonsense/check", &[]).await.expect(404);
    ada.post_with_token("/labs/service-annotations/check", "foreign", &[]).await.expect(403);
}
