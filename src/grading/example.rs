//! A lab's examples: work that a check must accept, and work that it must refuse. They are judged whenever the lab is read.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judgement::{judge, judge_text};
use super::model::{CheckInput, Verdict};
use super::tasks::Check;

/// What the learner of an example is called, unless it says otherwise.
const LEARNER: &str = "Ada Quist";

/// One example: the text that the check is about, or a whole input.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Example {
    /// The text alone.
    Text(String),
    /// A text with other parts of the input.
    Input(ExampleInput),
}

/// An example that sets more than a text.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExampleInput {
    /// What the learner is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    learner: Option<String>,
    /// The text that the check is about; without it, the check takes it from what was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// What was read.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    read: BTreeMap<String, Value>,
}

/// The first example that gets another verdict than it should; what it does not set of `read` does not exist.
pub(super) fn find_failing(
    check: &Check,
    names: &[&str],
    (accepts, refuses): (&[Example], &[Example]),
) -> Option<String> {
    let judge_one = |example: &Example, expected: Verdict, verb: &str| {
        let (mut input, text) = example.input();
        for name in names {
            input.read.entry((*name).to_owned()).or_default();
        }
        let judged = match text {
            Some(text) => judge_text(check, &input, &text),
            None => judge(check, &input),
        };
        let hint = judged.hint.unwrap_or_default();
        (judged.verdict != expected).then(|| {
            let what = serde_json::to_string(example).unwrap_or_default();
            format!("check {}: it says that it {verb} {what}, and gives {}: {hint}", check.id, judged.verdict.as_str())
        })
    };
    let accepted = accepts.iter().find_map(|example| judge_one(example, Verdict::Pass, "accepts"));
    accepted.or_else(|| refuses.iter().find_map(|example| judge_one(example, Verdict::Fail, "refuses")))
}

impl Example {
    /// The example as a person reads it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Input(input) => serde_json::to_string(input).unwrap_or_default(),
        }
    }

    fn input(&self) -> (CheckInput, Option<String>) {
        let input = CheckInput { learner: LEARNER.to_owned(), ..CheckInput::default() };
        match self {
            Self::Text(text) => (input, Some(text.clone())),
            Self::Input(ExampleInput { learner, value, read }) => {
                let learner = learner.clone().unwrap_or(input.learner);
                (CheckInput { learner, read: read.clone(), ..CheckInput::default() }, value.clone())
            }
        }
    }
}
