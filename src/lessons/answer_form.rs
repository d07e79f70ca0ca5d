//! In which order choices and items are shown, and how a form that showed them so is read.

use super::question::{Answer, Question, QuestionKind};
use crate::id::keyed_hash;

impl Question {
    /// The indices of the choices or items as written, in an order drawn from `seed`. Things to be put in order are never
    /// shown in the right one.
    pub fn shuffle(&self, seed: &[u8]) -> Vec<usize> {
        let rank = |index: &usize| keyed_hash(seed, format!("choice\n{}\n{index}", self.id).as_bytes());
        let mut indices: Vec<usize> = (0..self.choices().len().max(self.items().len())).collect();
        indices.sort_by_cached_key(rank);
        if !self.items().is_empty() && indices.is_sorted() {
            indices.rotate_left(1);
        }
        indices
    }

    /// Whether a lesson shows the question in another order to each person.
    pub fn is_shuffled(&self) -> bool {
        !self.items().is_empty()
    }

    /// How a lesson shows the question to a person: choices as written, things to be put in order shuffled.
    pub fn shown_to(&self, person: &str) -> Vec<usize> {
        if self.is_shuffled() { self.shuffle(person.as_bytes()) } else { (0..self.choices().len()).collect() }
    }

    /// Whether an answer numbers things as they were `shown`, as script does before anybody has moved one.
    pub fn is_as_shown(&self, answer: &Answer, shown: &[usize]) -> bool {
        !self.items().is_empty()
            && shown.iter().zip(1..).all(|(item, number)| answer.selected.get(*item) == Some(&number))
    }

    /// Reads the values of the question's form field. Of choices, each is an index among those `shown`; of things to be
    /// put in order, an index and the number given to it, such as `2.1`; else the text.
    pub fn parse_answer(&self, values: &[String], shown: &[usize]) -> Answer {
        match self.kind {
            QuestionKind::Single(_) | QuestionKind::Multiple(_) => self.parse_selected(values, shown),
            QuestionKind::Order(_) => self.parse_numbers(values, shown),
            QuestionKind::Short { .. } | QuestionKind::Text { .. } => {
                let text = values.first().map(|text| text.replace("\r\n", "\n").trim().to_owned()).unwrap_or_default();
                Answer { selected: Vec::new(), text }
            }
        }
    }

    fn parse_selected(&self, values: &[String], shown: &[usize]) -> Answer {
        let mut selected: Vec<usize> =
            values.iter().filter_map(|value| shown.get(value.parse::<usize>().ok()?).copied()).collect();
        selected.sort_unstable();
        selected.dedup();
        if matches!(self.kind, QuestionKind::Single(_)) {
            selected.truncate(1);
        }
        Answer { selected, text: String::new() }
    }

    fn parse_numbers(&self, values: &[String], shown: &[usize]) -> Answer {
        let count = self.items().len();
        let mut selected = vec![0; count];
        for (index, number) in values.iter().filter_map(|value| value.split_once('.')) {
            let item = index.parse::<usize>().ok().and_then(|index| shown.get(index));
            if let Some(slot) = item.and_then(|item| selected.get_mut(*item)) {
                *slot = number.parse().ok().filter(|number| *number <= count).unwrap_or(0);
            }
        }
        Answer { selected, text: String::new() }
    }
}
