//! The compiler of a lab's tasks, from the `tasks` of its `lab.yaml`, which runs at the start of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::example::{Example, find_failing};
use super::expression::Expression;
use super::hint::Hint;
use super::model::{BUILT_IN_VARIABLES, VALUE};
use super::placeholder::Placeholders;
use super::read::Read;
use super::tasks::{Check, Task, TaskSet};
use crate::labs::Lab;
use crate::lessons::{Faults, Highlighter, Links, Renderer, Source};
use crate::view::Html;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskSource {
    id: String,
    title: String,
    text: String,
    /// Each as it is written, so that a fault can be told with the checks that it concerns.
    read: BTreeMap<String, Value>,
    checks: Vec<CheckSource>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct CheckSource {
    id: String,
    title: String,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    retry_seconds: u64,
    #[serde(default)]
    stable_seconds: u64,
    value: Option<String>,
    pass: String,
    #[serde(default)]
    hints: Vec<HintSource>,
    /// Not a part of the definition, so that a new example does not change the check's version.
    #[serde(default, skip_serializing)]
    accepts: Vec<Example>,
    #[serde(default, skip_serializing)]
    refuses: Vec<Example>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HintSource {
    when: Option<String>,
    say: String,
}

/// How long the checks of a task may wait in all, which leaves some of the time of a request for what they read.
const MAX_WAIT_SECONDS: u64 = 45;

impl TaskSet {
    /// Reads and compiles the tasks of `lab`; the error lists every fault of the file.
    pub fn compile(lab: &Lab, highlighter: &Highlighter) -> anyhow::Result<Self> {
        let file = format!("labs/{}/lab.yaml", lab.name);
        if lab.tasks.is_null() {
            return Ok(Self { tasks: Arc::default() });
        }
        let sources: Vec<TaskSource> =
            serde_json::from_value(lab.tasks.clone()).map_err(|fault| anyhow::anyhow!("{file}: tasks: {fault}"))?;
        let shown = sources.iter().flat_map(|source| [source.title.as_str(), &source.text]);
        let shown = shown.chain([lab.title.as_str(), &lab.summary]);
        let placeholders = Arc::new(Placeholders::read(&lab.guide_source, shown));
        let mut faults = Vec::new();
        let mut ids = BTreeSet::new();
        let mut tasks = Vec::new();
        for source in sources {
            if !ids.insert(source.id.clone()) {
                faults.push(format!("two tasks are called {}", source.id));
            }
            let renderer = Renderer { highlighter, links: &Links::default(), labs: &[] };
            let mut text_faults = Faults::default();
            let text = Source { file: &file, first_line: 1, text: &source.text };
            let text = renderer.render_inline(text, &mut text_faults);
            text_faults.finish()?;
            tasks.push(compile_task((source, text), lab, &placeholders, &mut faults));
        }
        anyhow::ensure!(faults.is_empty(), "{file}: {}", faults.join("; "));
        Ok(Self { tasks: Arc::new(tasks) })
    }
}

fn compile_task(
    (source, text): (TaskSource, Html),
    lab: &Lab,
    placeholders: &Arc<Placeholders>,
    faults: &mut Vec<String>,
) -> Task {
    let TaskSource { id, title, text: _, read: sources, checks } = source;
    let mut fault = |what: String| faults.push(format!("task {id}: {what}"));
    let names: Vec<&str> = sources.keys().map(String::as_str).collect();
    for name in names.iter().filter(|name| **name == VALUE || BUILT_IN_VARIABLES.contains(name)) {
        fault(format!("what is read cannot be called {name}, which every task knows"));
    }
    if checks.is_empty() {
        fault("it has no check, so it could never be passed".to_owned());
    }
    let waits = checks.iter().flat_map(|check| [check.retry_seconds, check.stable_seconds]);
    let seconds = waits.fold(0, u64::saturating_add);
    if seconds > MAX_WAIT_SECONDS {
        fault(format!(
            "retry_seconds and stable_seconds of its checks are {seconds} together; write {MAX_WAIT_SECONDS} at the most"
        ));
    }
    let (reads, wrong) = read_all(&sources, lab);
    let known: Vec<&str> = BUILT_IN_VARIABLES.into_iter().chain(names.iter().copied()).collect();
    let mut before: Vec<String> = Vec::new();
    let mut compiled = Vec::new();
    for check in checks {
        if before.contains(&check.id) {
            fault(format!("two checks are called {}", check.id));
        }
        // This order excludes cycles.
        for needed in check.needs.iter().filter(|needed| !before.contains(needed)) {
            fault(format!("check {} needs {needed}, which is not before it", check.id));
        }
        before.push(check.id.clone());
        match compile_check(check, (&reads, &names), (&known, placeholders)) {
            Ok(check) => compiled.push(check),
            Err(what) => fault(what),
        }
    }
    let users = |name: &str| -> Vec<&str> {
        compiled.iter().filter(|check| check.reads.contains(name)).map(|check| check.id.as_str()).collect()
    };
    for name in names.iter().filter(|name| users(name).is_empty()) {
        fault(format!("{name} is read, and no check uses it"));
    }
    for (name, what) in wrong {
        let checks = users(name).join(" and ");
        let by = if checks.is_empty() { String::new() } else { format!(", which check {checks} reads,") };
        fault(format!("{name}{by} can never be read: {what}"));
    }
    Task { id, title, text, reads, checks: compiled }
}

/// What a task reads, and what is wrong with the rest.
fn read_all<'a>(sources: &'a BTreeMap<String, Value>, lab: &Lab) -> (BTreeMap<String, Read>, Vec<(&'a str, String)>) {
    let (mut reads, mut wrong) = (BTreeMap::new(), Vec::new());
    for (name, source) in sources {
        match serde_json::from_value::<Read>(source.clone()) {
            Err(fault) => wrong.push((name.as_str(), fault.to_string())),
            Ok(read) => {
                if let Some(part) = read.part().filter(|part| !lab.requires.contains(part)) {
                    let (part, product) = (part.as_str(), part.product());
                    wrong.push((name, format!("it needs {product}; write {part} in the list requires of the lab")));
                }
                reads.insert(name.clone(), read);
            }
        }
    }
    (reads, wrong)
}

fn compile_check(
    source: CheckSource,
    (reads, names): (&BTreeMap<String, Read>, &[&str]),
    (known, placeholders): (&[&str], &Arc<Placeholders>),
) -> Result<Check, String> {
    let in_check = |fault: String| format!("check {}: {fault}", source.id);
    let value = source.value.as_ref().map(|text| Expression::compile(text, known).map_err(in_check)).transpose()?;
    let mut known = known.to_vec();
    known.extend(value.as_ref().map(|_| VALUE));
    let pass = Expression::compile(&source.pass, &known).map_err(in_check)?;
    let mut hints = Vec::new();
    for hint in &source.hints {
        hints.push(Hint::compile(hint.when.as_deref(), &hint.say, &known).map_err(in_check)?);
    }
    let expressions = value.iter().chain([&pass]).flat_map(Expression::variables);
    let used: BTreeSet<String> = expressions.chain(hints.iter().flat_map(Hint::variables).cloned()).collect();
    let own = value.as_ref().map(|_| placeholders.as_ref());
    let definition = serde_json::json!([reads, &source, own]).to_string();
    let version = hex::encode(&Sha256::digest(definition.as_bytes())[..8]);
    let check = Check {
        retry_for: Duration::from_secs(source.retry_seconds),
        stable_for: Duration::from_secs(source.stable_seconds),
        id: source.id,
        title: source.title,
        reads: names.iter().filter(|name| used.contains(**name)).map(|name| (*name).to_owned()).collect(),
        needs: source.needs,
        value,
        placeholders: Arc::clone(placeholders),
        examples: (source.accepts.len(), source.refuses.len()),
        pass,
        hints,
        version,
    };
    match find_failing(&check, names, (&source.accepts, &source.refuses)) {
        Some(wrong) => Err(wrong),
        None => Ok(check),
    }
}
