//! The compiler of a lab's tasks, from its `lab.yaml` and the files of `tasks/`, which runs at the start of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::answer::Question;
use super::example::{Example, find_failing};
use super::expression::Expression;
use super::hint::Hint;
use super::model::{BUILT_IN_VARIABLES, VALUE};
use super::placeholder::Placeholders;
use super::points::Points;
use super::read::Read;
use super::source::{CheckSource, HintSource, LabSource, MAX_WAIT_SECONDS, TaskSource};
use super::steps;
use super::tasks::{Check, Task, TaskSet};
use crate::labs::{Lab, TaskFile};
use crate::lessons::{Faults, Highlighter, Links, Renderer, Source};
use crate::yaml::{self, Spanned, YamlFault, line_of};

/// A fault with its line.
type LineFault = (usize, String);

impl TaskSet {
    /// Reads and compiles the tasks of `lab`; the error lists every fault with its file and line.
    pub fn compile(lab: &Lab, highlighter: &Highlighter) -> anyhow::Result<Self> {
        let mut faults = Faults::default();
        let mut sources = Vec::new();
        for file in &lab.task_files {
            match read_tasks(file) {
                Ok(tasks) => sources.extend(tasks.into_iter().map(|task| (file.name.as_str(), task))),
                Err(fault) => faults.add(&file.name, fault.line, fault.text),
            }
        }
        let shown = sources.iter().flat_map(|(_, source)| [source.title.as_str(), &source.text.value]);
        let shown = shown.chain([lab.title.as_str(), &lab.summary]);
        let placeholders = Arc::new(Placeholders::read(&lab.guide_source, shown));
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let mut tasks = Vec::new();
        for (file, source) in sources {
            if !ids.insert(source.id.value.clone()) {
                faults.add(file, line_of(&source.id), format!("two tasks are called {}", source.id.value));
            }
            let renderer = Renderer { highlighter, links: &Links::default(), labs: &[] };
            let text = Source { file, first_line: line_of(&source.text), text: &source.text.value };
            let text = renderer.render_inline(text, &mut faults);
            let mut compiler = TaskCompiler { lab, placeholders: &placeholders, file, faults: &mut faults };
            let (id, title) = (source.id.value.clone(), source.title.clone());
            let points = compiler.read_points(&source);
            let (reads, questions, checks) = compiler.compile(source);
            tasks.push(Task { id, title, text, points, reads, questions, checks });
        }
        steps::check(&lab.guide, &tasks, &mut faults);
        faults.finish()?;
        Ok(Self { tasks: Arc::new(tasks) })
    }
}

fn read_tasks(file: &TaskFile) -> Result<Vec<TaskSource>, YamlFault> {
    if file.is_one_task {
        return yaml::read(&file.source).map(|task| vec![task]);
    }
    yaml::read(&file.source).map(|LabSource { tasks }| tasks)
}

/// Compiles the tasks of one file.
struct TaskCompiler<'a> {
    lab: &'a Lab,
    placeholders: &'a Arc<Placeholders>,
    file: &'a str,
    faults: &'a mut Faults,
}

impl TaskCompiler<'_> {
    fn read_points(&mut self, source: &TaskSource) -> Points {
        Points::of(source.points, source.hint_cost).unwrap_or_else(|fault| {
            self.faults.add(self.file, line_of(&source.id), format!("task {}: {fault}", source.id.value));
            Points { possible: 0, hint_cost: 0 }
        })
    }

    /// What the task reads and asks for, and its checks.
    fn compile(&mut self, source: TaskSource) -> (BTreeMap<String, Read>, BTreeMap<String, Question>, Vec<Check>) {
        let TaskSource { id, read: sources, checks, .. } = source;
        let mut found: Vec<LineFault> = Vec::new();
        let names: Vec<&str> = sources.keys().map(String::as_str).collect();
        for (name, value) in
            sources.iter().filter(|(name, _)| *name == VALUE || BUILT_IN_VARIABLES.contains(&name.as_str()))
        {
            found.push((line_of(value), format!("what is read cannot be called {name}, which every task knows")));
        }
        if checks.is_empty() {
            found.push((line_of(&id), "it has no check, so it could never be passed".to_owned()));
        }
        let waits = checks.iter().flat_map(|check| [check.retry_seconds, check.stable_seconds]);
        let seconds = waits.fold(0, u64::saturating_add);
        if seconds > MAX_WAIT_SECONDS {
            found.push((line_of(&id), format!(
                "retry_seconds and stable_seconds of its checks are {seconds} together; write {MAX_WAIT_SECONDS} at the most"
            )));
        }
        let Inputs { reads, questions, wrong } = Inputs::read(&sources, self.lab);
        let known: Vec<&str> = BUILT_IN_VARIABLES.into_iter().chain(names.iter().copied()).collect();
        let mut before: Vec<String> = Vec::new();
        let mut compiled = Vec::new();
        let count = checks.len();
        for check in checks {
            found.extend(find_order_faults(&check, &before));
            before.push(check.id.value.clone());
            match compile_check(check, (&reads, &questions, &names), (&known, self.placeholders)) {
                Ok(check) => compiled.push(check),
                Err(fault) => found.push(fault),
            }
        }
        // A check with a fault may use any of them.
        if compiled.len() == count {
            found.extend(find_unused(&sources, &compiled));
        }
        found.extend(find_unreadable(&sources, wrong, &compiled));
        for (line, fault) in found {
            self.faults.add(self.file, line, format!("task {}: {fault}", id.value));
        }
        (reads, questions, compiled)
    }
}

/// What is wrong with the place of a check behind those `before` it.
fn find_order_faults(check: &CheckSource, before: &[String]) -> Vec<LineFault> {
    let line = line_of(&check.id);
    let twin = before.contains(&check.id.value).then(|| (line, format!("two checks are called {}", check.id.value)));
    // This order excludes cycles.
    let missing = check.needs.iter().filter(|needed| !before.contains(needed));
    let missing =
        missing.map(|needed| (line, format!("check {} needs {needed}, which is not before it", check.id.value)));
    twin.into_iter().chain(missing).collect()
}

/// What is read and no check uses.
fn find_unused(sources: &BTreeMap<String, Spanned<Value>>, compiled: &[Check]) -> Vec<LineFault> {
    let unused = sources.iter().filter(|(name, _)| !compiled.iter().any(|check| check.reads.contains(*name)));
    unused.map(|(name, value)| (line_of(value), format!("{name} is read, and no check uses it"))).collect()
}

/// What can never be read, with the checks that it concerns.
fn find_unreadable(
    sources: &BTreeMap<String, Spanned<Value>>,
    wrong: Vec<(&str, String)>,
    compiled: &[Check],
) -> Vec<LineFault> {
    let describe = |(name, what): (&str, String)| {
        let users = compiled.iter().filter(|check| check.reads.contains(name)).map(|check| check.id.as_str());
        let users = users.collect::<Vec<_>>().join(" and ");
        let by = if users.is_empty() { String::new() } else { format!(", which check {users} reads,") };
        (sources.get(name).map_or(1, line_of), format!("{name}{by} can never be read: {what}"))
    };
    wrong.into_iter().map(describe).collect()
}

/// What the checks of a task are about, and what is wrong with the rest.
struct Inputs<'a> {
    reads: BTreeMap<String, Read>,
    questions: BTreeMap<String, Question>,
    wrong: Vec<(&'a str, String)>,
}

impl<'a> Inputs<'a> {
    fn read(sources: &'a BTreeMap<String, Spanned<Value>>, lab: &Lab) -> Self {
        let mut inputs = Self { reads: BTreeMap::new(), questions: BTreeMap::new(), wrong: Vec::new() };
        for (name, source) in sources {
            if let Err(what) = inputs.add(name, source, lab) {
                inputs.wrong.push((name.as_str(), what));
            }
        }
        inputs
    }

    fn add(&mut self, name: &str, source: &Spanned<Value>, lab: &Lab) -> Result<(), String> {
        if let Some(question) = Question::find(&source.value) {
            self.questions.insert(name.to_owned(), Question { line: line_of(source), ..question? });
            return Ok(());
        }
        let read: Read = serde_json::from_value(source.value.clone()).map_err(|fault| fault.to_string())?;
        if let Read::Load(probe) = &read
            && !lab.loads.iter().any(|load| load.id == probe.id)
        {
            return Err(format!("load: the lab has no load {:?}; write one in the list loads of the lab", probe.id));
        }
        let missing = read.part().filter(|part| !lab.requires.contains(part));
        self.reads.insert(name.to_owned(), read);
        missing.map_or(Ok(()), |part| {
            let (part, product) = (part.as_str(), part.product());
            Err(format!("it needs {product}; write {part} in the list requires of the lab"))
        })
    }
}

fn compile_check(
    source: CheckSource,
    (reads, questions, names): (&BTreeMap<String, Read>, &BTreeMap<String, Question>, &[&str]),
    (known, placeholders): (&[&str], &Arc<Placeholders>),
) -> Result<Check, LineFault> {
    let in_check = |line: usize, fault: String| (line, format!("check {}: {fault}", source.id.value));
    let compile = |text: &Spanned<String>, known: &[&str]| {
        Expression::compile(&text.value, known).map_err(|fault| in_check(line_of(text), fault))
    };
    let value = source.value.as_ref().map(|text| compile(text, known)).transpose()?;
    let mut known = known.to_vec();
    known.extend(value.as_ref().map(|_| VALUE));
    let pass = compile(&source.pass, &known)?;
    let mut hints = Vec::new();
    for HintSource { when, say } in &source.hints {
        let when = when.as_ref().map(|text| compile(text, &known)).transpose()?;
        hints.push(Hint::compile(when, &say.value, &known).map_err(|fault| in_check(line_of(say), fault))?);
    }
    let expressions = value.iter().chain([&pass]).flat_map(Expression::variables);
    let used: BTreeSet<String> = expressions.chain(hints.iter().flat_map(Hint::variables).cloned()).collect();
    let own = value.as_ref().map(|_| placeholders.as_ref());
    let definition = serde_json::json!([reads, questions, &source, own]).to_string();
    let version = hex::encode(&Sha256::digest(definition.as_bytes())[..8]);
    let line = line_of(&source.id);
    let check = Check {
        retry_for: Duration::from_secs(source.retry_seconds),
        stable_for: Duration::from_secs(source.stable_seconds),
        id: source.id.value,
        title: source.title,
        reads: names.iter().filter(|name| used.contains(**name)).map(|name| (*name).to_owned()).collect(),
        needs: source.needs,
        value,
        placeholders: Arc::clone(placeholders),
        examples: (
            source.accepts.iter().map(Example::text).collect(),
            source.refuses.iter().map(Example::text).collect(),
        ),
        pass,
        hints,
        version,
    };
    match find_failing(&check, names, (&source.accepts, &source.refuses)) {
        Some(wrong) => Err((line, wrong)),
        None => Ok(check),
    }
}
