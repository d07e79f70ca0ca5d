//! Labs as they are read and as they were recorded on a cluster, which is not needed here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use seaworthy::grading::verification::replay;
use seaworthy::grading::{CheckInput, TaskSet, Verdict, judge_task};
use seaworthy::labs::{Catalogue, Solution};
use seaworthy::lessons::Highlighter;
use seaworthy::yaml;
use serde_json::Value;

/// The folder of the shipped labs, where what was recorded of them is.
fn labs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("labs")
}

#[test]
fn what_was_recorded_is_no_part_of_the_program() {
    let catalogue = Catalogue::load(None, &Highlighter::load()).unwrap();
    for lab in catalogue.list() {
        assert!(lab.solution.as_ref().is_some_and(|solution| solution.recorded.is_none()), "{}", lab.name);
    }
}

/// Each lab is verified by what was recorded of it on a cluster: untouched, solved, and with each of its known mistakes.
#[test]
fn every_lab_is_solved_by_its_solution_and_by_no_known_mistake_as_it_was_recorded() {
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(Some(&labs()), &highlighter).unwrap();
    for lab in catalogue.list() {
        let solution = lab.solution.as_ref().unwrap_or_else(|| panic!("{} has no solution", lab.name));
        assert!(solution.mutations.len() >= 8, "{} has {} mistakes", lab.name, solution.mutations.len());
        let recorded = solution.recorded.as_deref().unwrap_or_else(|| panic!("{} was not recorded", lab.name));
        let found = replay(lab, &TaskSet::compile(lab, &highlighter).unwrap(), recorded).unwrap();
        assert!(found.faults.is_empty(), "{}: {:#?}", lab.name, found.faults);
    }
}

#[test]
fn a_recording_that_a_lab_has_outgrown_is_refused() {
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(Some(&labs()), &highlighter).unwrap();
    let lab = catalogue.find("service-annotations").unwrap();
    let tasks = TaskSet::compile(lab, &highlighter).unwrap();
    let list_faults = |change: &dyn Fn(&mut Solution)| {
        let mut lab = lab.clone();
        change(lab.solution.as_mut().unwrap());
        let recorded = lab.solution.as_ref().unwrap().recorded.clone().unwrap();
        replay(&lab, &tasks, &recorded).unwrap().faults
    };
    let added = list_faults(&|solution| solution.mutations[0].name = Some("another".to_owned()));
    assert_eq!(added.len(), 2, "{added:?}");
    assert!(
        added[0].contains("no mistake is called so")
            && added[1] == "another: it was not recorded; record the lab again"
    );
    let changed = list_faults(&|solution| solution.mutations[0].run.push_str(" --now"));
    assert!(changed.len() == 1 && changed[0].contains("made in another way"), "{changed:?}");
    let solved = list_faults(&|solution| solution.script.push_str("true"));
    assert!(solved.len() > 8, "every state but the untouched one is made by the solution: {solved:?}");
    let also = list_faults(&|solution| solution.mutations[0].also = ["contact".to_owned()].into());
    assert!(also.len() == 1 && also[0].ends_with("contact passes all the same"), "{also:?}");
}

#[test]
fn a_recording_holds_no_secret_and_nothing_of_the_machine() {
    let catalogue = Catalogue::load(Some(&labs()), &Highlighter::load()).unwrap();
    for lab in catalogue.list() {
        let recorded = lab.solution.as_ref().and_then(|solution| solution.recorded.as_deref()).unwrap_or_default();
        for word in ["nodeName:", "hostIP: 1", "containerID", "resourceVersion", "managedFields", "eyJ", "PRIVATE KEY"]
        {
            assert!(!recorded.contains(word), "{}: {word}", lab.name);
        }
    }
}

/// The demo system names the Services of a lab again: what it says of them would be the learner's own words.
#[test]
fn the_demo_system_solves_no_task() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("deploy/images/qotm/system.yaml")).unwrap();
    let objects: Vec<Value> = yaml::read_all(&text).unwrap();
    let services: Vec<Value> = objects.into_iter().filter(|one| one["kind"] == "Service").collect();
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(None, &highlighter).unwrap();
    let tasks = TaskSet::compile(catalogue.find("service-annotations").unwrap(), &highlighter).unwrap();
    let named = |one: &Value| (one["metadata"]["name"].as_str().unwrap().to_owned(), one.clone());
    let read: BTreeMap<String, Value> = services.iter().map(named).collect();
    let input = CheckInput { learner: "The demo's authors".to_owned(), read, ..CheckInput::default() };
    for task in tasks.list() {
        let is_passed = judge_task(task, &input).iter().all(|(_, judged)| judged.verdict == Verdict::Pass);
        assert!(!is_passed, "{}", task.id);
    }
    assert!(services.len() == 4, "{services:?}");
}

/// The lab of the tests on the cluster, whose mistakes would show only there.
#[test]
fn the_lab_that_reads_in_every_way_is_read_without_a_fault() {
    let labs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/labs");
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(Some(&labs), &highlighter).unwrap();
    let tasks = TaskSet::compile(catalogue.find("probes").unwrap(), &highlighter).unwrap();
    assert!(tasks.list().len() >= 3);
}

/// Reading a lab judges its examples, so this tests only that every check has some.
#[test]
fn every_check_says_what_it_accepts_and_what_it_refuses() {
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(None, &highlighter).unwrap();
    let mut count = 0;
    for lab in catalogue.list() {
        let tasks = TaskSet::compile(lab, &highlighter).unwrap();
        for (task, check) in tasks.list().iter().flat_map(|task| task.checks.iter().map(move |check| (task, check))) {
            let (accepted, refused) = (check.examples.0.len(), check.examples.1.len());
            assert!(accepted > 0 && refused > 0, "{}: {}.{}", lab.name, task.id, check.id);
            count += accepted + refused;
        }
    }
    assert!(count >= 100, "{count} examples");
}

pub(super) fn read(lab: &str) -> Result<TaskSet, String> {
    read_with(lab, &[])
}

/// A lab without tasks in `lab.yaml`, with other `files`.
fn read_files(files: &[(String, String)]) -> Result<TaskSet, String> {
    read_with("", files)
}

fn read_with(lab: &str, files: &[(String, String)]) -> Result<TaskSet, String> {
    let folder = tempfile::tempdir().unwrap();
    let of_lab = folder.path().join("demo");
    std::fs::create_dir(&of_lab).unwrap();
    std::fs::write(of_lab.join("guide.md"), "## Begin\n\n```sh lab\nkubectl annotate svc a owner=YOU\n```\n").unwrap();
    let head = "name: demo\ntitle: Demo\nsummary: Do.\nminutes: 5\ntime_to_live_minutes: 60\nextend_minutes: 30\n\
                max_extensions: 1\nguide: guide.md\nquota: { pods: '5' }\n";
    std::fs::write(of_lab.join("lab.yaml"), format!("{head}{lab}")).unwrap();
    std::fs::create_dir(of_lab.join("tasks")).unwrap();
    for (name, text) in files {
        std::fs::write(of_lab.join(name), text).unwrap();
    }
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(Some(folder.path()), &highlighter).unwrap();
    TaskSet::compile(catalogue.find("demo").unwrap(), &highlighter).map_err(|fault| format!("{fault:#}"))
}

#[test]
fn a_check_that_does_not_do_what_its_examples_say_stops_the_start() {
    let lab = |pass: &str, examples: &str| {
        format!(
            "tasks:\n- id: one\n  title: One\n  text: Do.\n  read: {{ svc: {{ apiVersion: v1, kind: Service, name: a }} }}\n  \
             checks:\n  - {{ id: owner, title: O, value: \"annotation(svc, 'owner')\", pass: \"{pass}\", {examples} }}\n"
        )
    };
    assert!(read(&lab("same(value, learner)", "accepts: [ada quist], refuses: ['', YOU, you, Bea]")).is_ok());
    for (pass, examples, expected) in [
        (
            "value != ''",
            "refuses: [Bea]",
            "labs/demo/lab.yaml:16: task one: check owner: it says that it refuses \"Bea\"",
        ),
        ("value != ''", "accepts: ['']", "it says that it accepts \"\", and gives fail"),
        ("value != ''", "accepts: [you]", "the guide's example"),
        ("values.none == value", "accepts: [Bea]", "and gives could_not_grade"),
        ("value.nonsense()", "refuses: [Bea]", "and gives could_not_grade"),
        ("value != other", "refuses: [Bea]", "names other, which is neither read nor known"),
    ] {
        let fault = read(&lab(pass, examples)).unwrap_err();
        assert!(fault.contains(expected), "{pass} {examples}: {fault}");
        assert!(!fault.contains("no check uses"), "{pass} {examples}: {fault}");
    }
}

#[test]
fn every_fault_of_a_lab_is_told_with_its_file_and_line() {
    let task =
        |name: &str, lines: &str| (format!("tasks/{name}.yaml"), format!("title: One\ntext: |-\n  Do.\n{lines}"));
    let check = "checks:\n- id: a\n  title: A\n  pass: 'true'\n";
    let files = [
        task("01-a", &format!("id: a\n{check}")),
        task("02-a", &format!("id: a\n{check}- id: b\n  title: B\n  needs: [c]\n  pass: gone\n")),
        task("03-b", "id: b\n"),
        task("04-c", "id: c\nchecks:\n- id: a\n  titel: A\n"),
    ];
    let fault = read_files(&files).unwrap_err();
    for told in [
        "labs/demo/tasks/02-a.yaml:4: two tasks are called a",
        "labs/demo/tasks/02-a.yaml:9: task a: check b needs c, which is not before it",
        "labs/demo/tasks/02-a.yaml:12: task a: check b: \"gone\" names gone, which is neither read nor known",
        "labs/demo/tasks/03-b.yaml:4: task b: it has no check",
        "labs/demo/tasks/04-c.yaml:7: ",
        "titel",
    ] {
        assert!(fault.contains(told), "{told}: {fault}");
    }
    assert!(!fault.contains("01-a"), "{fault}");
    let tasks =
        read_files(&[task("01-a", &format!("id: a\n{check}")), task("00-b", &format!("id: b\n{check}"))]).unwrap();
    let ids: Vec<&str> = tasks.list().iter().map(|task| task.id.as_str()).collect();
    assert_eq!(ids, ["b", "a"], "in the order of their files");
}

/// A lab with one task, whose checks read what `reads` says under the name `it`.
fn lab_that_reads(requires: &str, reads: &str) -> String {
    format!(
        "requires: [{requires}]\ntasks:\n- id: one\n  title: One\n  text: Do.\n  read: {{ it: {{ {reads} }} }}\n  checks:\n  \
         - {{ id: some, title: S, pass: it != null }}\n  - {{ id: more, title: M, pass: it != null }}\n"
    )
}

#[test]
fn a_read_that_can_never_work_stops_the_start_and_names_its_checks() {
    for (requires, reads, told) in [
        (
            "ingress",
            "http: { path: /, method: CONNECT }",
            "http: method \"CONNECT\" does not pass the ingress; write one of GET",
        ),
        ("metrics", "promql: ''", "promql: there is no query"),
        ("metrics", "promql: 'sum(up'", "promql: \"sum(up\" is no query"),
        ("", "log: { labels: 'a b=((' }", "log: labels: \"b\" behind a is no operator"),
        ("", "apiVersion: v1, kind: Node", "a Node belongs to no namespace"),
        ("", "http: { path: / }", "it needs Emissary-ingress; write ingress in the list requires"),
        ("ingress", "promql: up", "it needs Prometheus; write metrics in the list requires"),
    ] {
        let fault = read(&lab_that_reads(requires, reads)).unwrap_err();
        let place = "labs/demo/lab.yaml:15: task one: it, which check some and more reads, can never be read: ";
        assert!(fault.contains(&format!("{place}{told}")), "{reads}: {fault}");
    }
    assert!(read(&lab_that_reads("ingress, metrics", "http: { path: / }")).is_ok());
}

#[test]
fn a_task_that_waits_longer_than_a_check_may_stops_the_start() {
    let check = |id: &str, waits: &str| format!("  - {{ id: {id}, title: T, pass: it != null, {waits} }}\n");
    let lab = |checks: &[String]| {
        let head =
            "tasks:\n- id: one\n  title: One\n  text: Do.\n  read: { it: { apiVersion: v1, kind: Pod } }\n  checks:\n";
        read(&format!("{head}{}", checks.concat()))
    };
    assert!(lab(&[check("a", "retry_seconds: 20"), check("b", "retry_seconds: 20, stable_seconds: 5")]).is_ok());
    for checks in [
        vec![check("a", "retry_seconds: 46")],
        vec![check("a", "stable_seconds: 18446744073709551615, retry_seconds: 1")],
        vec![check("a", "retry_seconds: 20"), check("b", "retry_seconds: 20, stable_seconds: 6")],
    ] {
        let fault = lab(&checks).unwrap_err();
        assert!(fault.contains("task one: retry_seconds and stable_seconds of its checks are"), "{fault}");
    }
}

/// A lab with two tasks and this guide.
fn read_guide(guide: &str) -> Result<TaskSet, String> {
    let check = "checks:\n- id: a\n  title: A\n  pass: 'true'\n";
    let task = |id: &str| (format!("tasks/{id}.yaml"), format!("title: One\ntext: Do.\nid: {id}\n{check}"));
    read_files(&[task("one"), task("two"), ("guide.md".to_owned(), guide.to_owned())])
}

#[test]
fn a_guide_that_leads_to_a_task_leads_to_each_of_them_once_and_to_no_other() {
    for guide in ["## A\n", "## A {task=two}\n\nB.\n\n### C {task=one}\n", "## A {task=one task=two}\n"] {
        let fault = read_guide(guide).err().unwrap_or_default();
        assert!(!fault.contains("guide.md"), "{guide}: {fault}");
    }
    for (guide, told) in [
        (
            "## A\n\n## B {task=one task=three}\n",
            "labs/demo/guide.md:3: there is no task three in this lab; there are: one, two",
        ),
        ("## A {task=one}\n", "labs/demo/guide.md:1: no step leads to the task two; add {task=two} behind a heading"),
        ("## A {task=one}\n\n## B {task=one task=two}\n", "labs/demo/guide.md:3: two steps lead to the task one"),
    ] {
        let fault = read_guide(guide).err().unwrap_or_default();
        assert!(fault.contains(told), "{guide}: {fault}");
    }
}

#[test]
fn the_guides_of_the_labs_of_the_module_lead_to_their_tasks() {
    let catalogue = Catalogue::load(None, &Highlighter::load()).unwrap();
    for (lab, tasks) in [("service-annotations", 12), ("emissary-linkerd", 14)] {
        let guide = &catalogue.find(lab).unwrap().guide;
        assert_eq!(guide.steps().flat_map(|step| &step.tasks).count(), tasks, "{lab}");
    }
}
