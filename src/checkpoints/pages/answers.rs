//! The form of a checkpoint: what was typed, held against the questions as they are now.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use crate::checkpoints::{Answers, AskedQuestion, QuestionSet};
use crate::web::Fields;

/// What the names of answers begin with.
const PREFIX: &str = "answer-";

/// The name of a question's field.
pub(super) fn field_name(asked: &AskedQuestion<'_>) -> String {
    format!("{PREFIX}{}", asked.question.id)
}

/// The first instant of the week for which the questions of a form were drawn.
pub(super) fn began(fields: &Fields) -> Option<Timestamp> {
    fields.get("week")?.first()?.parse().ok()
}

/// What a form says.
#[derive(Debug, Default)]
pub(super) struct SentAnswers {
    /// The answers to the questions that are asked now.
    pub answers: Answers,
    /// The questions that read otherwise than when they were answered.
    pub changed: BTreeSet<String>,
    /// What was typed and has no question any more.
    pub preserved: Vec<PreservedAnswer>,
    /// Whether other questions are asked now than the form had.
    pub is_outdated: bool,
}

/// What was typed as an answer to a question that is no longer asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreservedAnswer {
    /// The name of the field.
    pub name: String,
    /// What was typed.
    pub text: String,
}

impl SentAnswers {
    /// What an entry answered of `questions`; a place that is no more is left out.
    pub(super) fn of_entry(questions: &QuestionSet<'_>, mut answers: Answers) -> Self {
        for asked in questions.questions() {
            if let Some(answer) = answers.get_mut(&asked.question.id) {
                answer.selected.retain(|place| asked.shown().contains(place));
            }
        }
        Self { answers, ..Self::default() }
    }

    /// Reads `fields` as answers to `questions`. A form that does not say which questions it had is taken for one of now.
    pub(super) fn read(questions: &QuestionSet<'_>, fields: &Fields) -> Self {
        let had: BTreeMap<&str, &str> =
            fields.get("question").into_iter().flatten().filter_map(|value| value.split_once(':')).collect();
        let mut sent = Self::default();
        let mut asked_names = BTreeSet::new();
        for asked in questions.questions() {
            let id = asked.question.id.as_str();
            let name = field_name(asked);
            let values = fields.get(&name).map_or(&[][..], Vec::as_slice);
            let has_changed = had.get(id).is_some_and(|revision| *revision != asked.revision());
            sent.is_outdated |= has_changed || (!had.is_empty() && !had.contains_key(id));
            let mut answer = asked.parse_answer(values);
            if has_changed {
                sent.changed.insert(id.to_owned());
                // A place or a number would now mean another choice.
                answer.selected.clear();
            }
            // Words that the question no longer takes are kept like those without a question.
            if !has_changed || asked.question.takes_words() {
                asked_names.insert(name);
            }
            sent.answers.insert(id.to_owned(), answer);
        }
        let ids: BTreeSet<&str> = questions.questions().map(|asked| asked.question.id.as_str()).collect();
        sent.is_outdated |= had.keys().any(|id| !ids.contains(id));
        let others = fields.iter().filter(|(name, _)| name.starts_with(PREFIX) && !asked_names.contains(*name));
        sent.preserved = others.filter_map(|(name, values)| PreservedAnswer::new(name, values)).collect();
        sent
    }
}

impl PreservedAnswer {
    /// The words among `values`; the place of a choice says nothing without its question.
    fn new(name: &str, values: &[String]) -> Option<Self> {
        let is_place = |text: &str| text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        let words: Vec<&str> = values.iter().map(|value| value.trim()).filter(|value| !is_place(value)).collect();
        (!words.is_empty()).then(|| Self { name: name.to_owned(), text: words.join("\n\n") })
    }
}
