//! What a learner reports: a value that a task asks for, typed on the lab's page and judged by the checks of the task beside
//! what the platform measures.

mod fields;
mod unit;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::text::count_visible;

pub use unit::Unit;

/// How long what is typed may be, in characters.
const MAX_CHARS: usize = 100;
/// The same where it is a text of several lines.
const MAX_TEXT_CHARS: usize = 10_000;
/// How many choices there must be.
const MIN_CHOICES: usize = 2;

/// What a task asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["unit"] }, { "required": ["choices"] }, { "required": ["text"] }]))]
pub struct Question {
    /// What the field is called.
    pub label: String,
    /// The unit of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// In place of a unit, what can be chosen: keys that checks compare, with the text that is shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("minProperties" = MIN_CHOICES, "propertyNames" = { "pattern": "^[a-z0-9_]+$" }))]
    pub choices: BTreeMap<String, String>,
    /// In place of both, whether it is a text of several lines, such as what a command printed. Checks see it as `text`, and as
    /// `value` its fields by their names, each a list of lines, where it is written as `kubectl describe` writes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub text: bool,
    /// Whether the platform itself reports it, and no learner can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recorded: bool,
    /// The line on which it stands, by which the fields of a task are ordered.
    #[serde(skip)]
    pub line: usize,
}

/// What was reported last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was typed, or the key of what was chosen.
    pub text: String,
    /// When.
    pub reported_at: Timestamp,
}

/// A value that the learner reports.
// It is told from what is read by its key.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Answer")]
pub(super) struct QuestionSource {
    /// What is asked.
    answer: Question,
}

impl Question {
    /// The question that an entry of `read` is, if it is one.
    pub(super) fn find(source: &Value) -> Option<Result<Self, String>> {
        source.get("answer")?;
        let read = serde_json::from_value(source.clone()).map_err(|fault| format!("answer: {fault}"));
        Some(read.and_then(|QuestionSource { answer }| answer.check().map_err(|fault| format!("answer: {fault}"))))
    }

    fn check(self) -> Result<Self, String> {
        if count_visible(&self.label) == 0 {
            return Err("label says nothing; it stands above the field".to_owned());
        }
        match (self.unit, self.choices.len(), self.text) {
            (Some(_), 0, false) | (None, MIN_CHOICES.., false) | (None, 0, true) => {}
            _ => return Err("it has a unit, or two choices or more, or text: true".to_owned()),
        }
        let is_key = |key: &String| {
            !key.is_empty() && key.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_')
        };
        if let Some(key) = self.choices.keys().find(|key| !is_key(key)) {
            return Err(format!("{key:?} is no key of a choice; write lower-case letters, digits and _"));
        }
        if let Some((key, _)) = self.choices.iter().find(|(_, text)| count_visible(text) == 0) {
            return Err(format!("the choice {key} says nothing"));
        }
        Ok(self)
    }

    /// What is kept of what was typed: a text of several lines as it is, and all else without white space around it.
    pub(super) fn keep(&self, typed: &str) -> String {
        if self.text { typed.replace("\r\n", "\n") } else { typed.trim().to_owned() }
    }

    /// How many characters may be typed.
    pub(super) fn max_chars(&self) -> usize {
        if self.text { MAX_TEXT_CHARS } else { MAX_CHARS }
    }

    /// What checks compare; the error tells the learner how to write it.
    pub(super) fn read(&self, text: &str) -> Result<Value, String> {
        let max = self.max_chars();
        if text.chars().count() > max {
            return Err(format!("Write {max} characters at the most."));
        }
        match self.unit {
            None if self.text && count_visible(text) == 0 => Err("Paste the text here.".to_owned()),
            None if self.text => Ok(fields::read(text)),
            Some(unit) => unit.read(text).map(Value::from),
            None if self.choices.contains_key(text) => Ok(Value::from(text)),
            None => Err("Choose one of the answers.".to_owned()),
        }
    }

    /// The variable of the task's checks: null before anything is reported, or when it no longer answers the question.
    pub(super) fn variable(&self, answer: Option<&Answer>, now: Timestamp) -> Value {
        let Some(answer) = answer else { return Value::Null };
        let age = now.duration_since(answer.reported_at).as_secs().max(0);
        let describe = |value| json!({ "text": answer.text, "value": value, "age_seconds": age });
        self.read(&answer.text).map_or(Value::Null, describe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(source: &Value) -> Result<Question, String> {
        Question::find(&json!({ "answer": source })).unwrap()
    }

    #[test]
    fn a_question_has_a_unit_or_choices() {
        assert!(question(&json!({ "label": "Rate", "unit": "per_second" })).is_ok());
        assert!(question(&json!({ "label": "Which?", "choices": { "a": "A", "b": "B" } })).is_ok());
        assert!(Question::find(&json!({ "promql": "up" })).is_none());
        for (source, told) in [
            (json!({ "label": " ", "unit": "number" }), "label says nothing"),
            (json!({ "label": "Rate" }), "a unit, or two choices"),
            (json!({ "label": "Rate", "choices": { "a": "A" } }), "a unit, or two choices"),
            (json!({ "label": "Rate", "unit": "number", "choices": { "a": "A", "b": "B" } }), "a unit, or two choices"),
            (json!({ "label": "Text", "text": true, "unit": "number" }), "or text: true"),
            (json!({ "label": "Rate", "unit": "litres" }), "unknown variant"),
            (json!({ "label": "Rate", "units": "number" }), "unknown field"),
            (json!({ "label": "Which?", "choices": { "A b": "A", "b": "B" } }), "no key of a choice"),
            (json!({ "label": "Which?", "choices": { "a": "\u{200b}", "b": "B" } }), "the choice a says nothing"),
        ] {
            let fault = question(&source).unwrap_err();
            assert!(fault.starts_with("answer: ") && fault.contains(told), "{source}: {fault}");
        }
    }

    #[test]
    fn checks_see_the_value_what_was_typed_and_how_old_it_is() {
        let rate = question(&json!({ "label": "Rate", "unit": "percent" })).unwrap();
        let now = Timestamp::from_second(1000).unwrap();
        let answer = |text: &str| Answer { text: text.to_owned(), reported_at: Timestamp::from_second(940).unwrap() };
        assert_eq!(
            rate.variable(Some(&answer("98,5 %")), now),
            json!({ "text": "98,5 %", "value": 98.5, "age_seconds": 60 })
        );
        assert_eq!(rate.variable(None, now), Value::Null);
        assert_eq!(rate.variable(Some(&answer("many")), now), Value::Null, "as the question was before it changed");
        let which = question(&json!({ "label": "Which?", "choices": { "a": "A", "b": "B" } })).unwrap();
        assert_eq!(which.variable(Some(&answer("b")), now)["value"], "b");
        assert!(which.read("c").unwrap_err().contains("Choose one"));
        assert!(rate.read(&"1".repeat(101)).unwrap_err().contains("100 characters"));
    }

    #[test]
    fn a_text_is_kept_as_it_was_typed_and_read_by_its_fields() {
        let text = question(&json!({ "label": "What it printed", "text": true })).unwrap();
        assert_eq!(text.keep("  Name:  qotm\r\n\tx \r\n"), "  Name:  qotm\n\tx \n");
        assert_eq!(text.read("Name:  qotm\n").unwrap(), json!({ "Name": ["qotm"] }));
        assert!(text.read(" \n\u{200b}").unwrap_err().contains("Paste"));
        assert!(text.read(&"é".repeat(10_000)).is_ok());
        assert!(text.read(&"é".repeat(10_001)).unwrap_err().contains("10000 characters"));
    }
}
