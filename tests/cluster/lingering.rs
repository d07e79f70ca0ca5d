//! Namespaces whose deletion is blocked, and policies that follow the cluster, on a real cluster.

use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures_util::FutureExt as _;
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use seaworthy::config::Config;
use seaworthy::labs::LabSession;
use serde_json::{Value, json};

use crate::Site;
use crate::site::{client, eventually};

/// How long the deletion of a namespace may take in these tests before it is cleared, in seconds: longer than a busy cluster
/// takes to refuse a learner whose lab is stopped.
const CLEAR_AFTER: i64 = 30;

pub(crate) fn short_of_room(config: &mut Config, _folder: &Path) {
    config.labs.clear_namespace_after_seconds = CLEAR_AFTER;
    config.cluster.capacity = 1;
}

pub(crate) fn api(client: &Client, (group, kind): (&str, &str), namespace: Option<&str>) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

async fn create(api: &Api<DynamicObject>, object: Value) {
    api.create(&PostParams::default(), &serde_json::from_value(object).unwrap()).await.unwrap();
}

/// Takes the label from a session's namespace by which the policies bind it.
async fn lift_policies(client: &Client, session: &LabSession) {
    let lifted = json!({ "metadata": { "labels": { "seaworthy.dev/session": null } } });
    let namespaces = api(client, ("", "Namespace"), None);
    namespaces.patch(&session.namespace, &PatchParams::default(), &Patch::Merge(&lifted)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finalizer_and_a_pod_with_a_grace_period_of_a_day_block_no_session_and_are_cleared() {
    let site = Site::spawn_with(short_of_room).await;
    let (ada, client) = (site.learner("ada").await, client(None).await);
    let first = site.start(&ada).await;
    lift_policies(&client, &first).await;
    let held = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "notes", "finalizers": ["example.org/never"] },
    });
    create(&api(&client, ("", "ConfigMap"), Some(&first.namespace)), held).await;
    let pods = api(&client, ("", "Pod"), Some(&first.namespace));
    create(&pods, deaf_pod(&site.app.cluster.settings().images.toolbox())).await;
    eventually("the pod does not run", async || {
        let pod = pods.get("deaf").await.unwrap();
        pod.data["status"]["phase"] == "Running"
    })
    .await;

    let text = ada.get("/labs/service-annotations/kubeconfig").await.expect(200).body;
    let maps = api(&crate::site::client(Some(&text)).await, ("", "ConfigMap"), Some(&first.namespace));
    maps.get("notes").await.unwrap();
    site.stop_at_once(&ada).await;
    eventually("the learner still reads", async || maps.get("notes").await.is_err()).await;
    assert!(site.app.labs.is_namespace_terminating(&first).await.unwrap());
    let second = site.start(&ada).await;
    assert_ne!(first.namespace, second.namespace);
    site.wait_until_deleted(&first).await;
    site.stop(&ada).await;
    site.shut_down().await;
}

fn deaf_pod(image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "deaf" },
        "spec": {
            "terminationGracePeriodSeconds": 86_400,
            "automountServiceAccountToken": false,
            "securityContext": { "runAsNonRoot": true, "runAsUser": 1000, "seccompProfile": { "type": "RuntimeDefault" } },
            "containers": [{
                "name": "deaf", "image": image, "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"],
                "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
            }],
        },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn when_api_servers_get_other_addresses_running_sessions_may_reach_them() {
    let site = Site::spawn().await;
    let (ada, client) = (site.learner("ada").await, client(None).await);
    let session = site.start(&ada).await;
    let slices = api(&client, ("discovery.k8s.io", "EndpointSlice"), Some("default"));
    // Not ready, so that no request of anybody's is sent there.
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": { "name": "kubernetes-other", "labels": { "kubernetes.io/service-name": "kubernetes" } },
        "endpoints": [{ "addresses": ["192.0.2.7"], "conditions": { "ready": false } }],
        "ports": [{ "name": "https", "port": 6443, "protocol": "TCP" }],
    });
    slices.create(&PostParams::default(), &serde_json::from_value(slice).unwrap()).await.ok();
    let policies = api(&client, ("networking.k8s.io", "NetworkPolicy"), Some(&session.namespace));
    let reaches = async || policies.get("api-server").await.unwrap().data.to_string().contains("192.0.2.7/32");
    let outcome = AssertUnwindSafe(eventually("the policy never names the new address", reaches)).catch_unwind().await;
    slices.delete("kubernetes-other", &DeleteParams::default()).await.unwrap();
    assert!(outcome.is_ok(), "the policy never named the new address");
    eventually("the policy still names the old address", async || !reaches().await).await;
    site.stop(&ada).await;
    site.shut_down().await;
}
