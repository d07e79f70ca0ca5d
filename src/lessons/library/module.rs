//! Modules and their sections: `module.toml` and `section.toml`.

use serde::Deserialize;

use super::content_reader::ContentReader;
use super::page_path::without_number;
use super::pool::CheckpointSource;
use crate::lessons::fault::Rule;
use crate::lessons::model::{Lesson, Module, Section};
use crate::lessons::paths::{has_extension, is_within};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModuleSource {
    title: String,
    summary: String,
    sections: Vec<String>,
    #[serde(default)]
    checkpoint: CheckpointSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionSource {
    title: String,
    summary: String,
    lab: Option<String>,
}

/// A section whose lessons are not read yet.
struct UnreadSection {
    slug: String,
    source: SectionSource,
    /// The files of its lessons.
    files: Vec<String>,
}

impl UnreadSection {
    /// Takes as many of a module's `lessons` as are its own.
    fn fill(self, lessons: &mut impl Iterator<Item = Option<Lesson>>) -> Section {
        let SectionSource { title, summary, lab } = self.source;
        let lessons = lessons.by_ref().take(self.files.len()).flatten().collect();
        Section { slug: self.slug, title, summary, lab, lessons }
    }
}

impl ContentReader<'_> {
    /// Reads the module in a folder, with its sections, lessons and checkpoint.
    pub(super) fn read_module(&mut self, folder: &str) -> Option<Module> {
        let file = format!("{folder}/module.toml");
        let source: ModuleSource = self.read_toml(&file)?;
        for (index, section) in source.sections.iter().enumerate() {
            if source.sections[..index].contains(section) {
                let text = format!("the section {section:?} is named twice; take it out once");
                self.faults.add_of(Rule::Duplicate, (&file, 1), text);
            }
        }
        let unread: Vec<UnreadSection> =
            source.sections.iter().filter_map(|section| self.read_section(folder, section)).collect();
        let files: Vec<&String> = unread.iter().flat_map(|section| &section.files).collect();
        let mut lessons = self.read_lessons(&files).into_iter();
        // Pages of a section with a lab offer commands to its terminal.
        for file in unread.iter().filter(|section| section.source.lab.is_some()).flat_map(|section| &section.files) {
            let lines = self.unmarked_commands.remove(file).unwrap_or_default();
            self.faults.refuse_unmarked_commands(file, &lines);
        }
        let sections: Vec<Section> = unread.into_iter().map(|section| section.fill(&mut lessons)).collect();
        let checkpoint = self.read_checkpoint(folder, &source.sections, &source.checkpoint);
        self.require_words((&file, 1), &source.title, &source.summary);
        Some(Module {
            slug: folder.to_owned(),
            title: source.title,
            summary: source.summary,
            sections,
            glossary: self.glossaries.remove(folder).unwrap_or_default(),
            checkpoint,
        })
    }

    fn read_section(&mut self, module: &str, folder: &str) -> Option<UnreadSection> {
        let path = format!("{module}/{folder}");
        let file = format!("{path}/section.toml");
        let source: SectionSource = self.read_toml(&file)?;
        if let Some(lab) = source.lab.as_ref().filter(|lab| !self.renderer.labs.contains(lab)) {
            let text = format!("there is no lab {lab:?}; there are: {}", self.renderer.labs.join(", "));
            self.faults.add_of(Rule::Lab, (&file, 1), text);
        }
        self.require_words((&file, 1), &source.title, &source.summary);
        let lessons = self.files.paths().filter(|found| is_within(found, &path) && has_extension(found, "md"));
        let files: Vec<String> = lessons.map(str::to_owned).collect();
        if files.is_empty() {
            self.faults.add(&file, 1, "the section has no lessons; add a file such as 01-beginning.md");
        }
        Some(UnreadSection { slug: without_number(folder).to_owned(), source, files })
    }
}
