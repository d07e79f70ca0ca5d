//! The pool of questions that a checkpoint draws from: `pool.toml`, beside the module's own file.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::content_reader::ContentReader;
use crate::lessons::fault::{Rule, line_of};
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
    questions: Vec<Spanned<QuestionSource>>,
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
        // The sort is stable, so it keeps the author's order within a section.
        pool.sort_by_key(|pooled| pooled.section);
        Checkpoint { question_count, pool }
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
