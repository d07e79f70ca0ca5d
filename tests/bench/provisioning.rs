//! How long a click takes to become a namespace full of objects, beside a bare client and a script of `kubectl`,
//! alternately on one cluster, which `TEST_KUBECONFIG` names.
//!
//! `TEST_KUBECONFIG=/var/lib/seaworthy-cluster/kubeconfig cargo bench --bench provisioning`

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should fail there")]
#![expect(clippy::print_stdout, reason = "the measurements are what it is run for")]

#[path = "../it/support/form.rs"]
mod form;
#[path = "../it/support/page.rs"]
#[expect(dead_code, reason = "the bench reads little of a page")]
mod page;
#[path = "../it/support/people.rs"]
#[expect(dead_code, reason = "the bench needs only some of what a visitor can do")]
mod people;
#[path = "../it/support/shipped_labs.rs"]
mod shipped_labs;
#[path = "../cluster/site.rs"]
#[expect(dead_code, reason = "the bench needs only some of what a site can do")]
mod site;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use futures_util::future::join_all;
use jiff::Timestamp;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Api, Client};
use serde_json::{Value, json};

use page::Page;
use people::Visitor;
use seaworthy::labs::SessionState;
use shipped_labs::link_shipped_labs;
use site::Site;

const ROUNDS: usize = 15;

/// What a session's namespace holds, in the stages in which it is filled.
const STAGES: [&[(&str, &str)]; 3] = [
    &[("v1", "ServiceAccount"), ("rbac.authorization.k8s.io/v1", "RoleBinding")],
    &[("v1", "LimitRange"), ("v1", "ResourceQuota"), ("networking.k8s.io/v1", "NetworkPolicy")],
    &[("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "Pod")],
];

type Stage = Vec<(ApiResource, Value)>;

#[tokio::main]
async fn main() {
    let site = Site::spawn().await;
    let client = site::client(None).await;
    let model = site.learner("model").await;
    let session = site.start(&model).await;
    let mut stages = Vec::new();
    for kinds in STAGES {
        stages.push(copy_stage(&client, &session.namespace, kinds).await);
    }
    let count = stages.iter().map(Vec::len).sum::<usize>() + 1;
    site.stop(&model).await;

    let (mut own, mut bare, mut scripted) = (Vec::new(), Vec::new(), Vec::new());
    // The first round opens connections and fills caches.
    for round in 0..=ROUNDS {
        let measurements = [
            click(&site, round).await,
            apply_by_client(&client, &stages, round).await,
            apply_by_script(&stages, round),
        ];
        if round > 0 {
            for (lengths, length) in [&mut own, &mut bare, &mut scripted].into_iter().zip(measurements) {
                lengths.push(length);
            }
        }
    }
    site.shut_down().await;
    println!("{count} objects, median of {ROUNDS} rounds (lowest to highest), in milliseconds");
    println!("  click to last object   {}    wanted: under 150", spread(&mut own));
    println!("  bare client            {}", spread(&mut bare));
    println!("  script of kubectl      {}", spread(&mut scripted));
    let ratio = |reference: &[f64]| own[own.len() / 2] / reference[reference.len() / 2];
    println!("  ratio to them          {:.2} and {:.2}", ratio(&bare), ratio(&scripted));
}

async fn click(site: &Site, round: usize) -> f64 {
    let learner = site.learner(&format!("learner{round}")).await;
    let token = learner.csrf_token().await;
    let clicked = now();
    learner.post_with_token("/labs/service-annotations/start", &token, &[]).await.location();
    let session = site.wait_for(&learner, Some(SessionState::Ready)).await.unwrap();
    let length = session.applied_at.unwrap().duration_since(clicked).as_secs_f64() * 1000.0;
    site.stop(&learner).await;
    length
}

/// The same namespace by a program that knows its objects and does nothing else.
async fn apply_by_client(client: &Client, stages: &[Stage], round: usize) -> f64 {
    let name = format!("bare-{round}");
    let namespaces: Api<DynamicObject> = Api::all_with(client.clone(), &resource("v1", "Namespace"));
    let namespace = serde_json::from_value(namespace(&name)).unwrap();
    let begun = Instant::now();
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    for stage in stages {
        let applied = join_all(stage.iter().map(|(kind, object)| {
            let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &name, kind);
            async move {
                let object_name = object["metadata"]["name"].as_str().unwrap();
                let params = PatchParams::apply("bench").force();
                api.patch(object_name, &params, &Patch::Apply(object)).await.unwrap();
            }
        }));
        applied.await;
        wait_for_quota(client, &name, stage).await;
    }
    let length = begun.elapsed().as_secs_f64() * 1000.0;
    namespaces.delete(&name, &DeleteParams::default()).await.unwrap();
    length
}

/// Pods are only counted, and so only let in, once the quota's controller has seen it.
async fn wait_for_quota(client: &Client, namespace: &str, stage: &Stage) {
    for (kind, object) in stage.iter().filter(|(kind, _)| kind.kind == "ResourceQuota") {
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, kind);
        let name = object["metadata"]["name"].as_str().unwrap();
        while api.get(name).await.unwrap().data["status"]["hard"].is_null() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }
}

/// The same namespace by one `kubectl` a stage.
fn apply_by_script(stages: &[Stage], round: usize) -> f64 {
    let name = format!("script-{round}");
    let begun = Instant::now();
    kubectl(&["create", "namespace", &name], "");
    for stage in stages {
        let items: Vec<&Value> = stage.iter().map(|(_, object)| object).collect();
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string();
        kubectl(&["apply", "--server-side", "--namespace", &name, "--filename", "-"], &list);
        for (_, quota) in stage.iter().filter(|(kind, _)| kind.kind == "ResourceQuota") {
            let which = format!("resourcequota/{}", quota["metadata"]["name"].as_str().unwrap());
            kubectl(&["wait", "--namespace", &name, "--for=jsonpath={.status.hard}", &which], "");
        }
    }
    let length = begun.elapsed().as_secs_f64() * 1000.0;
    kubectl(&["delete", "namespace", &name, "--wait=false"], "");
    length
}

fn kubectl(arguments: &[&str], input: &str) {
    let program = std::env::var("KUBECTL").unwrap_or_else(|_unset| "kubectl".to_owned());
    let mut child = Command::new(program)
        .args(arguments)
        .env("KUBECONFIG", site::kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("kubectl must be on the PATH, or named by KUBECTL");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "kubectl {arguments:?} failed");
}

/// The objects of some kinds in a namespace, as they could be written again.
async fn copy_stage(client: &Client, namespace: &str, kinds: &[(&str, &str)]) -> Stage {
    let mut stage = Vec::new();
    for (api_version, kind) in kinds {
        let resource = resource(api_version, kind);
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
        for object in api.list(&ListParams::default()).await.unwrap() {
            let name = object.metadata.name.clone().unwrap();
            let is_made_by_cluster = name == "default" || object.metadata.owner_references.is_some();
            if !is_made_by_cluster {
                stage.push((resource.clone(), copy(&object, api_version, kind)));
            }
        }
    }
    stage
}

fn copy(object: &DynamicObject, api_version: &str, kind: &str) -> Value {
    let mut copied = object.data.clone();
    let fields = copied.as_object_mut().unwrap();
    fields.remove("status");
    fields.insert("apiVersion".to_owned(), json!(api_version));
    fields.insert("kind".to_owned(), json!(kind));
    let metadata = json!({ "name": object.metadata.name, "labels": object.metadata.labels });
    fields.insert("metadata".to_owned(), metadata);
    if let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut) {
        for assigned in ["clusterIP", "clusterIPs", "nodeName"] {
            spec.remove(assigned);
        }
    }
    if kind == "RoleBinding" {
        for subject in fields["subjects"].as_array_mut().unwrap() {
            subject.as_object_mut().unwrap().remove("namespace");
            subject["namespace"] = json!("default");
        }
    }
    drop_token_volume(&mut copied);
    copied
}

/// Takes out the volume that the API server adds to each pod for its `ServiceAccount`'s token.
fn drop_token_volume(pod: &mut Value) {
    let is_token = |entry: &Value| entry["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access"));
    if let Some(volumes) = pod.pointer_mut("/spec/volumes").and_then(Value::as_array_mut) {
        volumes.retain(|volume| !is_token(volume));
    }
    let containers = pod.pointer_mut("/spec/containers").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        if let Some(mounts) = container.get_mut("volumeMounts").and_then(Value::as_array_mut) {
            mounts.retain(|mount| !is_token(mount));
        }
    }
}

fn resource(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = kube::core::GroupVersionKind::gvk(group, version, kind);
    ApiResource::from_gvk(&kind)
}

fn namespace(name: &str) -> Value {
    let labels = json!({ "pod-security.kubernetes.io/enforce": "restricted" });
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } })
}

fn spread(lengths: &mut [f64]) -> String {
    lengths.sort_by(f64::total_cmp);
    format!("{:.0} ({:.0} to {:.0})", lengths[lengths.len() / 2], lengths[0], lengths[lengths.len() - 1])
}

fn now() -> Timestamp {
    seaworthy::clock::Clock::System.now()
}
