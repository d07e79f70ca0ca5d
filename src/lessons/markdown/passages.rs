//! The words of a text as they are searched: without markup, one passage under each heading.

use pulldown_cmark::{Event, TagEnd};

use super::Pass;
use crate::lessons::model::{Heading, Passage};

impl Pass<'_, '_, '_> {
    /// Keeps what an event says.
    pub(super) fn note_event(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(words) | Event::Code(words) => self.note(words),
            Event::SoftBreak | Event::HardBreak => self.note(" "),
            Event::End(end) if !is_within_line(*end) => self.note(" "),
            _ => {}
        }
    }

    /// Keeps words.
    pub(super) fn note(&mut self, words: &str) {
        if self.rendered.passages.is_empty() {
            self.rendered.passages.push(Passage::default());
        }
        if let Some(passage) = self.rendered.passages.last_mut() {
            passage.text.push_str(words);
        }
    }

    /// Leaves single spaces between words, and no passage without any.
    pub(super) fn finish_passages(&mut self) {
        for passage in &mut self.rendered.passages {
            passage.text = passage.text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        self.rendered.passages.retain(|passage| passage.heading.is_some() || !passage.text.is_empty());
    }

    /// Begins the passage of a heading.
    pub(super) fn begin_passage(&mut self, heading: Heading) {
        self.rendered.passages.push(Passage { heading: Some(heading), text: String::new() });
    }
}

fn is_within_line(end: TagEnd) -> bool {
    matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link)
}
