//! The service catalogue.

use super::{annotate, check, solve};
use crate::labs::start_until_ready;
use crate::support::TestApp;

#[actix_web::test]
async fn it_lists_the_services_of_running_labs_by_their_annotations() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    assert!(ada.get("/catalogue").await.expect(200).text("main").contains("No lab is running"));
    let session = start_until_ready(&app, &ada).await;
    let page = ada.get("/catalogue").await.expect(200);
    assert_eq!(page.text(".card h2"), "qotm");
    assert!(page.text(".card").contains("Not yet Owner, Description, Source, Known bugs, Chat, Runbook"));
    solve(&kube, &session, "ada");
    let page = ada.get("/catalogue").await.expect(200);
    assert!(page.text(".card").contains("Complete"));
    assert_eq!(page.attribute(".card dd a", "href").as_deref(), Some("https://docs.example.org/qotm/runbook"),);
    assert!(app.learner("bea").await.get("/catalogue").await.text("main").contains("No lab is running"));
}

#[actix_web::test]
async fn it_judges_a_service_by_the_checks_of_its_lab() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    for (key, value, title) in [
        ("owner", "Bea", "Owner"),
        ("owner", "YOUR NAME", "Owner"),
        ("description", "- - - -", "Description"),
        ("description", "What it does, in a sentence.", "Description"),
        ("repository", "https://git.example.org/YOU/qotm", "Source"),
        ("bugs", "https:///x", "Known bugs"),
        ("chat", "#YOUR-CHANNEL", "Chat"),
        ("runbook", "http://localhost/x", "Runbook"),
    ] {
        solve(&kube, &session, "Ada");
        let mut service = kube.object("Service", &session.namespace, "qotm").unwrap();
        service["metadata"]["annotations"][format!("a8r.io/{key}")] = value.into();
        kube.put(&service);
        let card = ada.get("/catalogue").await.expect(200).text(".card");
        assert!(card.contains(&format!("Not yet {title} Open its lab")), "{key} {value}: {card}");
        let lab = check(&app, &ada).await;
        let hints = lab.texts(".verdict-hint");
        assert!(hints.len() == 1 && hints[0].starts_with(&format!("{title}:")), "{key} {value}: {hints:?}");
    }
}

#[actix_web::test]
async fn an_address_in_capitals_is_a_link_and_one_that_browsers_would_correct_is_none() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/runbook", " HTTPS://Wiki/qotm "), ("a8r.io/bugs", "https:///x")]);
    let page = ada.get("/catalogue").await.expect(200);
    assert_eq!(page.attributes(".card dd a", "href"), ["HTTPS://Wiki/qotm"]);
}

#[actix_web::test]
async fn a_value_that_is_no_web_address_is_no_link() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    annotate(&kube, &session, &[("a8r.io/runbook", "javascript:alert(1)"), ("a8r.io/owner", "<script>")]);
    let page = ada.get("/catalogue").await.expect(200);
    assert!(page.attribute(".card dd a", "href").is_none());
    assert!(page.text(".card").contains("javascript:alert(1)") && page.text(".card").contains("<script>"));
}

#[actix_web::test]
async fn a_cluster_that_is_unreachable_is_reported_and_no_error() {
    let (app, mut kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.go_down().await;
    assert!(ada.get("/catalogue").await.expect(200).text("main").contains("Some services are not shown"));
}

#[actix_web::test]
async fn it_is_for_people_who_are_signed_in() {
    let app = TestApp::spawn().await;
    assert!(app.visitor().get("/catalogue").await.location().starts_with("/sign-in"));
}
