//! The evidence of verdicts: what is stored, what is pruned, and that a change is found.

use jiff::SignedDuration;
use seaworthy::grading::Verdict;

use super::{PAGE, annotate, check, count, solve, verdict};
use crate::labs::start_until_ready;
use crate::lessons::harbour;
use crate::prizes::enter;
use crate::support::TestApp;

async fn execute(app: &TestApp, statement: &'static str) {
    let mut tx = app.app.core.db.write().await.unwrap();
    sqlx::query(statement).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The sequence numbers at which the chains of a lab's learners are broken.
async fn list_broken(app: &TestApp) -> Vec<i64> {
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    found.broken.into_iter().map(|(_, seq)| seq).collect()
}

#[actix_web::test]
async fn every_record_is_chained_to_the_one_before() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    check(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    check(&app, &ada).await;
    check(&app, &ada).await;
    assert_eq!(list_broken(&app).await, Vec::<i64>::new());
    let statement = "UPDATE grading_requests SET record = REPLACE(record, '\"owner\"', '\"chat\"')
         WHERE id = (SELECT request_id FROM grading_chain_links WHERE first_seq = 2)";
    execute(&app, statement).await;
    assert_eq!(list_broken(&app).await, [2]);
}

#[actix_web::test]
async fn a_record_that_was_removed_or_cut_off_is_found() {
    for (statement, seq) in [
        ("DELETE FROM grading_chain_links WHERE first_seq = 1", 2),
        ("DELETE FROM grading_chain_links WHERE first_seq = 2", 3),
        ("DELETE FROM grading_chain_links WHERE first_seq = 3", 3),
        ("UPDATE grading_verdicts SET verdict = 'pass' WHERE task = 'chat' AND check_id = 'chat'", 1),
    ] {
        let (app, _kube) = TestApp::spawn_with_cluster().await;
        let ada = app.learner("ada").await;
        start_until_ready(&app, &ada).await;
        for _ in 0..3 {
            check(&app, &ada).await;
        }
        execute(&app, statement).await;
        assert_eq!(list_broken(&app).await.first(), Some(&seq), "{statement}");
    }
}

#[actix_web::test]
async fn what_many_checks_read_is_stored_once() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    for _ in 0..3 {
        check(&app, &ada).await;
    }
    assert_eq!(count(&app, "grading_evidence").await, 2, "the session, and its Service in one state");
    solve(&kube, &session, &ada.person().name);
    check(&app, &ada).await;
    assert_eq!(count(&app, "grading_evidence").await, 3);
    let bodies: Vec<(String,)> = sqlx::query_as("SELECT body FROM grading_evidence")
        .fetch_all(&mut *app.app.core.db.read().await.unwrap())
        .await
        .unwrap();
    assert!(bodies.iter().any(|(body,)| body.contains(&session.namespace)));
    assert!(bodies.iter().all(|(body,)| !body.contains("managedFields")));
}

#[actix_web::test]
async fn the_page_reads_verdicts_and_no_evidence() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let before = check(&app, &ada).await.texts("#tasks .verdict-hint");
    assert_eq!(before.len(), 6);
    execute(&app, "DROP TABLE grading_evidence_uses").await;
    execute(&app, "DROP TABLE grading_evidence").await;
    execute(&app, "UPDATE grading_requests SET record = 'not even JSON'").await;
    assert_eq!(ada.get(PAGE).await.expect(200).texts("#tasks .verdict-hint"), before);
}

#[actix_web::test]
async fn an_object_too_large_to_be_stored_is_not_judged_and_the_hint_says_so() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/owner", "ada"), ("notes", &"x".repeat(300 * 1024))]);
    let page = check(&app, &ada).await;
    assert_eq!(verdict(&page, "owner").as_deref(), Some("could-not-grade"));
    let hint = page.text("#task-owner .verdict-hint");
    assert!(hint.contains("The Service qotm takes 301 KiB, and a check reads 256 KiB at the most"), "{hint}");
    let (max,): (i64,) = sqlx::query_as("SELECT CAST(MAX(LENGTH(body)) AS BIGINT) FROM grading_evidence")
        .fetch_one(&mut *app.app.core.db.read().await.unwrap())
        .await
        .unwrap();
    assert!(max < 1_000, "{max} characters are stored");
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.replayed, found.broken.len()), (0, 0));
    annotate(&kube, &session, &[("a8r.io/owner", "ada")]);
    assert_eq!(verdict(&check(&app, &ada).await, "owner").as_deref(), Some("pass"));
}

#[actix_web::test]
async fn the_request_of_a_pass_and_the_newest_are_not_pruned() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    for owner in ["Bea", "Cleo", "Dora"] {
        annotate(&kube, &session, &[("a8r.io/owner", owner)]);
        check(&app, &ada).await;
    }
    solve(&kube, &session, "ada");
    check(&app, &ada).await;
    for owner in ["Bea", "Edda", "Flora"] {
        annotate(&kube, &session, &[("a8r.io/owner", owner)]);
        check(&app, &ada).await;
    }
    app.advance(SignedDuration::from_hours(24 * 29));
    assert_eq!(app.app.grading.prune().await.unwrap(), 0);
    app.advance(SignedDuration::from_hours(24 * 2));
    assert_eq!(app.app.grading.prune().await.unwrap(), 5);
    assert_eq!(app.app.grading.prune().await.unwrap(), 0);
    assert_eq!(count(&app, "grading_requests").await, 2, "the one that passed, and the newest");
    assert_eq!(count(&app, "grading_chain_links").await, 4, "two records, and a gap before each");
    assert_eq!(count(&app, "grading_evidence").await, 3, "the session, and its Service in two states");
    assert_eq!(count(&app, "grading_verdicts").await, 22);
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.replayed, found.changes.len(), found.broken.len()), (22, 0, 0));
    app.run_jobs().await;
}

#[actix_web::test]
async fn a_hint_changed_after_the_fact_is_found() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    check(&app, &ada).await;
    execute(&app, "UPDATE grading_verdicts SET hint = 'All is well.' WHERE task = 'owner' AND check_id = 'owner'")
        .await;
    assert_eq!(list_broken(&app).await, [1]);
}

#[actix_web::test]
async fn the_evidence_of_one_person_has_a_bound() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, "ada");
    check(&app, &ada).await;
    for owner in ["Bea", "Cleo", "Dora"] {
        annotate(&kube, &session, &[("a8r.io/owner", owner)]);
        check(&app, &ada).await;
    }
    assert_eq!(count(&app, "grading_requests").await, 4);
    execute(&app, "UPDATE grading_evidence SET size = 40000000 WHERE body LIKE '%Bea%' OR body LIKE '%Cleo%'").await;
    annotate(&kube, &session, &[("a8r.io/owner", "Edda")]);
    check(&app, &ada).await;
    assert_eq!(count(&app, "grading_requests").await, 2, "the one of the passes, and the newest");
    assert_eq!(list_broken(&app).await, Vec::<i64>::new());
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!(found.replayed, 22);
}

#[actix_web::test]
async fn a_regrade_with_the_same_checks_changes_nothing() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    for name in ["ada", "bea"] {
        let learner = app.learner(name).await;
        let session = start_until_ready(&app, &learner).await;
        solve(&kube, &session, "ada");
        check(&app, &learner).await;
    }
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.replayed, found.changes.len(), found.orphaned, found.broken.len()), (22, 0, 0, 0));
    assert!(app.app.grading.regrade("nonsense").await.is_err());
}

#[actix_web::test]
async fn evidence_changed_after_the_fact_is_found() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/owner", "Bea")]);
    check(&app, &ada).await;
    execute(&app, "UPDATE grading_evidence SET body = REPLACE(body, '\"Bea\"', '\"ada\"')").await;
    assert_eq!(list_broken(&app).await, [1]);
    execute(&app, "DELETE FROM grading_evidence_uses").await;
    assert_eq!(list_broken(&app).await, [1]);
}

#[actix_web::test]
async fn a_regrade_says_whose_verdict_changed_checks_would_change() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    solve(&kube, &session, "ada");
    check(&app, &ada).await;
    check(&app, &ada).await;
    let folder = tempfile::tempdir().unwrap();
    let labs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labs/service-annotations");
    let lab = folder.path().join("service-annotations");
    std::fs::create_dir_all(lab.join("objects")).unwrap();
    for name in ["guide.md", "objects/qotm.yaml"] {
        std::fs::copy(labs.join(name), lab.join(name)).unwrap();
    }
    let source = std::fs::read_to_string(labs.join("lab.yaml")).unwrap();
    let stricter = source.replace("pass: words(value) >= 4", "pass: words(value) >= 40");
    let (before, after) = stricter.split_once("        accepts:\n          - Answers each request").unwrap();
    let (_, after) = after.split_once("        refuses:\n").unwrap();
    std::fs::write(lab.join("lab.yaml"), format!("{before}        refuses:\n{after}")).unwrap();
    let highlighter = seaworthy::lessons::Highlighter::load();
    let catalogue = seaworthy::labs::Catalogue::load(Some(folder.path()), &highlighter).unwrap();
    let found = app
        .app
        .grading
        .regrade_by(
            "service-annotations",
            &seaworthy::grading::TaskSet::compile(catalogue.find("service-annotations").unwrap(), &highlighter)
                .unwrap(),
        )
        .await
        .unwrap();
    let changed: Vec<&str> = found.changes.iter().map(|change| change.check.as_str()).collect();
    assert_eq!((changed, found.replayed, found.broken.len()), (vec!["description"], 22, 0));
    let change = &found.changes[0];
    assert_eq!((change.person.clone(), change.count, change.before), (ada.person().id.clone(), 2, Verdict::Pass));
    assert!(change.after.hint.as_deref().unwrap_or_default().contains("too short"), "{change:?}");
}

#[actix_web::test]
async fn another_learners_object_raises_a_flag_that_only_reviewers_see() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| config.content.folder = Some(harbour())).await;
    let ada = app.learner("ada").await;
    let hers = start_until_ready(&app, &ada).await;
    let bea = app.learner("bea").await;
    let copied = start_until_ready(&app, &bea).await;
    solve(&kube, &copied, "bea");
    let mut service = kube.object("Service", &copied.namespace, "qotm").unwrap();
    service["metadata"]["annotations"]["seaworthy.dev/nonce"] = hers.nonce.clone().into();
    kube.put(&service);
    let page = check(&app, &bea).await;
    assert!(page.text("#tasks").contains("5 of 5 passed"), "a flag is no penalty");
    let flags = app.app.grading.list_flags(&bea.person().id).await.unwrap();
    assert_eq!(flags.len(), 1);
    assert_eq!((flags[0].object.as_deref(), flags[0].other.as_deref()), (Some("Service qotm"), Some("ada")));
    check(&app, &bea).await;
    assert_eq!(app.app.grading.list_flags(&bea.person().id).await.unwrap().len(), 1, "it is raised once");
    assert!(app.app.grading.list_flags(&ada.person().id).await.unwrap().is_empty());

    let (entry, other) = (enter(&bea).await, enter(&ada).await);
    assert!(!bea.get(&entry).await.expect(200).body.contains("somebody else"));
    let imre = app.instructor("imre").await;
    let review = |entry: &str| entry.replace("/entries/", "/review/");
    let flag = imre.get(&review(&entry)).await.expect(200).text("aside");
    assert!(flag.contains("belong to somebody else's lab") && flag.contains("the Service qotm of ada"), "{flag}");
    assert!(!imre.get(&review(&other)).await.expect(200).text("aside").contains("belong to somebody else's lab"));
}
