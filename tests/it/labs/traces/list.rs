//! The list of traces: what it shows, how it is narrowed, and what is asked for it.

use super::{ID, Setting, TRACES};
use crate::labs::PAGE;
use crate::support::{MockCluster, TestApp};

const OTHER: &str = "0000000000000000a3ce929d0e0e4736";

#[tokio::test]
async fn the_page_of_a_lab_leads_to_its_traces_where_the_cluster_has_some() {
    let setting = Setting::open().await;
    let link = format!("#web-pages a[href='{TRACES}']");
    assert!(setting.ada.get(PAGE).await.texts(&link).is_empty(), "before the cluster was looked at");
    setting.app.app.cluster.find_parts().await.unwrap();
    assert_eq!(setting.ada.get(PAGE).await.texts(&link).len(), 1);
    let ben = setting.app.learner("ben").await;
    assert!(ben.get(PAGE).await.texts(&link).is_empty(), "nothing of his runs");
}

#[tokio::test]
async fn a_session_without_traces_says_how_to_make_one() {
    let setting = Setting::open().await;
    let page = setting.ada.get(TRACES).await.expect(200);
    let text = page.text("#traces");
    assert!(text.contains("No traces yet"), "{text}");
    let tenant = format!("OTEL_EXPORTER_OTLP_HEADERS=x-tenant={}", setting.session.namespace);
    assert!(text.contains("OTEL_EXPORTER_OTLP_ENDPOINT=http://jaeger.observability:4318"), "{text}");
    assert!(text.contains(&tenant) && text.contains("curl --retry 5 --retry-connrefused http://qotm/"), "{text}");
    assert_eq!(page.attribute("#traces", "data-live").as_deref(), Some(TRACES), "it is looked at again");
}

#[tokio::test]
async fn the_newest_traces_are_listed_with_what_they_were() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    let lone = serde_json::json!({
        "spanId": "00000000000000e1", "parentSpanId": "00000000000000ff", "name": "GET /<b>", "from": 500, "to": 512,
    });
    setting.receive(OTHER, "store", lone);
    let page = setting.ada.get(TRACES).await.expect(200);
    assert_eq!(page.attributes(".traces > li", "data-trace"), [OTHER, ID]);
    let text = page.text(&format!("[data-trace='{ID}']"));
    for said in ["GET /", "front", "5 spans", "authors, front, qotm, store", "1 error", "404 ms"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let text = page.text(&format!("[data-trace='{OTHER}']"));
    assert!(text.contains("GET /<b>") && text.contains("Incomplete") && text.contains("12 ms"), "{text}");
    assert_eq!(page.attribute(&format!("#trace-{ID}"), "href"), Some(format!("{TRACES}/{ID}")));
}

#[tokio::test]
async fn the_list_changes_its_key_with_a_new_trace_and_else_keeps_it() {
    let setting = Setting::open().await;
    let key = async || setting.ada.get(TRACES).await.attribute("#traces", "data-live-key");
    let before = key().await;
    assert_eq!(key().await, before);
    setting.receive_request(ID);
    assert_ne!(key().await, before);
}

#[tokio::test]
async fn traces_are_found_by_service_length_error_and_time() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    setting.receive(OTHER, "store", serde_json::json!({ "spanId": "0e", "name": "GET /x", "from": 5, "to": 6 }));
    let found = async |query: &str| {
        let page = setting.ada.get(&format!("{TRACES}{query}")).await.expect(200);
        page.attributes(".traces > li", "data-trace")
    };
    assert_eq!(found("?service=authors").await, [ID]);
    assert_eq!(found("?errors=1").await, [ID]);
    assert_eq!(found("").await.len(), 2);
    let page = setting.ada.get(&format!("{TRACES}?service=nobody&at_least=5&since=3h")).await;
    assert!(page.text("#traces").contains("No trace fits"), "{}", page.text("#traces"));
    assert_eq!(page.attribute("#service option[selected]", "value").as_deref(), Some("nobody"), "as it was chosen");
    let asked = setting.kube.jaeger(|jaeger| jaeger.asked.last().unwrap().clone());
    assert_eq!((asked.0.as_str(), asked.1.as_deref()), ("jaeger:16686", Some(setting.session.namespace.as_str())));
    let questions = setting.kube.jaeger(|jaeger| jaeger.asked.clone());
    let (.., last) = questions.iter().rfind(|(.., path)| path.starts_with("traces")).unwrap();
    assert!(last.contains("query.service_name=nobody&query.duration_min=5000us"), "{last}");
}

#[tokio::test]
async fn probes_and_faults_are_left_out_unless_asked_for_and_the_slowest_can_come_first() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    setting.receive(OTHER, "store", serde_json::json!({ "spanId": "0e", "name": "GET /x", "from": 500, "to": 506 }));
    let fault = "000000000000000fa3ce929d0e0e4736";
    setting.receive(
        fault,
        "store",
        serde_json::json!({ "spanId": "0f", "name": "POST /fault", "from": 600, "to": 601 }),
    );
    let page = setting.ada.get(TRACES).await.expect(200);
    assert_eq!(page.attributes(".traces > li", "data-trace"), [OTHER, ID]);
    assert!(page.text("#traces").contains("1 probe or request for /fault is left out."), "{}", page.text("#traces"));
    let page = setting.ada.get(&format!("{TRACES}?all=1&sort=slowest")).await.expect(200);
    assert_eq!(page.attributes(".traces > li", "data-trace"), [ID, OTHER, fault]);
    assert!(!page.text("#traces").contains("left out"));
    assert_eq!(page.attribute("#sort option[selected]", "value").as_deref(), Some("slowest"));
}

#[tokio::test]
async fn a_length_that_is_none_is_told_and_left_out() {
    let setting = Setting::open().await;
    setting.receive_request(ID);
    let page = setting.ada.get(&format!("{TRACES}?at_least=soon")).await.expect(200);
    assert!(page.text("#at_least-error").contains("whole number of milliseconds"));
    assert_eq!(page.attribute("#at_least", "value").as_deref(), Some("soon"));
    assert_eq!(page.attributes(".traces > li", "data-trace"), [ID]);
}

#[tokio::test]
async fn what_is_typed_asks_for_no_other_namespace() {
    let setting = Setting::open().await;
    setting.receive_of(
        "b000000000000000",
        ID,
        "theirs",
        serde_json::json!({ "spanId": "01", "name": "x", "from": 0, "to": 1 }),
    );
    for query in
        ["?service=theirs", "?service=a%26x-tenant%3Db000000000000000", "?x-tenant=b000000000000000", "?since=24h"]
    {
        let page = setting.ada.get(&format!("{TRACES}{query}")).await.expect(200);
        assert!(page.texts(".traces > li").is_empty(), "{query}");
    }
    setting.ada.get(&format!("{TRACES}/{ID}?x-tenant=b000000000000000")).await.expect(404);
    let own = setting.session.namespace.clone();
    let tenants: Vec<_> = setting.kube.jaeger(|jaeger| jaeger.asked.iter().filter_map(|one| one.1.clone()).collect());
    assert!(tenants.len() >= 9 && tenants.iter().all(|tenant| *tenant == own), "{tenants:?}");
}

#[tokio::test]
async fn without_a_running_session_there_are_no_traces() {
    let (app, _kube): (TestApp, MockCluster) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    for path in [TRACES.to_owned(), format!("{TRACES}/{ID}")] {
        assert!(app.visitor().get(&path).await.location().starts_with("/sign-in?next="));
        let page = ada.get(&path).await.expect(409);
        assert!(page.text("main").contains("This lab is not running. Start it on its page first."));
        assert_eq!(page.text("main a.button[href='/labs/service-annotations']"), "To the lab's page");
    }
    ada.get("/labs/none/traces").await.expect(404);
}
