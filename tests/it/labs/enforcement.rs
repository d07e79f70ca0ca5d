//! Whether network policies are enforced, found by a probe and told by the pages to each kind of reader.

use std::collections::BTreeSet;
use std::time::Duration;

use seaworthy::cluster::PolicyEnforcement;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{assert_says, page, start_until_ready};
use crate::support::{MockCluster, TestApp, Visitor, eventually};

const KEPT_APART: &str = "Other learners' pods can't reach yours";
const OPEN: &str = "Other learners' pods can reach yours";
const UNTOLD: &str = "Other learners' pods may reach yours";

/// The texts of the labs page, as everybody may read it.
async fn read_lists(app: &TestApp) -> Vec<String> {
    let readers: [Visitor; 4] =
        [app.visitor(), app.learner("ben").await, app.instructor("ida").await, app.admin("noor").await];
    let mut texts = Vec::new();
    for reader in readers {
        texts.push(reader.get("/labs").await.expect(200).text("main"));
    }
    texts
}

/// The text of the admin's overview.
async fn read_overview(app: &TestApp) -> String {
    app.admin("olu").await.get("/admin").await.expect(200).text("main")
}

/// How many namespaces probes made, each of which is written to more than once.
fn count_probes(kube: &MockCluster) -> usize {
    let writes = kube.writes();
    let names = writes.iter().filter(|write| write.starts_with("Namespace seaworthy-probe-"));
    names.collect::<BTreeSet<_>>().len()
}

fn has_probe_namespace(kube: &MockCluster) -> bool {
    (0..200).any(|number| kube.object("Namespace", "", &format!("seaworthy-probe-{number}")).is_some())
}

#[tokio::test]
async fn pages_say_that_learners_are_kept_apart_where_policies_are_enforced() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    assert_eq!(app.app.cluster.probe_policies().await, PolicyEnforcement::Enforced);
    for text in read_lists(&app).await {
        assert!(text.contains(KEPT_APART), "{text}");
    }
    let text = page(&ada).await.text("main");
    assert!(!text.contains(OPEN) && !text.contains(UNTOLD), "{text}");
    assert!(read_overview(&app).await.contains("It enforces network policies."));
    assert!(!has_probe_namespace(&kube), "the probe leaves nothing");
}

#[tokio::test]
async fn pages_say_what_it_means_where_policies_are_not_enforced() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.policies_are_enforced = false);
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    assert_eq!(app.app.cluster.probe_policies().await, PolicyEnforcement::NotEnforced);
    for text in read_lists(&app).await {
        assert!(text.contains(OPEN) && text.contains("keep nothing private in a lab"), "{text}");
    }
    assert_says(&page(&ada).await, OPEN);
    let overview = read_overview(&app).await;
    assert!(overview.contains("Network policies are not enforced") && overview.contains("Calico"), "{overview}");
    assert!(!has_probe_namespace(&kube), "the probe leaves nothing");
}

#[tokio::test]
async fn a_reason_why_it_cannot_be_told_is_for_admins_and_learners_are_warned() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    start_until_ready(&app, &ada).await;
    kube.switches(|switches| switches.refuse = Some(("pods", 403, "pods of this image are not wanted")));
    let found = app.app.cluster.probe_policies().await;
    assert!(matches!(&found, PolicyEnforcement::Unknown { why } if why.contains("not wanted")), "{found:?}");
    for text in read_lists(&app).await {
        assert!(text.contains(UNTOLD) && !text.contains("not wanted"), "{text}");
    }
    assert_says(&page(&ada).await, UNTOLD);
    let overview = read_overview(&app).await;
    assert!(overview.contains("could not be found out") && overview.contains("not wanted"), "{overview}");
    assert!(!has_probe_namespace(&kube), "the probe leaves nothing");
}

#[tokio::test]
async fn before_the_first_probe_pages_claim_nothing_and_none_of_them_probes() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let ada = app.learner("ada").await;
    for text in [read_lists(&app).await, vec![page(&ada).await.text("main")]].concat() {
        assert!(![KEPT_APART, OPEN, UNTOLD].iter().any(|claim| text.contains(claim)), "{text}");
    }
    assert!(read_overview(&app).await.contains("Whether it enforces network policies is not known yet."));
    assert_eq!(count_probes(&kube), 0);
}

#[tokio::test]
async fn a_result_is_kept_and_is_not_that_of_another_cluster() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    let stop = CancellationToken::new();
    let (cluster, until) = (app.app.cluster.clone(), stop.clone());
    let probing = tokio::spawn(async move { cluster.keep_probing(until).await });
    eventually("no probe ended", async || app.app.cluster.policy_enforcement() == PolicyEnforcement::Enforced).await;
    app.app.cluster.probe_policies().await;
    assert_eq!(count_probes(&kube), 2, "the server probes once, and the test did");
    stop.cancel();
    probing.await.unwrap();
    let kubeconfig = app.app.cluster.settings().kubeconfig.clone().unwrap();
    let text = std::fs::read_to_string(&kubeconfig).unwrap();
    std::fs::write(&kubeconfig, format!("{text}\n")).unwrap();
    assert_eq!(app.app.cluster.policy_enforcement(), PolicyEnforcement::Unchecked);
}

#[tokio::test]
async fn a_stopping_server_deletes_the_namespace_of_its_probe() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    kube.switches(|switches| switches.pods_become_ready = false);
    let stop = CancellationToken::new();
    let (cluster, until) = (app.app.cluster.clone(), stop.clone());
    let probing = tokio::spawn(async move { cluster.keep_probing(until).await });
    eventually("no probe began", async || count_probes(&kube) == 1).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_mins(1), probing).await.expect("it ends in time").unwrap();
    assert!(!has_probe_namespace(&kube));
    assert_eq!(app.app.cluster.policy_enforcement(), PolicyEnforcement::Unchecked);
}

#[tokio::test]
async fn a_probe_deletes_what_a_killed_one_left_and_not_what_another_uses() {
    let (app, kube) = TestApp::spawn_with_cluster().await;
    for (name, created_at) in [("left", "2026-03-04T11:50:00Z"), ("in-use", "2026-03-04T11:59:00Z")] {
        kube.put(&json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {
                "name": name, "creationTimestamp": created_at, "labels": { "seaworthy.dev/probe": "network-policies" },
            },
        }));
    }
    app.app.cluster.probe_policies().await;
    assert!(kube.object("Namespace", "", "left").is_none());
    assert!(kube.object("Namespace", "", "in-use").is_some());
}
