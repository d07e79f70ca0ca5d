//! A question, and what an answer to it is worth.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{count_visible, is_same};
use crate::view::Html;

/// The fewest visible characters of an answer in free text before the model answer shows.
pub const MIN_ANSWER_CHARS: usize = 20;
/// The most characters of an answer.
pub const MAX_ANSWER_CHARS: usize = 8_000;

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// Unique in the module.
    pub id: String,
    /// What is asked.
    pub prompt: Html,
    /// What is asked, as plain text, for mails and exports.
    pub prompt_text: String,
    /// How it is answered.
    pub kind: QuestionKind,
}

/// How a question is answered.
#[derive(Clone, Debug)]
pub enum QuestionKind {
    /// One of several choices.
    Single(Vec<Choice>),
    /// All that are right of several choices.
    Multiple(Vec<Choice>),
    /// Things to be put in order; they are written in the right one.
    Order(Vec<Item>),
    /// A few words that match one of the accepted.
    Short {
        /// What is accepted; it is compared with an answer in the folded form of both.
        accept: Vec<String>,
        /// Why.
        why: Html,
    },
    /// Free text, held against a rubric.
    Text {
        /// What a good answer has.
        rubric: Vec<String>,
        /// A good answer.
        model: Html,
    },
}

/// One of several choices.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Its text.
    pub text: Html,
    /// Whether it is right.
    pub correct: bool,
    /// Why.
    pub why: Html,
}

/// One of several things to be put in order.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its text.
    pub text: Html,
    /// Why it belongs there.
    pub why: Html,
}

/// What a person answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The indices of the selected choices; of an order, the number given to each item as written, from 1, with 0
    /// for none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<usize>,
    /// What was typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Answer {
    /// Whether nothing is selected, numbered or typed.
    pub fn says_nothing(&self) -> bool {
        self.text.is_empty() && (self.selected.is_empty() || self.selected.iter().all(|number| *number == 0))
    }
}

/// What an answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Right.
    Right,
    /// Wrong.
    Wrong,
    /// To be held against the model answer by the person who gave it, or by a reviewer.
    Open,
}

impl Judgement {
    /// The judgement as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Open => "open",
        }
    }
}

impl FromStr for Judgement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = [Self::Right, Self::Wrong, Self::Open].into_iter().find(|judgement| judgement.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is not a judgement"))
    }
}

/// Why an answer cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Nothing was selected.
    #[error("Please choose an answer.")]
    NothingSelected,
    /// Some item has no number, or the number of another.
    #[error("Please give every line a number of its own.")]
    NoOrder,
    /// Nothing was typed.
    #[error("Please type an answer.")]
    NothingTyped,
    /// Too little for the model answer to show.
    #[error("Please write a sentence or two first; the model answer shows after you have tried.")]
    TooShort,
    /// More than is kept.
    #[error("Please shorten the answer to 8000 characters.")]
    TooLong,
}

impl Question {
    /// The choices, for the kinds that have them.
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            QuestionKind::Single(choices) | QuestionKind::Multiple(choices) => choices,
            QuestionKind::Order(_) | QuestionKind::Short { .. } | QuestionKind::Text { .. } => &[],
        }
    }

    /// The things to be put in order, in the right one, for the kind that has them.
    pub fn items(&self) -> &[Item] {
        match &self.kind {
            QuestionKind::Order(items) => items,
            _ => &[],
        }
    }

    /// Whether it is answered in words of one's own.
    pub fn takes_words(&self) -> bool {
        matches!(self.kind, QuestionKind::Short { .. } | QuestionKind::Text { .. })
    }

    /// The name of the kind in templates.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            QuestionKind::Single(_) => "single",
            QuestionKind::Multiple(_) => "multiple",
            QuestionKind::Order(_) => "order",
            QuestionKind::Short { .. } => "short",
            QuestionKind::Text { .. } => "text",
        }
    }

    /// Why an answer cannot be judged, if so.
    pub fn find_fault(&self, answer: &Answer) -> Option<AnswerFault> {
        match &self.kind {
            QuestionKind::Single(_) | QuestionKind::Multiple(_) => {
                answer.selected.is_empty().then_some(AnswerFault::NothingSelected)
            }
            QuestionKind::Order(items) => (!is_order(&answer.selected, items.len())).then_some(AnswerFault::NoOrder),
            _ if answer.text.chars().count() > MAX_ANSWER_CHARS => Some(AnswerFault::TooLong),
            QuestionKind::Short { .. } => (count_visible(&answer.text) == 0).then_some(AnswerFault::NothingTyped),
            QuestionKind::Text { .. } => {
                (count_visible(&answer.text) < MIN_ANSWER_CHARS).then_some(AnswerFault::TooShort)
            }
        }
    }

    /// What a sound answer is worth.
    pub fn judge(&self, answer: &Answer) -> Judgement {
        let right = match &self.kind {
            QuestionKind::Single(choices) | QuestionKind::Multiple(choices) => {
                choices.iter().enumerate().all(|(index, choice)| choice.correct == answer.selected.contains(&index))
            }
            QuestionKind::Order(items) => answer.selected.iter().copied().eq(1..=items.len()),
            QuestionKind::Short { accept, .. } => accept.iter().any(|accepted| is_same(accepted, &answer.text)),
            QuestionKind::Text { .. } => return Judgement::Open,
        };
        if right { Judgement::Right } else { Judgement::Wrong }
    }
}

/// Whether `numbers` are those from 1 to `count`, each once.
fn is_order(numbers: &[usize], count: usize) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().eq(1..=count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> Html {
        Html::trusted(text.to_owned())
    }

    fn question(kind: QuestionKind) -> Question {
        Question { id: "q".to_owned(), prompt: html("Why?"), prompt_text: "Why?".to_owned(), kind }
    }

    fn choices(correct: &[bool]) -> Vec<Choice> {
        correct.iter().map(|correct| Choice { text: html("x"), correct: *correct, why: html("y") }).collect()
    }

    fn values(list: &[&str]) -> Vec<String> {
        list.iter().map(|value| (*value).to_owned()).collect()
    }

    #[test]
    fn several_choices_are_right_only_all_together() {
        let question = question(QuestionKind::Multiple(choices(&[true, false, true])));
        let judge = |list: &[&str]| question.judge(&question.parse_answer(&values(list), &question.shown_to("")));
        assert_eq!(judge(&["0", "2"]), Judgement::Right);
        assert_eq!(judge(&["0"]), Judgement::Wrong);
        assert_eq!(judge(&["0", "1", "2"]), Judgement::Wrong);
        assert_eq!(question.parse_answer(&values(&["7", "x"]), &[0, 1, 2]), Answer::default());
    }

    #[test]
    fn a_single_choice_takes_one_answer() {
        let question = question(QuestionKind::Single(choices(&[false, true])));
        assert_eq!(question.parse_answer(&values(&["1", "0"]), &[0, 1]).selected, [0]);
        assert_eq!(question.find_fault(&Answer::default()), Some(AnswerFault::NothingSelected));
    }

    #[test]
    fn a_short_answer_is_right_from_every_keyboard() {
        let judge = |accepted: &str, text: &str| {
            let question = question(QuestionKind::Short { accept: vec![accepted.to_owned()], why: html("because") });
            let answer = question.parse_answer(&values(&[text]), &[]);
            assert_eq!(question.find_fault(&answer), None, "{text:?}");
            question.judge(&answer)
        };
        for (accepted, text) in [
            ("Service catalogue", "  service   CATALOGUE "),
            ("Service catalogue", "service\u{a0}catalogue"),
            ("the team's", "The team\u{2019}s"),
            ("--overwrite", "\u{2014}overwrite"),
            ("kubectl annotate --overwrite", "kubectl annotate \u{2013}overwrite"),
            ("runbook", "run\u{200b}book\u{feff}"),
            ("504", "\u{ff15}\u{ff10}\u{ff14}"),
            ("caf\u{e9}", "cafe\u{301}"),
        ] {
            assert_eq!(judge(accepted, text), Judgement::Right, "{accepted:?} {text:?}");
        }
        for (accepted, text) in [("Service catalogue", "catalogue"), ("--overwrite", "-overwrite"), ("504", "5 04")] {
            assert_eq!(judge(accepted, text), Judgement::Wrong, "{accepted:?} {text:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_is_no_answer() {
        let short = question(QuestionKind::Short { accept: vec!["a".to_owned()], why: html("because") });
        let text = question(QuestionKind::Text { rubric: vec!["a".to_owned()], model: html("m") });
        for blank in ["\u{200b}".repeat(25), "\u{3164}".repeat(25), "\u{2800}".repeat(25), " \u{a0}\n".repeat(25)] {
            let fault = |question: &Question| question.find_fault(&question.parse_answer(&values(&[&blank]), &[]));
            assert_eq!(fault(&short), Some(AnswerFault::NothingTyped), "{blank:?}");
            assert_eq!(fault(&text), Some(AnswerFault::TooShort), "{blank:?}");
        }
        let padded = format!("I do{} not", "\u{200b}".repeat(40));
        assert_eq!(text.find_fault(&text.parse_answer(&values(&[&padded]), &[])), Some(AnswerFault::TooShort));
    }

    #[test]
    fn free_text_needs_a_sentence_or_two() {
        let question = question(QuestionKind::Text { rubric: vec!["a".to_owned()], model: html("m") });
        let fault = |text: &str| question.find_fault(&question.parse_answer(&values(&[text]), &[]));
        assert_eq!(fault("dunno"), Some(AnswerFault::TooShort));
        assert_eq!(fault(&"a".repeat(8_001)), Some(AnswerFault::TooLong));
        assert_eq!(fault("The team that wrote the service."), None);
    }
    #[test]
    fn an_order_is_right_only_as_it_was_written() {
        let items = ["a", "b", "c"].map(|text| Item { text: html(text), why: html("y") });
        let question = question(QuestionKind::Order(items.into()));
        // Shown as c, a, b: the item at index 1 of those shown is the first as written.
        let parse = |list: &[&str]| question.parse_answer(&values(list), &[2, 0, 1]);
        assert_eq!(parse(&["0.3", "1.1", "2.2"]).selected, [1, 2, 3]);
        assert_eq!(question.judge(&parse(&["2.2", "0.3", "1.1"])), Judgement::Right);
        assert_eq!(question.judge(&parse(&["0.1", "1.2", "2.3"])), Judgement::Wrong);
        for list in
            [&[][..], &["0.1", "1.1", "2.2"], &["0.1", "1.2"], &["0.1", "1.2", "2.4"], &["0.1", "1.2", "9.3", "x"]]
        {
            assert_eq!(question.find_fault(&parse(list)), Some(AnswerFault::NoOrder), "{list:?}");
        }
        assert_eq!(parse(&["0.1", "1.", "2.9"]).selected, [0, 0, 1]);
    }

    #[test]
    fn an_order_is_never_shown_as_it_is_right() {
        let items = ["a", "b"].map(|text| Item { text: html(text), why: html("y") });
        let question = question(QuestionKind::Order(items.into()));
        for person in 0..20 {
            assert_eq!(question.shown_to(&person.to_string()), [1, 0]);
        }
    }
}
