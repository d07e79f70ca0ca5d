//! The published schemas of what authors of labs write: equal to the types that read it, and of one opinion with the loader.

use std::path::{Path, PathBuf};

use jsonschema::Validator;
use seaworthy::grading::TaskSet;
use seaworthy::grading::schema::{lab_schema, publish, task_schema};
use seaworthy::labs::Catalogue;
use seaworthy::lessons::Highlighter;
use seaworthy::yaml;
use serde_json::Value;

use crate::support::TestApp;

fn labs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("labs")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::meta::validate(schema).unwrap();
    jsonschema::draft7::new(schema).unwrap()
}

/// What a schema has against a text, each with its place.
fn list_faults(validator: &Validator, text: &str) -> Vec<String> {
    let value: Value = yaml::read(text).unwrap();
    validator.iter_errors(&value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema, command) in [
        ("lab.schema.json", lab_schema(), "seaworthy lab schema"),
        ("task.schema.json", task_schema(), "seaworthy lab schema --tasks"),
    ] {
        let published = std::fs::read_to_string(labs().join(name)).unwrap_or_default();
        let is_current = published == publish(&schema);
        assert!(is_current, "labs/{name} is outdated; write it anew: {command} > labs/{name}");
    }
}

#[test]
fn every_shipped_file_is_as_its_schema_says_and_names_it_for_editors() {
    let (lab, task) = (validator(&lab_schema()), validator(&task_schema()));
    let mut count = 0;
    for folder in std::fs::read_dir(labs()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let mut files = vec![(folder.join("lab.yaml"), &lab, "../lab.schema.json")];
        for entry in std::fs::read_dir(folder.join("tasks")).into_iter().flatten() {
            files.push((entry.unwrap().path(), &task, "../../task.schema.json"));
        }
        for (path, validator, schema) in files {
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(list_faults(validator, &text), [] as [&str; 0], "{}", path.display());
            let line = format!("# yaml-language-server: $schema={schema}\n");
            assert!(text.starts_with(&line), "{} does not begin with {line}", path.display());
            count += 1;
        }
    }
    assert!(count >= 10, "{count} files");
}

const LAB: &str = "name: demo\ntitle: Demo\nsummary: Do.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
    max_extensions: 1\nguide: guide.md\n";
const TASK: &str = "id: one\ntitle: One\ntext: Do.\nchecks:\n- { id: a, title: A, pass: it != null }\n";

/// Whether the loader reads a lab of these files.
fn is_loaded(lab: &str, task: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let of_lab = folder.path().join("demo");
    std::fs::create_dir_all(of_lab.join("tasks")).unwrap();
    for (name, text) in [("guide.md", "## Begin\n"), ("lab.yaml", lab), ("tasks/01.yaml", task)] {
        std::fs::write(of_lab.join(name), text).unwrap();
    }
    let highlighter = Highlighter::load();
    let Ok(catalogue) = Catalogue::load(Some(folder.path()), &highlighter) else { return false };
    TaskSet::compile(catalogue.find("demo").unwrap(), &highlighter).is_ok()
}

#[test]
fn a_lab_that_the_schema_refuses_is_refused_by_the_loader_too() {
    let validator = validator(&lab_schema());
    let task = format!("{TASK}read: {{ it: {{ apiVersion: v1, kind: Pod }} }}\n");
    for (more, is_sound) in [
        ("", true),
        ("requires: [ingress, metrics]\nuses: [grafana]\nvalues: { a: [1] }\n", true),
        ("quota: { pods: '5', requests.cpu: 500m }\n", true),
        ("web: [{ name: a, title: A, service: a, port: http }, { name: b, title: B, service: b, port: 80 }]\n", true),
        ("ready: [{ kind: Deployment, name: a }]\n", true),
        ("request: [ingress]\n", false),
        ("requires: [ingres]\n", false),
        ("uses: [prometheus]\n", false),
        ("quota: { pods: many }\n", false),
        ("quota: { nodes: '5' }\n", false),
        ("web: [{ name: a, title: A, service: a, port: 0 }]\n", false),
        ("web: [{ name: a, title: A, service: a, port: HTTP }]\n", false),
        ("web: [{ name: a, title: A, service: a, path: a }]\n", false),
        ("ready: [{ kind: Job, name: a }]\n", false),
        ("tasks: [{ id: two, title: Two, text: Do., checks: [{ id: a, title: A }] }]\n", false),
        ("tasks: [{ id: two, title: Two, text: Do., checks: [{ id: a, title: A, pass: 'true', hint: b }] }]\n", false),
    ] {
        let text = format!("{LAB}{more}");
        let faults = list_faults(&validator, &text);
        assert_eq!((faults.is_empty(), is_loaded(&text, &task)), (is_sound, is_sound), "{more}: {faults:?}");
    }
    for (written, wrong) in [
        ("minutes: 5", "minutes: 0"),
        ("minutes: 5", "minutes: five"),
        ("time_to_live_minutes: 60", "time_to_live_minutes: 10081"),
        ("max_extensions: 1", "max_extensions: 101"),
        ("title: Demo\n", ""),
        ("name: demo", "name: De mo"),
    ] {
        let text = LAB.replace(written, wrong);
        let faults = list_faults(&validator, &text);
        assert_eq!((faults.is_empty(), is_loaded(&text, &task)), (false, false), "{wrong}: {faults:?}");
    }
}

/// Reads, each with whether it is one.
const READS: &[(&str, bool)] = &[
    ("{ apiVersion: v1, kind: Service, name: qotm }", true),
    ("{ apiVersion: apps/v1, kind: Deployment, labels: app=qotm }", true),
    ("{ http: { path: /quote/, requests: 480, atOnce: 16, timeoutSeconds: 1, counts: { by: { json: /a } } } }", true),
    ("{ promql: sum(up) }", true),
    ("{ log: { labels: app=qotm, lines: 500 } }", true),
    ("{ trace: { service: front, minMilliseconds: 200 } }", true),
    ("{ answer: { label: Rate, unit: percent } }", true),
    ("{ answer: { label: Which, choices: { a: A, b: B } } }", true),
    ("{}", false),
    ("{ kind: Service }", false),
    ("{ apiVersion: v1 }", false),
    ("{ apiVersion: v1, kind: Pod, namespace: other }", false),
    ("{ apiVersion: v1, kind: Pod, name: a, labels: b=c }", false),
    ("{ apiVersion: v1, kind: Node }", false),
    ("{ apiVersion: v1, kind: pods }", false),
    ("{ apiVersion: V1, kind: Pod }", false),
    ("{ promql: up, kind: Pod }", false),
    ("{ promql: up, name: a }", false),
    ("{ promql: up, log: { labels: a=b } }", false),
    ("{ promql: '' }", false),
    ("{ http: { path: / , method: CONNECT } }", false),
    ("{ http: { path: quote } }", false),
    ("{ http: { path: /ä } }", false),
    ("{ http: { path: /, requests: 0 } }", false),
    ("{ http: { path: /, requests: 481, timeoutSeconds: 1, atOnce: 16 } }", false),
    ("{ http: { path: /, atOnce: 17 } }", false),
    ("{ http: { path: /, timeoutSeconds: 11 } }", false),
    ("{ http: { path: /, timeout: 1 } }", false),
    ("{ http: { path: /, counts: { a: { body: b } } } }", false),
    ("{ log: { labels: app=qotm, lines: 501 } }", false),
    ("{ log: { labels: app=qotm, sinceSeconds: 0 } }", false),
    ("{ log: { lines: 5 } }", false),
    ("{ trace: {} }", false),
    ("{ trace: { service: '' } }", false),
    ("{ trace: { service: a, minMilliseconds: 0 } }", false),
    ("{ trace: { service: a, sinceSeconds: 86401 } }", false),
    ("{ answer: { label: Rate } }", false),
    ("{ answer: { label: Rate, unit: litres } }", false),
    ("{ answer: { label: Rate, unit: percent, choices: { a: A, b: B } } }", false),
    ("{ answer: { label: Which, choices: { a: A } } }", false),
    ("{ answer: { label: Which, choices: { A b: A, b: B } } }", false),
    ("{ answer: { label: Rate, unit: percent }, promql: up }", false),
];

#[test]
fn a_read_that_the_schema_refuses_is_refused_by_the_loader_too() {
    let validator = validator(&task_schema());
    let lab = format!("{LAB}requires: [ingress, mesh, metrics, traces]\n");
    for (read, is_sound) in READS {
        let task = format!("{TASK}read: {{ it: {read} }}\n");
        let faults = list_faults(&validator, &task);
        assert_eq!((faults.is_empty(), is_loaded(&lab, &task)), (*is_sound, *is_sound), "{read}: {faults:?}");
    }
    for (written, wrong) in [
        ("id: one\n", ""),
        ("title: One\n", ""),
        ("checks:\n- { id: a, title: A, pass: it != null }", "checks: []"),
        ("pass: it != null", "pass: it != null, retry_seconds: 46"),
        ("pass: it != null", "pass: it != null, stable_seconds: -1"),
        ("pass: it != null", "pass: it != null, hints: [{ when: it == null }]"),
        ("pass: it != null", "pass: it != null, accepts: [{ text: a }]"),
        ("text: Do.", "text: Do.\npoints: 0"),
        ("text: Do.", "text: Do.\npoints: 101"),
        ("text: Do.", "text: Do.\nhint_cost: -1"),
    ] {
        let task = format!("{TASK}read: {{ it: {{ promql: up }} }}\n").replace(written, wrong);
        let faults = list_faults(&validator, &task);
        assert_eq!((faults.is_empty(), is_loaded(&lab, &task)), (false, false), "{wrong}: {faults:?}");
    }
}

#[actix_web::test]
async fn the_schemas_are_served_to_editors() {
    let app = TestApp::spawn().await;
    for (path, schema) in [("/labs/lab.schema.json", lab_schema()), ("/labs/task.schema.json", task_schema())] {
        let page = app.visitor().get(path).await.expect(200);
        assert_eq!(page.body, publish(&schema));
        assert_eq!(page.headers["content-type"], "application/schema+json");
    }
}
