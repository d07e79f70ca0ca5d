//! A question as an author writes it, in TOML.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::fault::{Faults, Rule, line_of};
use super::markdown::{Renderer, Source};
use super::question::{Choice, Item, Question, QuestionKind};
use crate::text::{count_visible, fold};

/// The fields of a question; which of them belong depends on its kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionSource {
    id: String,
    kind: Kind,
    /// The folder of the section that a question of a pool is about.
    pub(crate) section: Option<String>,
    prompt: String,
    #[serde(default)]
    choices: Vec<ChoiceSource>,
    /// What is to be put in order, in the right one.
    #[serde(default)]
    items: Vec<ItemSource>,
    #[serde(default)]
    accept: Vec<String>,
    #[serde(default)]
    why: String,
    #[serde(default)]
    rubric: Vec<String>,
    #[serde(default)]
    model: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Single,
    Multiple,
    Order,
    Short,
    Text,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceSource {
    text: String,
    correct: bool,
    why: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ItemSource {
    text: String,
    why: String,
}

impl QuestionSource {
    /// Reads the TOML of one question.
    pub(crate) fn read(source: Source<'_>, renderer: &Renderer<'_>, faults: &mut Faults) -> Option<Question> {
        faults.refuse_nul_escape(Rule::Question, (source.file, source.first_line), source.text);
        match toml::from_str::<Self>(source.text) {
            Ok(question) if question.section.is_some() => {
                let text = format!("the question {:?} names a section, as only a pool's questions do", question.id);
                faults.add_of(Rule::Question, (source.file, source.first_line), text);
                None
            }
            Ok(question) => question.render(source, renderer, faults),
            Err(fault) => {
                let line = fault.span().map_or(1, |span| line_of(source.text, span.start));
                let text = format!("a question: {}", fault.message());
                faults.add_of(Rule::Question, (source.file, source.first_line + line - 1), text);
                None
            }
        }
    }

    /// Renders the texts of a question, unless something about it is wrong.
    pub(crate) fn render(&self, source: Source<'_>, renderer: &Renderer<'_>, faults: &mut Faults) -> Option<Question> {
        if let Some(fault) = self.find_fault() {
            let text = format!("the question {:?} {fault}", self.id);
            faults.add_of(Rule::Question, (source.file, source.first_line), text);
            return None;
        }
        let mut inline = |text: &str| renderer.render_inline(Source { text, ..source }, faults);
        let mut choices = || {
            self.choices
                .iter()
                .map(|choice| Choice { text: inline(&choice.text), correct: choice.correct, why: inline(&choice.why) })
                .collect()
        };
        let kind = match self.kind {
            Kind::Single => QuestionKind::Single(choices()),
            Kind::Multiple => QuestionKind::Multiple(choices()),
            Kind::Order => QuestionKind::Order(
                self.items.iter().map(|item| Item { text: inline(&item.text), why: inline(&item.why) }).collect(),
            ),
            Kind::Short => QuestionKind::Short { accept: self.accept.clone(), why: inline(&self.why) },
            Kind::Text => QuestionKind::Text { rubric: self.rubric.clone(), model: inline(&self.model) },
        };
        let prompt = inline(&self.prompt);
        Some(Question { id: self.id.clone(), prompt, prompt_text: self.prompt.clone(), kind })
    }

    fn find_fault(&self) -> Option<String> {
        let right = self.choices.iter().filter(|choice| choice.correct).count();
        let is_slug = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if self.id.is_empty() || !self.id.chars().all(is_slug) {
            return Some("needs an id of lower-case letters, digits and hyphens".to_owned());
        }
        match self.kind {
            Kind::Single if right != 1 => Some(format!("takes one answer, and {right} of its choices are right")),
            Kind::Multiple if right == 0 => Some("has no right choice".to_owned()),
            Kind::Single | Kind::Multiple if self.choices.len() < 2 => Some("needs two choices or more".to_owned()),
            Kind::Order if self.items.len() < 3 => Some("needs three `items` or more, in the right order".to_owned()),
            Kind::Short if self.accept.is_empty() => Some("needs `accept`, the answers it takes".to_owned()),
            Kind::Text if self.rubric.is_empty() || is_blank(&self.model) => {
                Some("needs a `rubric` and a `model` answer".to_owned())
            }
            _ => self.find_blank_text().or_else(|| self.find_duplicate()),
        }
    }

    /// The first line or accepted answer that is there twice.
    fn find_duplicate(&self) -> Option<String> {
        let mut lines = BTreeSet::new();
        let texts = self.choices.iter().map(|choice| &choice.text).chain(self.items.iter().map(|item| &item.text));
        // A question may be about capitals, so lines are compared as they are written.
        if let Some(text) = texts.into_iter().find(|text| !lines.insert(text.trim())) {
            return Some(format!("has the line {text:?} twice; change one, or take it out"));
        }
        let mut answers = BTreeMap::new();
        for accepted in &self.accept {
            if let Some(other) = answers.insert(fold(accepted), accepted) {
                return Some(format!("accepts {other:?} and {accepted:?}, which are the same answer; take one out"));
            }
        }
        None
    }

    /// The first text of the question that is blank.
    fn find_blank_text(&self) -> Option<String> {
        if is_blank(&self.prompt) {
            return Some("asks nothing; write a `prompt`".to_owned());
        }
        let choices = self.choices.iter().map(|choice| (&choice.text, &choice.why));
        let mut lines = choices.chain(self.items.iter().map(|item| (&item.text, &item.why)));
        if let Some(index) = lines.position(|(text, why)| is_blank(text) || is_blank(why)) {
            return Some(format!("says nothing in its line {}; give it a `text`, and a `why`", index + 1));
        }
        if self.accept.iter().any(|accepted| is_blank(accepted)) {
            return Some(
                "accepts an answer without a character, which nobody can give; write it, or take it out".to_owned(),
            );
        }
        if self.rubric.iter().any(|point| is_blank(point)) {
            return Some("has a point in its `rubric` that says nothing; write it, or take it out".to_owned());
        }
        let is_unexplained = self.kind == Kind::Short && is_blank(&self.why);
        is_unexplained.then(|| "explains nothing; write `why`, which shows after an answer".to_owned())
    }
}

fn is_blank(text: &str) -> bool {
    count_visible(text) == 0
}
