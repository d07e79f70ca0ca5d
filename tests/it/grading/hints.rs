//! Hints that learners ask for: what a check says of a failure is shown when its learner wants it, and costs points.

use jiff::SignedDuration;

use super::reads::Setting;
use super::{PAGE, annotate, ask_hints, check_only, count, solve, verdict};
use crate::labs::start_until_ready;
use crate::support::{Page, TestApp, Visitor};

const OWNER: &str = "/labs/service-annotations/tasks/owner/checks/owner/hint";

#[actix_web::test]
async fn a_failing_check_says_that_it_fails_and_keeps_its_hint_until_it_is_asked_for() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    let page = check_only(&app, &ada).await;
    assert!(page.texts("#tasks .verdict-hint").is_empty());
    let unmet = page.text("#task-owner .verdict-unmet");
    assert!(unmet.contains("Owner: not yet.") && unmet.contains("The first hint of a task is free."), "{unmet}");
    assert!(!page.body.contains("no annotation for its owner yet"));
    let request = page.attribute("#task-owner a[href*='/seen']", "href").unwrap();
    let seen = ada.get(&request).await.expect(200);
    assert!(seen.texts("#task-owner .verdict-hint").is_empty() && seen.text("#task-owner").contains("There is a hint"));
    let staff = app.instructor("imre").await.get(&request).await.expect(200);
    assert!(staff.text("#task-owner .verdict-hint").contains("no annotation for its owner yet"));

    assert_eq!(ada.post(OWNER, &[]).await.location(), format!("{PAGE}#hint-owner-owner"));
    let page = ada.get(PAGE).await.expect(200);
    assert!(page.text("#hint-owner-owner").contains("no annotation for its owner yet"));
    assert!(page.texts("#task-owner form").is_empty(), "there is no other hint of this task");
    assert!(page.texts("#task-chat .verdict-hint").is_empty());
    assert!(ada.get(&request).await.text("#task-owner .verdict-hint").contains("no annotation for its owner yet"));
    // It follows what is found, and is there no more when the check passes.
    annotate(&kube, &session, &[("a8r.io/owner", "Bea")]);
    assert!(check_only(&app, &ada).await.text("#hint-owner-owner").contains("The owner is given as \"Bea\""));
    solve(&kube, &session, "ada");
    let page = check_only(&app, &ada).await;
    assert!(page.texts("#tasks .verdict-hint, #tasks .verdict-unmet").is_empty(), "{}", page.text("#tasks"));
    assert!(page.text("#tasks").contains("50 of 50 points"), "the first is free: {}", page.text("#tasks"));
}

#[actix_web::test]
async fn what_does_not_fail_has_no_hint_and_nobody_else_asks_for_one() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    assert_eq!(ada.post(OWNER, &[]).await.location(), PAGE);
    assert!(ada.get(PAGE).await.text("body").contains("this one is not running"));
    let session = start_until_ready(&app, &ada).await;
    assert_eq!(ada.post(OWNER, &[]).await.location(), format!("{PAGE}#task-owner"), "it was not checked");
    solve(&kube, &session, "ada");
    check_only(&app, &ada).await;
    assert_eq!(ada.post(OWNER, &[]).await.location(), format!("{PAGE}#task-owner"));
    ada.post("/labs/service-annotations/tasks/owner/checks/none/hint", &[]).await.expect(404);
    ada.post("/labs/none/tasks/owner/checks/owner/hint", &[]).await.expect(404);
    assert_eq!(count(&app, "grading_hints").await, 0);
    ada.post_with_token(OWNER, "foreign", &[]).await.expect(403);
    assert!(app.visitor().post(OWNER, &[]).await.status.is_client_error());
}

#[actix_web::test]
async fn a_hint_waits_for_the_check_that_is_under_way_and_is_not_counted() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    check_only(&app, &ada).await;
    solve(&kube, &session, "ada");
    app.advance(SignedDuration::from_secs(1));
    ada.post("/labs/service-annotations/check", &[]).await.location();
    let page = ada.get(PAGE).await.expect(200);
    assert!(page.attributes("form[action$='/hint']", "action").is_empty(), "{}", page.text("#tasks"));
    assert!(page.text("#task-owner .verdict-unmet").contains("It is being checked again."));
    assert_eq!(ada.post(OWNER, &[]).await.location(), format!("{PAGE}#task-owner"));
    assert!(ada.get(PAGE).await.text("body").contains("Your work is being checked"));
    assert_eq!(count(&app, "grading_hints").await, 0);
    app.run_jobs().await;
    let page = ada.get(PAGE).await.expect(200);
    assert!(page.text("#tasks").contains("50 of 50 points"), "{}", page.text("#tasks"));
}

#[actix_web::test]
async fn two_tabs_and_a_double_click_ask_for_one_hint() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    check_only(&app, &ada).await;
    let (one, two) = tokio::join!(ada.post(OWNER, &[]), ada.post(OWNER, &[]));
    assert_eq!(one.location(), two.location());
    ada.post(OWNER, &[]).await.location();
    assert_eq!(count(&app, "grading_hints").await, 1);
    let (hints,): (i64,) = sqlx::query_as("SELECT hints FROM grading_attempts WHERE task = 'owner'")
        .fetch_one(&mut *app.app.core.db.read().await.unwrap())
        .await
        .unwrap();
    assert_eq!(hints, 1);
}

/// A task of 11 points whose three checks fail until something is reported.
const THREE: &str = "
- id: three
  title: Three
  text: Find it.
  points: 11
  read: { rate: { answer: { label: The rate, unit: percent } } }
  checks:
  - { id: a, title: A, pass: rate != null, hints: [{ say: First. }] }
  - { id: b, title: B, pass: rate != null, hints: [{ say: Second. }] }
  - { id: c, title: C, pass: rate != null && rate.value > 1.0, hints: [{ say: Third. }] }
";

async fn check_three(setting: &Setting) -> Page {
    setting.app.advance(SignedDuration::from_secs(1));
    setting.ada.post("/labs/reads/check", &[]).await.location();
    setting.app.run_jobs().await;
    setting.ada.get("/labs/reads").await.expect(200)
}

async fn ask(ada: &Visitor, check: &str) -> String {
    ada.post(&format!("/labs/reads/tasks/three/checks/{check}/hint"), &[]).await.location();
    ada.get("/labs/reads").await.expect(200).text("#task-three")
}

#[actix_web::test]
async fn each_hint_after_the_first_costs_what_was_said_before_and_none_after_the_pass() {
    let setting = Setting::open(THREE).await;
    let page = check_three(&setting).await;
    assert!(page.text("#task-three").contains("11 points Not yet"), "{}", page.text("#task-three"));
    assert!(page.text("#task-three").contains("The first hint of a task is free."));
    let text = ask(&setting.ada, "a").await;
    assert!(text.contains("First.") && !text.contains("Second."), "{text}");
    assert!(text.contains("Another hint costs 3 of 11 points.") && !text.contains("up to"), "{text}");
    let text = ask(&setting.ada, "b").await;
    assert!(text.contains("Second.") && text.contains("up to 8 of 11 points"), "{text}");
    setting.ada.post("/labs/reads/tasks/three/answers", &[("rate", "5")]).await.location();
    setting.app.run_jobs().await;
    let page = setting.ada.get("/labs/reads").await;
    assert!(page.text("#task-three").contains("8 of 11 points Passed"), "{}", page.text("#task-three"));
    assert!(page.text("#tasks .panel-head").contains("1 of 1 passed, 8 of 11 points"));
    assert!(page.text("#tasks").contains("No prize depends on them."));
    // What fails again stays passed, and its hint is free.
    setting.app.advance(SignedDuration::from_secs(1));
    setting.ada.post("/labs/reads/tasks/three/answers", &[("rate", "0")]).await.location();
    setting.app.run_jobs().await;
    let page = setting.ada.get("/labs/reads").await;
    assert!(
        page.text("#task-three .verdict-unmet").contains("It costs nothing any more."),
        "{}",
        page.text("#task-three")
    );
    let text = ask(&setting.ada, "c").await;
    assert!(text.contains("Third.") && text.contains("8 of 11 points Passed"), "{text}");
    assert_eq!(verdict(&setting.ada.get("/labs/reads").await, "three").as_deref(), Some("pass"));
}

#[actix_web::test]
async fn hints_are_of_a_session_and_pruned_after_it() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    check_only(&app, &ada).await;
    ask_hints(&ada, PAGE).await;
    ada.post("/labs/service-annotations/stop", &[]).await.location();
    app.run_jobs().await;
    start_until_ready(&app, &ada).await;
    let page = check_only(&app, &ada).await;
    assert!(page.texts("#tasks .verdict-hint").is_empty());
    assert!(page.text("#task-owner").contains("The first hint of a task is free."));
    app.advance(SignedDuration::from_hours(31 * 24));
    app.app.grading.prune().await.unwrap();
    assert_eq!(count(&app, "grading_hints").await, 0);
    // A session that is not watched is over by then.
    app.leave_jobs();
}
