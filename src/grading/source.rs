//! Tasks as authors write them in `lab.yaml` and in the files of `tasks/`, with the line of each thing that can be wrong.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::example::Example;
use crate::yaml::Spanned;

/// As much of a `lab.yaml` as grading reads.
#[derive(Deserialize)]
pub(super) struct LabSource {
    #[serde(default)]
    pub(super) tasks: Vec<TaskSource>,
}

/// A task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskSource {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) text: Spanned<String>,
    /// Each as it is written, so that a fault can be told with the checks that it concerns.
    #[serde(default)]
    pub(super) read: BTreeMap<String, Spanned<Value>>,
    #[serde(default)]
    pub(super) checks: Vec<CheckSource>,
}

/// A check of a task.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckSource {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) retry_seconds: u64,
    #[serde(default)]
    pub(super) stable_seconds: u64,
    pub(super) value: Option<Spanned<String>>,
    pub(super) pass: Spanned<String>,
    #[serde(default)]
    pub(super) hints: Vec<HintSource>,
    /// Not a part of the definition, so that a new example does not change the check's version.
    #[serde(default, skip_serializing)]
    pub(super) accepts: Vec<Example>,
    #[serde(default, skip_serializing)]
    pub(super) refuses: Vec<Example>,
}

/// A hint of a check.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HintSource {
    pub(super) when: Option<Spanned<String>>,
    pub(super) say: Spanned<String>,
}
