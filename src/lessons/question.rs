//! A question, and what an answer to it is worth.

use serde::{Deserialize, Serialize};

use crate::view::Html;

/// The fewest characters of an answer in free text before the model answer shows.
pub const HONEST_CHARACTERS: usize = 20;
/// The most characters of an answer.
pub const ANSWER_MOST: usize = 8_000;

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
    /// A few words that match one of the accepted.
    Short {
        /// What is accepted, however it is capitalised.
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
    /// What it says.
    pub text: Html,
    /// Whether it is right.
    pub correct: bool,
    /// Why.
    pub why: Html,
}

/// What a person answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The places of the chosen choices, from 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chosen: Vec<usize>,
    /// What was typed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
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

/// Why an answer cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// Nothing was chosen.
    #[error("Please choose an answer.")]
    NothingChosen,
    /// Nothing was typed.
    #[error("Please type an answer.")]
    NothingTyped,
    /// Too little for the model answer to show.
    #[error("Please write a sentence or two first; the model answer shows after an honest try.")]
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
            QuestionKind::Short { .. } | QuestionKind::Text { .. } => &[],
        }
    }

    /// The name of the kind in templates.
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            QuestionKind::Single(_) => "single",
            QuestionKind::Multiple(_) => "multiple",
            QuestionKind::Short { .. } => "short",
            QuestionKind::Text { .. } => "text",
        }
    }

    /// Reads the values of the question's form field: places of choices, or text.
    pub fn parse_answer(&self, values: &[String]) -> Answer {
        if self.choices().is_empty() {
            let text = values.first().map(|text| text.replace("\r\n", "\n").trim().to_owned()).unwrap_or_default();
            return Answer { chosen: Vec::new(), text };
        }
        let mut chosen: Vec<usize> = values
            .iter()
            .filter_map(|value| value.parse().ok())
            .filter(|place| *place < self.choices().len())
            .collect();
        chosen.sort_unstable();
        chosen.dedup();
        if matches!(self.kind, QuestionKind::Single(_)) {
            chosen.truncate(1);
        }
        Answer { chosen, text: String::new() }
    }

    /// What is wrong with an answer before it is judged, if anything.
    pub fn find_fault(&self, answer: &Answer) -> Option<AnswerFault> {
        let characters = answer.text.chars().count();
        match &self.kind {
            QuestionKind::Single(_) | QuestionKind::Multiple(_) => {
                answer.chosen.is_empty().then_some(AnswerFault::NothingChosen)
            }
            _ if characters > ANSWER_MOST => Some(AnswerFault::TooLong),
            QuestionKind::Short { .. } => (characters == 0).then_some(AnswerFault::NothingTyped),
            QuestionKind::Text { .. } => (characters < HONEST_CHARACTERS).then_some(AnswerFault::TooShort),
        }
    }

    /// What a sound answer is worth.
    pub fn judge(&self, answer: &Answer) -> Judgement {
        let right = match &self.kind {
            QuestionKind::Single(choices) | QuestionKind::Multiple(choices) => {
                choices.iter().enumerate().all(|(place, choice)| choice.correct == answer.chosen.contains(&place))
            }
            QuestionKind::Short { accept, .. } => {
                let typed = fold(&answer.text);
                accept.iter().any(|accepted| fold(accepted) == typed)
            }
            QuestionKind::Text { .. } => return Judgement::Open,
        };
        if right { Judgement::Right } else { Judgement::Wrong }
    }
}

/// Case and white space aside.
fn fold(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
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
        let judge = |list: &[&str]| question.judge(&question.parse_answer(&values(list)));
        assert_eq!(judge(&["0", "2"]), Judgement::Right);
        assert_eq!(judge(&["0"]), Judgement::Wrong);
        assert_eq!(judge(&["0", "1", "2"]), Judgement::Wrong);
        assert_eq!(question.parse_answer(&values(&["7", "x"])), Answer::default());
    }

    #[test]
    fn a_single_choice_takes_one_answer() {
        let question = question(QuestionKind::Single(choices(&[false, true])));
        assert_eq!(question.parse_answer(&values(&["1", "0"])).chosen, [0]);
        assert_eq!(question.find_fault(&Answer::default()), Some(AnswerFault::NothingChosen));
    }

    #[test]
    fn a_short_answer_is_read_without_regard_to_case_and_space() {
        let question =
            question(QuestionKind::Short { accept: vec!["Service catalogue".to_owned()], why: html("because") });
        let judge = |text: &str| question.judge(&question.parse_answer(&values(&[text])));
        assert_eq!(judge("  service   CATALOGUE "), Judgement::Right);
        assert_eq!(judge("catalogue"), Judgement::Wrong);
    }

    #[test]
    fn free_text_needs_an_honest_try() {
        let question = question(QuestionKind::Text { rubric: vec!["a".to_owned()], model: html("m") });
        let fault = |text: &str| question.find_fault(&question.parse_answer(&values(&[text])));
        assert_eq!(fault("dunno"), Some(AnswerFault::TooShort));
        assert_eq!(fault(&"a".repeat(8_001)), Some(AnswerFault::TooLong));
        assert_eq!(fault("The team that wrote the service."), None);
    }
}
