//! Tasks as authors write them in `lab.yaml` and in the files of `tasks/`, with the line of each thing that can be wrong.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::QuestionSource;
use super::example::Example;
use super::points::{DEFAULT_POINTS, MAX_POINTS};
use super::read::ReadSource;
use crate::yaml::Spanned;

/// How long the checks of a task may wait in all, which leaves some of the time of a request for what they read.
pub(super) const MAX_WAIT_SECONDS: u64 = 45;

/// As much of a `lab.yaml` as grading reads.
#[derive(Deserialize)]
pub(super) struct LabSource {
    #[serde(default)]
    pub(super) tasks: Vec<TaskSource>,
}

/// Something that the learner does, with the checks that decide whether it is done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Task")]
pub(super) struct TaskSource {
    /// Its id within the lab, for addresses and for the mistakes of the solution.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// What it is called.
    pub(super) title: String,
    /// What the learner should do, in Markdown without blocks.
    #[schemars(with = "String")]
    pub(super) text: Spanned<String>,
    /// How many points it brings, by which learners see how far they are.
    #[serde(default = "default_points")]
    #[schemars(range(min = 1, max = MAX_POINTS))]
    pub(super) points: u32,
    /// What each hint after the first costs of the points. Left out, a fifth of them, rounded up.
    #[schemars(range(max = MAX_POINTS))]
    pub(super) hint_cost: Option<u32>,
    /// What its checks read and what the learner reports, by the names of the variables.
    // Each as it is written, so that a fault can be told with the checks that it concerns.
    #[serde(default)]
    #[schemars(schema_with = "read_schema")]
    pub(super) read: BTreeMap<String, Spanned<Value>>,
    /// What must hold, each check after those that it needs.
    #[serde(default)]
    #[schemars(required, length(min = 1))]
    pub(super) checks: Vec<CheckSource>,
}

/// The schema of `read`: what is read by the platform, or reported by the learner.
fn read_schema(generator: &mut SchemaGenerator) -> Schema {
    let forms = [generator.subschema_for::<ReadSource>(), generator.subschema_for::<QuestionSource>()];
    json_schema!({ "type": "object", "additionalProperties": { "anyOf": forms } })
}

fn default_points() -> u32 {
    DEFAULT_POINTS
}

/// One condition of a task.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Check")]
pub(super) struct CheckSource {
    /// Its id within the task.
    #[schemars(with = "String")]
    pub(super) id: Spanned<String>,
    /// What it is called.
    pub(super) title: String,
    /// The checks of the same task, written before this one, without which it is not judged.
    #[serde(default)]
    pub(super) needs: Vec<String>,
    /// How long it is tried again before a failure counts; all checks of a task together wait a bounded time.
    #[serde(default)]
    #[schemars(range(max = MAX_WAIT_SECONDS))]
    pub(super) retry_seconds: u64,
    /// How long it must hold.
    #[serde(default)]
    #[schemars(range(max = MAX_WAIT_SECONDS))]
    pub(super) stable_seconds: u64,
    /// A CEL expression: the learner's own text that the check is about, its variable `value`. A text of the guide never
    /// passes.
    #[schemars(with = "Option<String>")]
    pub(super) value: Option<Spanned<String>>,
    /// A CEL expression: the condition.
    #[schemars(with = "String")]
    pub(super) pass: Spanned<String>,
    /// What a learner can be told of a failure: the first that applies.
    #[serde(default)]
    pub(super) hints: Vec<HintSource>,
    /// Work that it must accept, tried whenever the lab is read.
    // Not a part of the definition, so that a new example does not change the check's version.
    #[serde(default, skip_serializing)]
    pub(super) accepts: Vec<Example>,
    /// Work that it must refuse, tried whenever the lab is read.
    #[serde(default, skip_serializing)]
    pub(super) refuses: Vec<Example>,
}

/// A sentence for one kind of failure, which says where to look and not what to do.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hint")]
pub(super) struct HintSource {
    /// A CEL expression: for which failures it is. Left out, for all.
    #[schemars(with = "Option<String>")]
    pub(super) when: Option<Spanned<String>>,
    /// The sentence, a template of minijinja.
    #[schemars(with = "String")]
    pub(super) say: Spanned<String>,
}
