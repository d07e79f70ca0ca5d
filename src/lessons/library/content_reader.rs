//! Reads files of content, and collects what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::files::Files;
use crate::lessons::fault::{Faults, NUL_FAULT, Rule, control_fault, line_of};
use crate::lessons::markdown::Renderer;
use crate::lessons::model::Term;
use crate::text::count_visible;

/// Reads content; the files beside this one add what it reads of each kind.
pub(super) struct ContentReader<'a> {
    pub(super) files: &'a Files,
    pub(super) renderer: &'a Renderer<'a>,
    pub(super) faults: Faults,
    /// The terms of each module, by its folder.
    pub(super) glossaries: BTreeMap<String, Vec<Term>>,
    /// The anchors of each lesson's file.
    pub(super) anchors: BTreeMap<String, BTreeSet<String>>,
    /// The file, the line and the id of each question in a lesson.
    pub(super) questions: Vec<(String, usize, String)>,
    /// By lesson's file, the lines of commands that do not say for which cluster they are.
    pub(super) unmarked_commands: BTreeMap<String, Vec<usize>>,
}

impl<'a> ContentReader<'a> {
    pub(super) fn new(files: &'a Files, renderer: &'a Renderer<'a>) -> Self {
        Self {
            files,
            renderer,
            faults: Faults::default(),
            glossaries: BTreeMap::new(),
            anchors: BTreeMap::new(),
            questions: Vec::new(),
            unmarked_commands: BTreeMap::new(),
        }
    }

    pub(super) fn read_text(&mut self, file: &str) -> Option<String> {
        let Some(bytes) = self.files.find(file) else {
            self.faults.add(file, 1, "the file is missing; write it, or take its name out of the list that names it");
            return None;
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let is_unseen = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
                match text.char_indices().find(|(_, letter)| is_unseen(*letter)) {
                    Some((at, '\0')) => self.faults.add(file, line_of(text, at), NUL_FAULT),
                    Some((at, letter)) => self.faults.add(file, line_of(text, at), control_fault(letter)),
                    None => {}
                }
                Some(text.to_owned())
            }
            Err(fault) => {
                let line = bytes.iter().take(fault.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
                self.faults.add(file, line, "the file is not UTF-8; save it as UTF-8");
                None
            }
        }
    }

    pub(super) fn read_toml<T: DeserializeOwned>(&mut self, file: &str) -> Option<T> {
        let text = self.read_text(file)?;
        self.parse_toml(file, &text, 1)
    }

    pub(super) fn parse_toml<T: DeserializeOwned>(&mut self, file: &str, text: &str, first_line: usize) -> Option<T> {
        self.faults.refuse_nul_escape(Rule::Form, (file, first_line), text);
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(fault) => {
                let line = fault.span().map_or(1, |span| line_of(text, span.start));
                self.faults.add(file, first_line + line - 1, fault.message());
                None
            }
        }
    }

    /// Adds a fault for a title or a summary without a visible character.
    pub(super) fn require_words(&mut self, location: (&str, usize), title: &str, summary: &str) {
        for (key, words) in [("title", title), ("summary", summary)] {
            if count_visible(words) == 0 {
                self.faults.add_of(Rule::Form, location, format!("`{key}` says nothing; readers choose by it"));
            }
        }
    }
}
