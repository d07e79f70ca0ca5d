//! How long a change takes to become a verdict on an open page, and how long a full check of fifteen checks takes, beside the
//! same checks as a script of `kubectl` and `jq`, turn about on one cluster, which `TEST_KUBECONFIG` names.
//!
//! `TEST_KUBECONFIG=/var/lib/seaworthy-cluster/kubeconfig cargo bench --bench live`

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

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use page::Page;
use people::Visitor;
use shipped_labs::link_shipped_labs;
use site::{PAGE, Site};

const ROUNDS: usize = 31;

/// The objects, as the lab and the script read them.
const OBJECTS: [(&str, &str, &str); 4] = [
    ("service", "{ apiVersion: v1, kind: Service, name: qotm }", "service qotm"),
    ("deployment", "{ apiVersion: apps/v1, kind: Deployment, name: qotm }", "deployment qotm"),
    (
        "pods",
        "{ apiVersion: v1, kind: Pod, labels: app.kubernetes.io/name=qotm }",
        "pods -l app.kubernetes.io/name=qotm",
    ),
    ("config", "{ apiVersion: v1, kind: ConfigMap, name: kube-root-ca.crt }", "configmap kube-root-ca.crt"),
];

/// Each check: the object, the condition in CEL, and the same for `jq`. The first one's hint is another in each round.
const CHECKS: [(&str, &str, &str); 15] = [
    ("service", "annotation(service, 'a8r.io/owner') == ''", ".metadata.annotations[\"a8r.io/owner\"] == null"),
    ("service", "service.spec.type == 'ClusterIP'", ".spec.type == \"ClusterIP\""),
    ("service", "service.spec.ports.exists(port, port.port == 80)", "any(.spec.ports[]; .port == 80)"),
    ("service", "service.spec.ports[0].targetPort == 'http'", ".spec.ports[0].targetPort == \"http\""),
    ("service", "service.spec.selector.size() == 1", "(.spec.selector | length) == 1"),
    ("deployment", "deployment.spec.replicas == 1", ".spec.replicas == 1"),
    ("deployment", "deployment.status.readyReplicas == 1", ".status.readyReplicas == 1"),
    (
        "deployment",
        "deployment.spec.template.spec.containers.size() == 1",
        "(.spec.template.spec.containers | length) == 1",
    ),
    ("deployment", "deployment.spec.strategy.type == 'RollingUpdate'", ".spec.strategy.type == \"RollingUpdate\""),
    ("pods", "pods.size() == 1", "(.items | length) == 1"),
    ("pods", "pods.all(pod, pod.status.phase == 'Running')", "all(.items[]; .status.phase == \"Running\")"),
    ("pods", "pods.all(pod, pod.spec.restartPolicy == 'Always')", "all(.items[]; .spec.restartPolicy == \"Always\")"),
    ("config", "config != null", ". != null"),
    ("config", "'ca.crt' in config.data", ".data | has(\"ca.crt\")"),
    ("config", "config.data.size() == 1", "(.data | length) == 1"),
];

#[tokio::main]
async fn main() {
    let site = Site::spawn_with(|config, folder| config.labs.folder = Some(write_lab(folder))).await;
    let ada = site.learner("ada").await;
    let session = site.start(&ada).await;
    let services: Api<Service> = Api::namespaced(site::client(None).await, &session.namespace);
    let script = script(&session.namespace);
    let (mut told, mut live, mut asked, mut scripted) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // The first round opens connections and fills caches.
    for round in 0..=ROUNDS {
        let measurements = [
            change(&site, &ada, &services, round).await,
            newest(&site, "change").await,
            ask(&site, &ada).await,
            run(&script),
        ];
        if round > 0 {
            for (lengths, length) in [&mut told, &mut live, &mut asked, &mut scripted].into_iter().zip(measurements) {
                lengths.push(length);
            }
        }
    }
    site.abandon(&[&ada]).await;
    println!("{} checks, median of {ROUNDS} rounds (lowest to highest), in milliseconds", CHECKS.len());
    println!("  change to the event on the open page  {}    wanted: under 2000", spread(&mut told));
    println!("  full check, objects known             {}    wanted: at most 50", spread(&mut live));
    println!("  full check by the button              {}", spread(&mut asked));
    println!("  script of kubectl and jq              {}", spread(&mut scripted));
    let ratio = |own: &[f64]| scripted[scripted.len() / 2] / own[own.len() / 2];
    println!("  the script takes                      {:.0} and {:.0} times as long", ratio(&live), ratio(&asked));
}

/// The shipped lab with the tasks of this bench.
fn write_lab(folder: &Path) -> std::path::PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labs/service-annotations");
    let lab = folder.join("labs/service-annotations");
    std::fs::create_dir_all(&lab).unwrap();
    std::os::unix::fs::symlink(shipped.join("objects"), lab.join("objects")).unwrap();
    std::fs::write(lab.join("guide.md"), "## Begin\n").unwrap();
    let text = std::fs::read_to_string(shipped.join("lab.yaml")).unwrap();
    let mut text = text.split("\ntasks:\n").next().unwrap().to_owned() + "\ntasks:\n";
    for (object, read, _) in OBJECTS {
        writeln!(text, "- id: {object}\n  title: T\n  text: Do.\n  read: {{ {object}: {read} }}\n  checks:").unwrap();
        for (place, (_, pass, _)) in CHECKS.iter().enumerate().filter(|(_, check)| check.0 == object) {
            writeln!(text, "  - id: c{place}\n    title: C\n    pass: {}", json!(pass)).unwrap();
            if place == 0 {
                let say = "It is {{ service.metadata.annotations }}.";
                writeln!(text, "    hints: [{{ say: {} }}]", json!(say)).unwrap();
            }
        }
    }
    std::fs::write(lab.join("lab.yaml"), text).unwrap();
    // The course names the others.
    link_shipped_labs(&folder.join("labs"));
    folder.join("labs")
}

/// From a change of the Service until the open page of the learner is told of the verdicts.
async fn change(site: &Site, ada: &Visitor, services: &Api<Service>, round: usize) -> f64 {
    // A second after the last one, so that what is measured is not the pause between two.
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    let events = ada.get(PAGE).await.attribute("#tasks", "data-events").unwrap();
    let request = reqwest::Client::new().get(format!("{}{events}", site.url)).header("accept", "text/event-stream");
    let mut answer = request.header("cookie", ada.cookie_header()).send().await.unwrap();
    let patch = json!({ "metadata": { "annotations": { "a8r.io/owner": format!("round {round}") } } });
    let begun = Instant::now();
    services.patch("qotm", &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    // The page is told before of what is shown of the namespace.
    while !String::from_utf8_lossy(&answer.chunk().await.unwrap().unwrap()).contains("recorded") {}
    millis(begun.elapsed())
}

/// How long the newest request of an origin took, from its begin to its record.
async fn newest(site: &Site, origin: &str) -> f64 {
    let mut conn = site.app.core.db.read().await.unwrap();
    let (length,): (i64,) = sqlx::query_as(
        "SELECT ended_at - requested_at FROM grading_requests WHERE origin = $1 AND state = 'graded'
         ORDER BY requested_at DESC LIMIT 1",
    )
    .bind(origin)
    .fetch_one(&mut *conn)
    .await
    .unwrap();
    millis(Duration::from_micros(length.unsigned_abs()))
}

/// From a learner's request for a check to its record.
async fn ask(site: &Site, ada: &Visitor) -> f64 {
    site.app.grading.request(&ada.person().id, "service-annotations").await.unwrap();
    site::eventually("it is not graded", async || {
        let mut conn = site.app.core.db.read().await.unwrap();
        let (waiting,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM grading_requests WHERE state = 'waiting'")
            .fetch_one(&mut *conn)
            .await
            .unwrap();
        waiting == 0
    })
    .await;
    newest(site, "learner").await
}

/// Each object fetched once, then each check.
fn script(namespace: &str) -> String {
    let mut text = "set -eu; cd \"$(mktemp -d)\"\n".to_owned();
    for (object, _, fetched) in OBJECTS {
        writeln!(text, "kubectl get --namespace {namespace} {fetched} --output json >{object}").unwrap();
    }
    for (object, _, condition) in CHECKS {
        writeln!(text, "jq --exit-status '{condition}' {object} >>verdicts || true").unwrap();
    }
    text + "test \"$(wc -l <verdicts)\" = 15\n"
}

fn run(script: &str) -> f64 {
    let begun = Instant::now();
    let status = Command::new("sh")
        .args(["-c", script])
        .env("KUBECONFIG", site::kubeconfig())
        .stdout(Stdio::null())
        .status()
        .expect("sh, kubectl and jq must be on the PATH");
    assert!(status.success());
    millis(begun.elapsed())
}

fn millis(length: Duration) -> f64 {
    length.as_secs_f64() * 1000.0
}

fn spread(lengths: &mut [f64]) -> String {
    lengths.sort_by(f64::total_cmp);
    format!("{:.0} ({:.0} to {:.0})", lengths[lengths.len() / 2], lengths[0], lengths[lengths.len() - 1])
}
