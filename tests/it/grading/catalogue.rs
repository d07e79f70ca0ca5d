//! The service catalogue.

use seaworthy::labs::LabSession;
use serde_json::{Value, json};

use super::{annotate, check, solve};
use crate::labs::start_until_ready;
use crate::support::{MockCluster, TestApp};

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

/// A Service of the session's namespace with these annotations of the convention.
fn put_service(kube: &MockCluster, session: &LabSession, name: &str, notes: &[(&str, &str)]) {
    let mut annotations = json!({ "team.example.org/tier": "gold" });
    for (key, value) in notes {
        annotations[format!("a8r.io/{key}")] = Value::from(*value);
    }
    kube.put(&json!({ "apiVersion": "v1", "kind": "Service",
        "metadata": { "name": name, "namespace": session.namespace, "annotations": annotations },
        "spec": { "ports": [{ "port": 80 }] } }));
}

#[actix_web::test]
async fn services_are_searched_filtered_and_sorted_by_the_address() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put_service(&kube, &session, "front", &[("owner", "Bea"), ("dependencies", "quote, gone"), ("run-book", "x")]);
    put_service(&kube, &session, "quote", &[("owner", "ada"), ("chat", "#H\u{e4}fen")]);
    for (query, names) in [
        ("", vec!["front", "qotm", "quote"]),
        ("?q=h%C3%84FEN+ada", vec!["quote"]),
        ("?q=&owner=me", vec!["quote"]),
        ("?owner=other", vec!["front"]),
        ("?owner=nobody", vec!["qotm"]),
        ("?state=findings", vec!["front"]),
        ("?needs=quote", vec!["front"]),
        ("?needed_by=front", vec!["quote"]),
        ("?lab=service-annotations&sort=score", vec!["qotm", "front", "quote"]),
        ("?owner=everybody", vec!["front", "qotm", "quote"]),
    ] {
        let page = ada.get(&format!("/catalogue{query}")).await.expect(200);
        assert_eq!(page.texts(".card h2"), names, "{query}");
    }
    let page = ada.get("/catalogue?q=submarine&owner=nobody").await.expect(200);
    assert!(page.text(".empty").contains("submarine") && page.text("main").contains("0 of 3 Services"));
    assert_eq!(page.attribute("#q", "value").as_deref(), Some("submarine"));
}

#[actix_web::test]
async fn a_service_has_a_page_with_its_score_its_findings_and_its_neighbours() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put_service(&kube, &session, "front", &[("owner", "Bea"), ("dependencies", "quote, gone"), ("run-book", "x")]);
    put_service(&kube, &session, "quote", &[]);
    let page = ada.get("/catalogue/service-annotations/front").await.expect(200);
    let text = page.text("main");
    for part in ["30 of 100", "gone (not in the namespace)", "write a8r.io/runbook", "team.example.org/tier", "gold"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(page.attributes("main dd a", "href"), ["/catalogue/service-annotations/quote"]);
    let page = ada.get("/catalogue/service-annotations/quote").await.expect(200);
    assert!(page.text("main").contains("Needed by"));
    assert_eq!(page.attributes("main dd a", "href"), ["/catalogue/service-annotations/front"]);
    ada.get("/catalogue/service-annotations/nothing").await.expect(404);
    app.learner("bea").await.get("/catalogue/service-annotations/front").await.expect(404);
    assert!(ada.get("/catalogue").await.text("svg[role=img]").contains("not in the namespace"));
}

#[actix_web::test]
async fn a_link_to_a_service_of_the_namespace_leads_to_its_web_page() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    let session = start_until_ready(&app, &ada).await;
    put_service(&kube, &session, "docs", &[("runbook", "http://docs/qotm/runbook"), ("logs", "http://gone/x")]);
    let page = ada.get("/catalogue/service-annotations/docs").await.expect(200);
    let expected = format!("/labs/web/docs--{}?path=%2Fqotm%2Frunbook", session.namespace);
    assert_eq!(page.attributes("main dd a", "href"), [expected.as_str(), "http://gone/x"]);
    assert!(page.text("main").contains("opens the web page of docs in your lab"));
}

#[actix_web::test]
async fn it_is_for_people_who_are_signed_in() {
    let app = TestApp::spawn().await;
    assert!(app.visitor().get("/catalogue").await.location().starts_with("/sign-in"));
}
