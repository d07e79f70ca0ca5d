//! Footnotes: numbered through the whole text, wherever a question or a lab cuts it.

use pulldown_cmark::Event;

use super::renderer::TextRenderer;
use crate::lessons::address::anchor_id;

impl<'a> TextRenderer<'_, 'a, '_> {
    /// The number that leads to a footnote.
    pub(super) fn footnote_reference(&mut self, label: &str) -> Event<'a> {
        let number = self.footnote_number(label);
        let id = footnote_id(number);
        Event::Html(format!("<sup class=\"footnote-reference\"><a href=\"#{id}\">{number}</a></sup>").into())
    }

    /// Begins the text of a footnote.
    pub(super) fn open_footnote(&mut self, label: &str, start: usize) {
        let number = self.footnote_number(label);
        if !self.footnotes_written.insert(number) {
            self.fault(start, format!("the footnote [^{label}] stands here twice; rename one"));
        }
        let id = footnote_id(number);
        self.push_html(format!(
            "<div class=\"footnote-definition\" id=\"{id}\"><sup class=\"footnote-definition-label\">{number}</sup>"
        ));
    }

    fn footnote_number(&mut self, label: &str) -> usize {
        let index = self.footnotes.iter().position(|known| known == label);
        index.unwrap_or_else(|| {
            self.footnotes.push(label.to_owned());
            self.footnotes.len() - 1
        }) + 1
    }
}

/// A slug has no underscore, so no heading has this id.
fn footnote_id(number: usize) -> String {
    anchor_id(&format!("note_{number}"))
}
