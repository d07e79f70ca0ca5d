//! A lab's graded tasks and their checks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::answer::Question;
use super::expression::Expression;
use super::hint::Hint;
use super::model::{CheckResult, Verdict};
use super::placeholder::Placeholders;
use super::points::Points;
use super::read::{HttpProbe, Read};
use super::store::answers::Answers;
use crate::cluster::CachedKind;
use crate::view::Html;

/// The kinds on which it depends what a service answers.
const PROBED_KINDS: [(&str, &str); 2] = [("v1", "Service"), ("apps/v1", "Deployment")];

/// The tasks of one lab, in the order of the file.
#[derive(Clone, Debug)]
pub struct TaskSet {
    pub(super) tasks: Arc<Vec<Task>>,
}

/// Something to do, with the checks that decide whether it is done.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its id within the lab.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What the learner should do.
    pub text: Html,
    /// Its points, and what hints cost of them.
    pub points: Points,
    /// What its checks read, by the names of their variables.
    pub reads: BTreeMap<String, Read>,
    /// What the learner reports, by the names of the variables.
    pub questions: BTreeMap<String, Question>,
    /// Its checks, each after those it needs.
    pub checks: Vec<Check>,
}

impl Check {
    /// Whether all that it needs is among the checks that passed.
    pub(super) fn has_needs(&self, passed: &[&str]) -> bool {
        self.needs.iter().all(|needed| passed.contains(&needed.as_str()))
    }
}

impl Task {
    /// What is read or reported under a name, in a few words with a capital.
    pub(super) fn describe_input(&self, name: &str) -> String {
        let question = self.questions.get(name).map(|question| format!("What was reported: {}", question.label));
        let read = |read: &Read| match read {
            // A task asks several, which nothing else tells apart in few words.
            Read::Promql(_) | Read::Http(HttpProbe { service: Some(_), .. }) => format!("{} ({name})", read.describe()),
            _ => read.describe(),
        };
        question.or_else(|| self.reads.get(name).map(read)).unwrap_or_else(|| name.to_owned())
    }

    /// The variables with what the learner reported.
    pub(super) fn answered(&self, answers: &Answers, now: Timestamp) -> BTreeMap<String, Value> {
        let find = |name: &String| answers.get(&(self.id.clone(), name.clone()));
        self.questions.iter().map(|(name, question)| (name.clone(), question.variable(find(name), now))).collect()
    }

    /// Whether every check of the task passed in one request.
    pub(super) fn is_passed(&self, results: &[CheckResult]) -> bool {
        self.checks.iter().all(|check| {
            let of_check = |result: &&CheckResult| result.task == self.id && result.check == check.id;
            results.iter().find(of_check).is_some_and(|result| result.judged.verdict == Verdict::Pass)
        })
    }

    /// Whether its verdict can be known at once from the objects of the namespace: it sends no requests and waits for
    /// nothing.
    pub(super) fn is_instant(&self) -> bool {
        let reads_objects = self.reads.values().all(|read| matches!(read, Read::Object(_)));
        reads_objects && self.checks.iter().all(|check| check.stable_for.is_zero())
    }
}

/// One condition of a task.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its id within the task.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The names of what it reads.
    pub reads: BTreeSet<String>,
    /// The checks of the same task that must pass before this one is judged.
    pub needs: Vec<String>,
    /// How long it is retried before a failure counts.
    pub retry_for: Duration,
    /// How long it must hold.
    pub stable_for: Duration,
    /// The learner's own text that the check is about, its variable `value`; a text of the guide never passes.
    pub value: Option<Expression>,
    /// The guide's texts that are to be replaced.
    pub(super) placeholders: Arc<Placeholders>,
    /// Its examples of accepted and of refused work, as texts.
    pub examples: (Vec<String>, Vec<String>),
    /// The condition.
    pub pass: Expression,
    /// The hints for a failure, of which the first that applies is shown.
    pub hints: Vec<Hint>,
    /// The hash of the definition.
    pub version: String,
}

impl TaskSet {
    /// Every task.
    pub fn list(&self) -> &[Task] {
        &self.tasks
    }

    /// Those of the tasks that `picks` picks.
    pub(super) fn filter(&self, picks: impl Fn(&Task) -> bool) -> Self {
        Self { tasks: Arc::new(self.tasks.iter().filter(|task| picks(task)).cloned().collect()) }
    }

    /// The kinds whose changes can change a verdict.
    pub(super) fn list_kinds(&self) -> BTreeSet<CachedKind> {
        let kind = |(api_version, kind): (&str, &str)| CachedKind {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
        };
        let reads = self.tasks.iter().flat_map(|task| task.reads.values());
        let objects = reads.filter_map(|read| match read {
            Read::Object(object) => Some(kind((&object.api_version, &object.kind))),
            _ => None,
        });
        let mut kinds: BTreeSet<CachedKind> = objects.collect();
        if !self.tasks.iter().all(Task::is_instant) {
            kinds.extend(PROBED_KINDS.map(kind));
        }
        kinds
    }

    /// The check of that id, of that task.
    pub fn find_check(&self, task: &str, check: &str) -> Option<&Check> {
        self.tasks.iter().find(|one| one.id == task)?.checks.iter().find(|one| one.id == check)
    }
}
