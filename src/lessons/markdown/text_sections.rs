//! The words of a text as they are searched: without markup, one section under each heading.

use pulldown_cmark::{Event, TagEnd};

use super::renderer::TextRenderer;
use crate::lessons::model::{Heading, TextSection};

impl TextRenderer<'_, '_, '_> {
    /// Adds the text of an event.
    pub(super) fn push_event_text(&mut self, event: &Event<'_>) {
        match event {
            Event::Text(words) | Event::Code(words) => self.push_text(words),
            Event::SoftBreak | Event::HardBreak => self.push_text(" "),
            Event::End(end) if !is_within_line(*end) => self.push_text(" "),
            _ => {}
        }
    }

    /// Adds text to the section.
    pub(super) fn push_text(&mut self, words: &str) {
        if self.rendered.text_sections.is_empty() {
            self.rendered.text_sections.push(TextSection::default());
        }
        if let Some(section) = self.rendered.text_sections.last_mut() {
            section.text.push_str(words);
        }
    }

    /// Leaves single spaces between words, and no section without any.
    pub(super) fn finish_text_sections(&mut self) {
        for section in &mut self.rendered.text_sections {
            section.text = section.text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        self.rendered.text_sections.retain(|section| section.heading.is_some() || !section.text.is_empty());
    }

    /// Begins the section of a heading.
    pub(super) fn begin_text_section(&mut self, heading: Heading) {
        self.rendered.text_sections.push(TextSection { heading: Some(heading), text: String::new() });
    }
}

fn is_within_line(end: TagEnd) -> bool {
    matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link)
}
