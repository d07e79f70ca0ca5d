//! A lab that requires parts of its cluster: told, refused and started as they are missing, come and go.

use std::path::Path;

use seaworthy::cluster::{PartKind, PartState};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{LAB, assert_says, page, start, start_until_ready, state};
use crate::support::{MockCluster, Page, TestApp, eventually, link_shipped_labs};

/// The lab of the program with a line more.
fn write_lab(folder: &Path, line: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labs").join(LAB);
    let copied = std::process::Command::new("cp").arg("-r").arg(&source).arg(folder).status().unwrap();
    assert!(copied.success());
    let path = folder.join(LAB).join("lab.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}\n{line}\n")).unwrap();
    link_shipped_labs(folder);
}

/// A site whose lab requires the ingress and the mesh, on a cluster that has neither.
async fn spawn() -> (TestApp, MockCluster, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    write_lab(folder.path(), "requires: [ingress, mesh]");
    let (app, kube) =
        TestApp::spawn_with_cluster_and(|config| config.labs.folder = Some(folder.path().to_owned())).await;
    (app, kube, folder)
}

fn put_part(kube: &MockCluster, namespace: &str, service: &str, labels: &Value) {
    kube.put(&json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": service, "namespace": namespace },
        "spec": { "selector": { "app": service } },
    }));
    kube.put(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": service, "namespace": namespace, "labels": labels },
        "spec": { "template": {
            "metadata": { "labels": { "app": service } },
            "spec": { "containers": [{ "name": "a", "image": "example.org/part:7" }] },
        } },
    }));
}

/// The answer to the start is shown above the page.
fn assert_refused(page: &Page) {
    let text = page.text("body");
    assert!(text.contains("This lab can't start on this cluster yet. Mesh: none."), "{text}");
}

fn put_both(kube: &MockCluster) {
    put_part(kube, "emissary", "emissary-ingress", &json!({ "seaworthy.dev/stands-in-for": "emissary-ingress" }));
    put_part(kube, "linkerd", "linkerd-identity", &json!({ "app.kubernetes.io/version": "2.20" }));
}

#[tokio::test]
async fn a_lab_whose_parts_are_missing_says_which_and_is_not_started() {
    let (app, kube, _folder) = spawn().await;
    put_part(&kube, "emissary", "emissary-ingress", &json!({}));
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    let shown = page(&ada).await;
    assert_says(&shown, "Linkerd is missing. The cluster has no Service linkerd/linkerd-identity.");
    assert!(!shown.text("main").contains("Emissary"), "what is there is not complained of");
    assert!(!shown.text("main").contains("Start the lab"));
    assert!(ada.get("/labs").await.text("main").contains("Needs Linkerd"));
    start(&ada).await;
    assert_refused(&page(&ada).await);
    assert_eq!(state(&app, &ada).await, None);
}

#[tokio::test]
async fn the_command_that_puts_a_missing_part_there_is_for_staff() {
    let (app, _kube, _folder) = spawn().await;
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    let irene = app.instructor("irene").await;
    for url in ["/labs".to_owned(), format!("/labs/{LAB}")] {
        let shown = irene.get(&url).await.text("main");
        assert!(shown.contains("deploy/local/start "), "{shown}");
        let shown = ada.get(&url).await.text("main");
        assert!(!shown.contains("deploy/"), "{shown}");
    }
    start(&ada).await;
    assert!(!page(&ada).await.text("body").contains("deploy/"), "the refusal of a start tells it to a learner");
}

#[tokio::test]
async fn a_lab_starts_once_its_parts_are_there_and_says_what_stands_in() {
    let (app, kube, _folder) = spawn().await;
    app.app.cluster.find_parts().await.unwrap();
    put_both(&kube);
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    let text = page(&ada).await.text("main");
    assert!(text.contains("Emissary-ingress and Grafana are stand-ins on this cluster"), "{text}");
    assert!(!text.contains("Linkerd"), "it is the real one: {text}");
    let text = ada.get("/labs").await.text("main");
    assert!(text.contains("On this cluster, Emissary-ingress and Grafana are stand-ins."), "{text}");
}

#[tokio::test]
async fn a_lab_names_what_it_uses_and_does_not_require_only_where_that_stands_in() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    assert_says(&page(&ada).await, "Grafana is a stand-in on this cluster: a smaller program");
    assert!(ada.get("/labs").await.text("main").contains("On this cluster, Grafana is a stand-in."));

    let real = Some("example.org/grafana/grafana:12.4.3".to_owned());
    let (app, _kube) = TestApp::spawn_with_cluster_and(|config| config.cluster.images.grafana = real).await;
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    let text = [page(&ada).await.text("main"), ada.get("/labs").await.text("main")].concat();
    assert!(!text.contains("stand-in"), "{text}");
}

#[tokio::test]
async fn a_start_looks_at_the_cluster_as_it_is_and_not_as_it_was() {
    let (app, kube, _folder) = spawn().await;
    put_both(&kube);
    app.app.cluster.find_parts().await.unwrap();
    kube.delete("Service", "linkerd", "linkerd-identity");
    let ada = app.learner("ada").await;
    start(&ada).await;
    assert_refused(&page(&ada).await);
    put_both(&kube);
    start_until_ready(&app, &ada).await;
}

#[tokio::test]
async fn a_part_whose_pods_are_not_ready_is_not_ready() {
    let (app, kube, _folder) = spawn().await;
    kube.switches(|switches| switches.pods_become_ready = false);
    put_both(&kube);
    let missing = app.app.cluster.find_missing(&[PartKind::Ingress]).await.unwrap();
    assert!(matches!(&missing[0].state, PartState::NotReady { why } if why.contains("is ready")), "{missing:?}");
}

#[tokio::test]
async fn a_lab_that_requires_nothing_starts_on_any_cluster() {
    let (app, _kube) = TestApp::spawn_with_cluster().await;
    app.app.cluster.find_parts().await.unwrap();
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    assert!(!page(&ada).await.text("main").contains("missing"));
}

#[tokio::test]
async fn a_running_server_finds_the_parts_by_itself() {
    let (app, kube, _folder) = spawn().await;
    put_both(&kube);
    let stop = CancellationToken::new();
    let cluster = app.app.cluster.clone();
    let probing = tokio::spawn({
        let stop = stop.clone();
        async move { cluster.keep_probing(stop).await }
    });
    eventually("no part was found", async || app.app.cluster.known_parts().len() == PartKind::ALL.len()).await;
    stop.cancel();
    probing.await.unwrap();
}

#[tokio::test]
async fn a_cluster_that_is_unreachable_starts_nothing_and_keeps_what_was_found() {
    let (app, mut kube, _folder) = spawn().await;
    put_both(&kube);
    app.app.cluster.find_parts().await.unwrap();
    kube.go_down().await;
    let ada = app.learner("ada").await;
    start(&ada).await;
    assert_eq!(state(&app, &ada).await, None);
    assert_eq!(app.app.cluster.known_parts().len(), PartKind::ALL.len());
}
