//! What is kept of a verdict, and what it is good for.

use seaworthy::grading::regrade::find_break;
use seaworthy::grading::store;

use super::{annotate, check, solve};
use crate::labs::start_and_settle;
use crate::lessons::harbour;
use crate::prizes::enter;
use crate::support::TestApp;

#[actix_web::test]
async fn every_verdict_is_chained_to_the_one_before() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
    check(&app, &ada).await;
    solve(&kube, &session, &ada.person().name);
    check(&app, &ada).await;
    let mut chain = store::list_chain(&mut app.app.db.read().await.unwrap(), &ada.person().id).await.unwrap();
    assert_eq!(chain.len(), 22, "eleven checks, twice");
    assert_eq!(find_break(&chain), None);
    assert!(chain[0].evidence.contains(&session.namespace) && !chain[0].evidence.contains("managedFields"));
    chain[4].evidence = chain[4].evidence.replace("\"ada\"", "\"bea\"");
    assert_eq!(find_break(&chain), Some(5));
    chain.remove(2);
    assert_eq!(find_break(&chain), Some(4));
}

#[actix_web::test]
async fn a_regrade_with_the_same_checks_changes_nothing() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    for name in ["ada", "bea"] {
        let learner = app.learner(name).await;
        let session = start_and_settle(&app, &learner).await;
        solve(&kube, &session, "ada");
        check(&app, &learner).await;
    }
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!((found.played, found.changes.len(), found.orphaned, found.broken.len()), (22, 0, 0, 0));
    assert!(app.app.grading.regrade("nonsense").await.is_err());
}

#[actix_web::test]
async fn evidence_changed_after_the_fact_is_found() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_and_settle(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/owner", "Bea")]);
    check(&app, &ada).await;
    let mut tx = app.app.db.write().await.unwrap();
    sqlx::query("UPDATE grading_verdicts SET evidence = REPLACE(evidence, '\"Bea\"', '\"ada\"')")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let found = app.app.grading.regrade("service-annotations").await.unwrap();
    assert_eq!(found.broken, [(ada.person().id.clone(), 1)]);
    let changed: Vec<&str> = found.changes.iter().map(|change| change.check.as_str()).collect();
    assert_eq!(changed, ["owner"]);
}

#[actix_web::test]
async fn another_learners_object_raises_a_flag_that_only_reviewers_see() {
    let (app, kube) = TestApp::spawn_with_cluster_and(|config| config.content.folder = Some(harbour())).await;
    let ada = app.learner("ada").await;
    let hers = start_and_settle(&app, &ada).await;
    let bea = app.learner("bea").await;
    let copied = start_and_settle(&app, &bea).await;
    solve(&kube, &copied, "bea");
    let mut service = kube.object("Service", &copied.namespace, "qotm").unwrap();
    service["metadata"]["annotations"]["seaworthy.dev/nonce"] = hers.nonce.clone().into();
    kube.put(&service);
    let page = check(&app, &bea).await;
    assert!(page.text("#tasks").contains("5 of 5 passed"), "a flag is no penalty");
    let flags = app.app.grading.list_flags(&bea.person().id).await.unwrap();
    assert_eq!(flags.len(), 1);
    assert_eq!((&flags[0].session_id, &flags[0].other_session_id), (&copied.id, &hers.id));
    assert!(app.app.grading.list_flags(&ada.person().id).await.unwrap().is_empty());

    let (entry, other) = (enter(&bea).await, enter(&ada).await);
    assert!(!bea.get(&entry).await.expect(200).body.contains("somebody else"));
    let imre = app.instructor("imre").await;
    let review = |entry: &str| entry.replace("/entries/", "/review/");
    assert!(imre.get(&review(&entry)).await.expect(200).text("aside").contains("belong to somebody else's lab"));
    assert!(!imre.get(&review(&other)).await.expect(200).text("aside").contains("belong to somebody else's lab"));
}
