//! The web pages of labs, on a mock of the Kubernetes interface with servers of the tests' own behind it.

mod access;
mod browser;
mod framed;
mod hosts;
mod list;
mod passing;
mod streams;
mod unready;

use seaworthy::config::Config;
use seaworthy::labs::LabSession;
use seaworthy::web::CookiePolicy;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::start_until_ready;
use crate::support::{LearnerService, MockCluster, TestApp, Visitor, link_shipped_labs};
use browser::Browser;

/// A page of the lab.
const PAGE: &str = "/labs/service-annotations/web/quote";

/// A learner with a running lab and a server behind its page.
struct Setting {
    app: TestApp,
    kube: MockCluster,
    ada: Visitor,
    session: LabSession,
    service: LearnerService,
}

impl Setting {
    async fn open() -> Self {
        Self::open_with(|_config| {}).await
    }

    async fn open_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let (app, kube) = TestApp::spawn_with_cluster_and(adjust).await;
        let mut ada = app.learner("ada").await;
        if app.app.site.cookies == CookiePolicy::Host {
            ada = ada.with_host_cookies();
        }
        let session = start_until_ready(&app, &ada).await;
        let service = LearnerService::start();
        let setting = Self { app, kube, ada, session, service };
        setting.add_pod("qotm-1");
        setting.put_slice("qotm", &[("qotm-1", true)]);
        setting
    }

    /// Adds a pod at whose port 8080 the test's server listens.
    fn add_pod(&self, name: &str) {
        let metadata = json!({ "name": name, "namespace": self.session.namespace });
        self.kube.put(&json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata }));
        self.kube.lead_port((&self.session.namespace, name, 8080), self.service.port);
    }

    /// Says which pods stand behind a Service, and which of them are ready.
    fn put_slice(&self, service: &str, pods: &[(&str, bool)]) {
        self.put_slice_at(service, pods, 8080);
    }

    fn put_slice_at(&self, service: &str, pods: &[(&str, bool)], port: u16) {
        let endpoints = pods.iter().map(|(pod, is_ready)| {
            json!({
                "addresses": ["10.244.0.9"], "conditions": { "ready": is_ready },
                "targetRef": { "kind": "Pod", "name": pod, "namespace": self.session.namespace, "uid": format!("uid-{pod}") },
            })
        });
        self.kube.put(&json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {
                "name": format!("{service}-1"), "namespace": self.session.namespace,
                "labels": { "kubernetes.io/service-name": service },
            },
            "endpoints": endpoints.collect::<Vec<Value>>(),
            "ports": [{ "name": "http", "port": port, "protocol": "TCP" }],
        }));
    }

    /// The host of one of the session's pages.
    fn host(&self, name: &str) -> String {
        self.app.url.replace("http://127.0.0.1", &format!("{name}--{}.labs.localhost", self.session.namespace))
    }

    /// Ada's browser, which has opened the page.
    async fn browser(&self) -> Browser {
        let browser = Browser::of(&self.app.url, &self.ada);
        let page = browser.open(PAGE).await;
        assert_eq!(page.status, 200, "{}", page.body);
        browser
    }
}

/// A folder of the shipped labs, one of them with `pages` in place of its own.
fn labs_with(pages: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labs/service-annotations");
    copy(&shipped, &folder.path().join("service-annotations"));
    let path = folder.path().join("service-annotations/lab.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("web:\n").unwrap();
    let (_own, after) = rest.split_once("quota:\n").unwrap();
    std::fs::write(&path, format!("{before}{pages}quota:\n{after}")).unwrap();
    link_shipped_labs(folder.path());
    folder
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap().file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
