//! Work that a lab's author says a check must accept, and work that it must refuse; tried whenever the lab is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judgement::{judge, judge_text};
use super::model::{Facts, Verdict};
use super::tasks::{Check, Read};

/// What the learner of an example is called, unless it says otherwise.
const LEARNER: &str = "Ada Quist";

/// One example: the text that the check is about, or more.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Example {
    /// The text alone.
    Text(String),
    /// What else it depends on.
    Whole(Whole),
}

/// An example that says more than a text.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    /// What the learner is called.
    learner: Option<String>,
    /// The text that the check is about; left out, it is taken from what was read.
    value: Option<String>,
    /// What was read.
    #[serde(default)]
    read: BTreeMap<String, Value>,
}

/// The first example that does not get the verdict it stands for; of what is `read`, an example has what it names, and
/// the rest is not there.
pub(super) fn find_wrong(
    check: &Check,
    read: &BTreeMap<String, Read>,
    (accepts, refuses): (&[Example], &[Example]),
) -> Option<String> {
    let try_one = |example: &Example, expected: Verdict, verb: &str| {
        let (mut facts, text) = example.facts();
        for name in read.keys() {
            facts.read.entry(name.clone()).or_default();
        }
        let judged = match text {
            Some(text) => judge_text(check, &facts, &text),
            None => judge(check, &facts),
        };
        let hint = judged.hint.unwrap_or_default();
        (judged.verdict != expected).then(|| {
            let what = serde_json::to_string(example).unwrap_or_default();
            format!("check {}: it says that it {verb} {what}, and gives {}: {hint}", check.id, judged.verdict.as_str())
        })
    };
    let accepted = accepts.iter().find_map(|example| try_one(example, Verdict::Pass, "accepts"));
    accepted.or_else(|| refuses.iter().find_map(|example| try_one(example, Verdict::Fail, "refuses")))
}

impl Example {
    fn facts(&self) -> (Facts, Option<String>) {
        let facts = Facts { learner: LEARNER.to_owned(), ..Facts::default() };
        match self {
            Self::Text(text) => (facts, Some(text.clone())),
            Self::Whole(Whole { learner, value, read }) => {
                let learner = learner.clone().unwrap_or(facts.learner);
                (Facts { learner, read: read.clone(), ..Facts::default() }, value.clone())
            }
        }
    }
}
