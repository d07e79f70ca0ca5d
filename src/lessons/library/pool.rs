//! The pool of questions that a checkpoint draws from: `pool.toml`, beside the module's own file.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::content_reader::ContentReader;
use crate::lessons::fault::{Rule, line_of};
use crate::lessons::kind_mix::KindMix;
use crate::lessons::markdown::Source;
use crate::lessons::model::{Checkpoint, PoolQuestion};
use crate::lessons::question_source::QuestionSource;

/// The `[checkpoint]` section of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointSource {
    /// How many questions an entry is asked.
    questions: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolSource {
    /// How many questions of each kind an entry is asked; without it, as many as are in proportion to the pool.
    draw: Option<Spanned<DrawSource>>,
    questions: Vec<Spanned<QuestionSource>>,
}

/// The `[draw]` section of a pool; a kind that is left out is not asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DrawSource {
    single: Option<Spanned<usize>>,
    multiple: Option<Spanned<usize>>,
    order: Option<Spanned<usize>>,
    short: Option<Spanned<usize>>,
    text: Option<Spanned<usize>>,
}

impl DrawSource {
    fn numbers(&self) -> impl Iterator<Item = (&'static str, &Spanned<usize>)> + Clone {
        let kinds = [
            ("single", &self.single),
            ("multiple", &self.multiple),
            ("order", &self.order),
            ("short", &self.short),
            ("text", &self.text),
        ];
        kinds.into_iter().filter_map(|(kind, number)| Some((kind, number.as_ref()?)))
    }
}

impl ContentReader<'_> {
    /// Reads the pool of a module, unless the module has no checkpoint.
    pub(super) fn read_checkpoint(
        &mut self,
        folder: &str,
        sections: &[String],
        checkpoint: &CheckpointSource,
    ) -> Checkpoint {
        let (question_count, file) = (checkpoint.questions, format!("{folder}/pool.toml"));
        if question_count == 0 {
            return Checkpoint::default();
        }
        let Some(text) = self.read_text(&file) else { return Checkpoint::default() };
        let Some(source) = self.parse_toml::<PoolSource>(&file, &text, 1) else { return Checkpoint::default() };
        let (mut pool, mut ids) = (Vec::new(), BTreeSet::new());
        for question in &source.questions {
            let first_line = line_of(&text, question.span().start);
            let location = Source { file: &file, first_line, text: "" };
            pool.extend(self.read_pool_question(location, question.get_ref(), sections, &mut ids));
        }
        if source.questions.len() < question_count {
            let text =
                format!("an entry is asked {question_count} questions, and the pool has {}", source.questions.len());
            self.faults.add_of(Rule::Question, (&file, 1), text);
        }
        let mix = match &source.draw {
            // Questions with a fault of their own are told as such, and not as ones that the mix lacks.
            Some(draw) if pool.len() == source.questions.len() => {
                self.read_mix((&file, &text), draw, (&pool, question_count))
            }
            _ => count_kinds(&pool).scale_to(question_count),
        };
        // The sort is stable, so it keeps the author's order within a section.
        pool.sort_by_key(|pooled| pooled.section);
        Checkpoint { question_count, mix, pool }
    }

    /// The mix that a pool states, held against what it has.
    fn read_mix(
        &mut self,
        (file, text): (&str, &str),
        draw: &Spanned<DrawSource>,
        (pool, question_count): (&[PoolQuestion], usize),
    ) -> KindMix {
        let available = count_kinds(pool);
        for (kind, number) in draw.get_ref().numbers() {
            let (number, line) = (*number.get_ref(), line_of(text, number.span().start));
            if number > available.of(kind) {
                let has = available.of(kind);
                let text = format!("`draw.{kind}` asks for {number} questions of that kind, and the pool has {has}");
                self.faults.add_of(Rule::Question, (file, line), text);
            }
        }
        let numbers = draw.get_ref().numbers().map(|(kind, number)| (kind, *number.get_ref()));
        // Numbers that are too large to add up are told above.
        let sum = numbers.clone().fold(0_usize, |sum, (_, number)| sum.saturating_add(number));
        if sum != question_count {
            let line = line_of(text, draw.span().start);
            let text = format!("`draw` adds up to {sum}, and an entry is asked {question_count} questions");
            self.faults.add_of(Rule::Question, (file, line), text);
        }
        KindMix::new(numbers)
    }

    fn read_pool_question(
        &mut self,
        location: Source<'_>,
        source: &QuestionSource,
        sections: &[String],
        ids: &mut BTreeSet<String>,
    ) -> Option<PoolQuestion> {
        let question = source.render(location, self.renderer, &mut self.faults)?;
        if !ids.insert(question.id.clone()) {
            let text = format!("two questions of the pool have the id {:?}; rename one", question.id);
            self.faults.add_of(Rule::Duplicate, (location.file, location.first_line), text);
        }
        let named = source.section.as_deref().unwrap_or_default();
        let Some(section) = sections.iter().position(|section| section == named) else {
            let text = format!(
                "the question {:?} needs `section`, the folder that it is about: {}",
                question.id,
                sections.join(", ")
            );
            self.faults.add_of(Rule::Question, (location.file, location.first_line), text);
            return None;
        };
        Some(PoolQuestion { section, question })
    }
}

fn count_kinds(pool: &[PoolQuestion]) -> KindMix {
    KindMix::count(pool.iter().map(|pooled| &pooled.question))
}
