//! Markdown to safe HTML: callouts, tabs, anchors, tables that scroll, coloured code, diagrams, links between files,
//! questions and labs in place. Raw HTML is refused rather than removed, so that its author notices.
//!
//! [`Renderer`] holds what all texts share; `renderer.rs` has the state of one text, and each other file renders one kind of
//! block. A question's own texts are rendered by whoever reads the question.

mod blocks;
mod diagram;
mod fence;
mod footnotes;
mod headings;
mod highlight;
mod links;
mod renderer;
mod sanitise;
mod tabs;
mod terms;
mod text_sections;

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quick_xml::escape::escape;

use super::fault::Faults;
use crate::view::Html;
use renderer::{Events, TextRenderer};

pub(super) use headings::slugify as anchor_of;
pub use highlight::Highlighter;
pub use renderer::{GuideStep, Links, Rendered, RenderedBlock, Renderer, Source};

/// Code of so many characters is half a line of a lesson, so it need not be broken.
const MAX_UNBROKEN_CHARS: usize = 32;

pub(super) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_HEADING_ATTRIBUTES
}

impl Renderer<'_> {
    /// Renders a whole text; what is wrong with it goes to `faults`.
    pub fn render(&self, source: Source<'_>, faults: &mut Faults) -> Rendered {
        let mut text = TextRenderer::new(self, source, faults);
        let mut events = Parser::new_ext(source.text, options()).into_offset_iter();
        while let Some((event, range)) = events.next() {
            text.take(event, range, &mut events);
        }
        text.end_text();
        text.finish_text_sections();
        text.rendered
    }

    /// Renders one line of text, such as a question's prompt, without a paragraph around it.
    pub fn render_inline(&self, source: Source<'_>, faults: &mut Faults) -> Html {
        let mut html = String::new();
        for block in self.render(source, faults).blocks {
            match block {
                RenderedBlock::Html(part) => html.push_str(part.as_str()),
                RenderedBlock::Question { .. } | RenderedBlock::Lab(_) => {
                    faults.add(source.file, source.first_line, "no question or lab can stand here");
                }
                RenderedBlock::Step(step) => step.refuse(source.file, faults),
            }
        }
        let trimmed = html.trim();
        let inner = trimmed.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
        let inline = inner.filter(|inner| !inner.contains("<p>")).unwrap_or(trimmed);
        Html::trusted(inline.to_owned())
    }
}

impl<'a> TextRenderer<'_, 'a, '_> {
    fn take(&mut self, event: Event<'a>, range: Range<usize>, rest: &mut Events<'a>) {
        self.push_event_text(&event);
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                self.fault(
                    range.start,
                    "raw HTML is not taken; write it in Markdown, or put it in backticks to show it",
                );
            }
            Event::Start(Tag::Heading { level, id, classes, attrs }) => {
                let tasks = self.read_tasks(id.is_none() && classes.is_empty(), &attrs, range.start);
                self.take_heading((level, tasks), range.start, rest);
            }
            Event::Start(Tag::CodeBlock(kind)) => self.take_code(&kind, range.start, rest),
            Event::Start(Tag::BlockQuote(Some(kind))) => self.open_callout(kind),
            Event::End(TagEnd::BlockQuote(Some(_))) => self.push_html("</aside>\n"),
            Event::Start(Tag::DefinitionList) => self.open_tabs(range.start),
            Event::Start(Tag::DefinitionListTitle) => self.take_tab_label(range.start, rest),
            Event::Start(Tag::DefinitionListDefinition) => self.open_panel(range.start),
            Event::End(TagEnd::DefinitionListDefinition | TagEnd::FootnoteDefinition) => self.push_html("</div>\n"),
            Event::End(TagEnd::DefinitionList) => self.close_tabs(),
            Event::Start(Tag::Table(alignments)) => {
                self.push_html("<div class=\"table-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">");
                self.events.push(Event::Start(Tag::Table(alignments)));
            }
            Event::End(TagEnd::Table) => {
                self.events.push(Event::End(TagEnd::Table));
                self.push_html("</div>\n");
            }
            Event::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with(terms::SCHEME) => {
                self.open_term(&dest_url, range.start);
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = self.resolve_link((link_type, &dest_url), range.start);
                self.events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::FootnoteReference(label) => {
                let reference = self.footnote_reference(&label);
                self.events.push(reference);
            }
            Event::Start(Tag::FootnoteDefinition(label)) => self.open_footnote(&label, range.start),
            Event::Start(Tag::Image { dest_url, title, .. }) => self.take_image(&dest_url, &title, range.start, rest),
            Event::Code(words) if words.chars().count() <= MAX_UNBROKEN_CHARS => {
                self.push_html(format!("<code class=\"whole\">{}</code>", escape(words.as_ref())));
            }
            other => self.events.push(other),
        }
    }
}
