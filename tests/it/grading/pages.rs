//! The page that an annotation leads to: followed within the session's namespace, and nowhere else.

use serde_json::json;

use super::reads::Setting;

const PAGE: &str = "- id: page\n  title: Page\n  text: It answers.\n  read: { it: { page: { service: own, annotation: a8r.io/runbook } } }\n  \
                    checks: [{ id: a, title: A, pass: 'false', hints: [{ say: '{{ it.service }} {{ it.path }} {{ it.status }} {{ it.title }} \
                    {{ it.fault }} {{ it.sections }}' }] }]\n";

/// A learner whose Service `own` answers, in a lab that lets every Service have a web page.
async fn open() -> Setting {
    let setting = Setting::open(&format!("{PAGE}web_services: true\n")).await;
    setting.kube.put_part((&setting.session.namespace, "own"), setting.service.port);
    setting
}

/// What the check tells of the page at an address.
async fn hint_at(setting: &Setting, address: &str) -> String {
    let mut service = setting.kube.object("Service", &setting.session.namespace, "own").unwrap();
    service["metadata"]["annotations"] = json!({ "a8r.io/runbook": address });
    setting.kube.put(&service);
    setting.check().await.text("#task-page .verdict-hint")
}

#[actix_web::test]
async fn a_page_of_a_service_of_the_namespace_is_read_by_each_of_its_addresses() {
    let setting = open().await;
    let namespace = setting.session.namespace.clone();
    let domain = setting.app.app.labs.lab_domain().to_owned();
    for address in [
        "http://own/page".to_owned(),
        format!("http://own.{namespace}:80/page#what-to-do"),
        format!("http://own.{namespace}.svc.cluster.local/page"),
        format!("https://own--{namespace}.{domain}/page"),
        format!(" http://own--{namespace}.{domain}:9999/page "),
    ] {
        let hint = hint_at(&setting, &address).await;
        assert!(hint.contains("own /page 200 The runbook"), "{address}: {hint}");
        assert!(hint.contains("What to do") && hint.contains("Look & wait.") && !hint.contains("alert"), "{hint}");
    }
    assert!(hint_at(&setting, "http://own/status/404").await.contains("own /status/404 404"));
    assert!(hint_at(&setting, "http://own:81/page").await.contains("the Service own has no port 81"));
    assert!(hint_at(&setting, "http://none/page").await.contains("there is no Service none"));
    assert!(hint_at(&setting, "").await.contains("there is no address"));
}

#[actix_web::test]
async fn no_address_leads_a_read_out_of_the_namespace_and_no_redirect_is_followed() {
    let setting = open().await;
    let domain = setting.app.app.labs.lab_domain().to_owned();
    for address in [
        format!("http://127.0.0.1:{}/page", setting.service.port),
        format!("http://[::1]:{}/page", setting.service.port),
        "http://jaeger.observability/page".to_owned(),
        "http://emissary-ingress.emissary.svc.cluster.local/page".to_owned(),
        format!("http://own--fedcba9876543210.{domain}/page"),
        format!("http://own--{}.{domain}.example.org/page", setting.session.namespace),
        format!("http://{domain}/page"),
        "https://own/page".to_owned(),
        "http://ada@own/page".to_owned(),
        "https://example.org/page".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://own/page".to_owned(),
    ] {
        let hint = hint_at(&setting, &address).await;
        assert!(!hint.contains("200") && !hint.contains("The runbook"), "{address}: {hint}");
    }
    let hint = hint_at(&setting, "http://own/status/302").await;
    assert!(hint.contains("own /status/302 302"), "{hint}");
}
