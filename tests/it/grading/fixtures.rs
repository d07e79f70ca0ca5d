//! Each lab's `fixtures/`: what a namespace may look like, and the verdict of every task then. No cluster is needed.

use std::collections::BTreeMap;
use std::path::Path;

use seaworthy::grading::{Facts, TaskSet, Verdict, judge};
use seaworthy::labs::Catalogue;
use seaworthy::lessons::Highlighter;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    learner: String,
    read: BTreeMap<String, Value>,
    /// The verdict by task.
    expect: BTreeMap<String, Verdict>,
    /// A part of the hint by `task.check`.
    #[serde(default)]
    hints: BTreeMap<String, String>,
}

#[test]
fn every_fixture_gets_the_verdicts_it_expects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs");
    let highlighter = Highlighter::load();
    let catalogue = Catalogue::load(Some(&root), &highlighter).unwrap();
    let mut tried = 0;
    for lab in catalogue.list() {
        let tasks = TaskSet::compile(lab, &highlighter).unwrap();
        let folder = std::fs::read_dir(root.join(&lab.name).join("fixtures")).unwrap();
        for file in folder {
            let path = file.unwrap().path();
            let fixture: Fixture = serde_yaml_ng::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            compare(&path.display().to_string(), &tasks, &fixture);
            tried += 1;
        }
    }
    assert!(tried > 0, "no lab has a fixture");
}

fn compare(name: &str, tasks: &TaskSet, fixture: &Fixture) {
    let facts = Facts { learner: fixture.learner.clone(), read: fixture.read.clone(), ..Facts::default() };
    for task in tasks.list() {
        let mut outcome = Verdict::Pass;
        for check in &task.checks {
            if outcome != Verdict::Pass && !check.needs.is_empty() {
                continue;
            }
            let judged = judge(check, &facts);
            if let Some(part) = fixture.hints.get(&format!("{}.{}", task.id, check.id)) {
                let hint = judged.hint.clone().unwrap_or_default();
                assert!(hint.contains(part), "{name}: {}.{} hints {hint:?}", task.id, check.id);
            }
            if judged.verdict != Verdict::Pass {
                outcome = judged.verdict;
            }
        }
        let expected = fixture.expect.get(&task.id).unwrap_or_else(|| panic!("{name} expects nothing of {}", task.id));
        assert_eq!(outcome, *expected, "{name}: {}", task.id);
    }
}
