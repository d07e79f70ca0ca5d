//! What a page says while its Service does not answer.

use super::{Browser, PAGE, Setting, labs_with};
use crate::support::{LearnerService, Page};

async fn open(setting: &Setting) -> Page {
    Browser::of(&setting.app.url, &setting.ada).open(PAGE).await
}

fn assert_says(page: &Page, status: u16, expected: &[&str]) {
    let text = page.text("main");
    assert_eq!(page.status, status, "{text}");
    for expected in expected {
        assert!(text.contains(expected), "{expected:?} is not in: {text}");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_or_has_no_ready_pod_is_told_with_what_to_look_at() {
    let setting = Setting::open().await;
    setting.put_slice("qotm", &[("qotm-1", false)]);
    let page = open(&setting).await;
    assert_says(
        &page,
        503,
        &["This page is not there yet", "The pod behind the Service qotm is not ready.", "kubectl get pods"],
    );
    assert_eq!(page.attribute("a.go", "href").as_deref(), Some("/"), "it can be tried again");
    assert_eq!(page.headers["cache-control"], "no-store");
    setting.put_slice("qotm", &[("qotm-1", false), ("qotm-2", false)]);
    assert_says(&open(&setting).await, 503, &["None of the 2 pods behind the Service qotm is ready."]);
    setting.put_slice("qotm", &[]);
    assert_says(&open(&setting).await, 503, &["The Service qotm selects no pod.", "kubectl get pods --show-labels"]);
    setting.kube.delete("Service", &setting.session.namespace, "qotm");
    assert_says(&open(&setting).await, 503, &["There is no Service called qotm", "kubectl get services"]);
}

#[tokio::test]
async fn a_port_that_the_service_does_not_have_is_told_beside_those_that_it_has() {
    let folder = labs_with("web:\n  - { name: quote, title: Quote, service: qotm, port: 9090 }\n");
    let setting = Setting::open_with(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    assert_says(&open(&setting).await, 503, &["The Service qotm has no TCP port 9090; it has 80 (http)."]);
}

#[tokio::test]
async fn a_port_at_which_nothing_listens_is_told_with_its_pod() {
    let setting = Setting::open().await;
    setting.put_slice_at("qotm", &[("qotm-1", true)], 9999);
    let page = open(&setting).await;
    assert_says(
        &page,
        502,
        &["This page does not answer", "Nothing listens on port 9999 of the pod qotm-1", "kubectl logs qotm-1"],
    );
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_told() {
    let setting = Setting::open_with(|config| config.labs.page_timeout_seconds = 4).await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    let page = browser.get(&host, "/slow").await;
    assert_says(&page, 504, &["This page takes too long to answer", "did not answer within 4 s"]);
}

#[tokio::test]
async fn a_pod_that_is_replaced_is_followed_at_once() {
    let setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    setting.service.stop().await;
    assert_eq!(browser.get(&host, "/").await.status, 502);
    let again = LearnerService::start();
    setting.kube.delete("Pod", &setting.session.namespace, "qotm-1");
    setting.add_pod("qotm-2");
    setting.kube.lead_port((&setting.session.namespace, "qotm-2", 8080), again.port);
    setting.put_slice("qotm", &[("qotm-2", true)]);
    browser.get(&host, "/").await.expect(200);
    // A connection that was kept is closed, and nobody notices.
    let port = again.port;
    again.stop().await;
    let _next = LearnerService::start_at(port);
    browser.get(&host, "/").await.expect(200);
}

#[tokio::test]
async fn a_cluster_that_is_away_is_told() {
    let mut setting = Setting::open().await;
    let (browser, host) = (setting.browser().await, setting.host("quote"));
    setting.kube.go_down().await;
    setting.service.stop().await;
    let page = browser.get(&host, "/").await;
    assert!(page.status == 503 || page.status == 502, "{}", page.body);
    assert!(page.text("main").contains("cluster does not answer"), "{}", page.body);
}

#[tokio::test]
async fn a_slice_that_names_another_namespace_leads_nowhere() {
    let setting = Setting::open().await;
    let mut slice = setting.kube.object("EndpointSlice", &setting.session.namespace, "qotm-1").unwrap();
    slice["endpoints"][0]["targetRef"]["namespace"] = "kube-system".into();
    setting.kube.put(&slice);
    assert_says(&open(&setting).await, 503, &["The Service qotm selects no pod."]);
    slice["endpoints"][0]["targetRef"] = serde_json::Value::Null;
    setting.kube.put(&slice);
    assert_says(&open(&setting).await, 503, &["The Service qotm selects no pod."]);
    assert_eq!(setting.kube.forwards(), 0);
}
