//! Markdown to safe HTML: callouts, tabs, anchors, tables that scroll, coloured code, diagrams, links between files,
//! questions and labs in place. Raw HTML is refused rather than cleaned, so that an author learns of it.

mod blocks;
mod diagram;
mod fence;
mod footnotes;
mod headings;
mod highlight;
mod links;
mod passages;
mod sanitise;
mod tabs;
mod terms;

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::fault::{Faults, Rule};
use super::model::{Heading, Passage, Piece};
use super::question::Question;

pub(super) use headings::slugify as anchor_of;
pub use highlight::Highlighter;
pub use links::Links;
pub(super) use links::join;

/// Code of so many characters is half a line of a lesson, so it need not be broken.
const MOST_WHOLE: usize = 32;

/// What rendering knows besides the text.
pub struct Renderer<'a> {
    /// Colours code.
    pub highlighter: &'a Highlighter,
    /// Where links between files lead.
    pub links: &'a Links,
    /// The labs there are.
    pub labs: &'a [String],
}

/// A text with where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file, below the content folder.
    pub file: &'a str,
    /// The line on which the text begins, from 1.
    pub first_line: usize,
    /// The text.
    pub text: &'a str,
}

impl Source<'_> {
    fn line(&self, offset: usize) -> usize {
        self.first_line + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }
}

/// What became of a text.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The text, cut where a question or a lab stands.
    pub pieces: Vec<Piece>,
    /// Its headings of the second and third level.
    pub contents: Vec<Heading>,
    /// Its words, without code of questions and labs.
    pub passages: Vec<Passage>,
    /// Every anchor in it.
    pub anchors: BTreeSet<String>,
    /// The terms of the glossary that it links to.
    pub terms: BTreeSet<String>,
    /// The id and the line of each question in it.
    pub questions: Vec<(String, usize)>,
}

pub(super) fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_GFM
        | Options::ENABLE_DEFINITION_LIST
}

impl Renderer<'_> {
    /// Renders a whole text; what is wrong with it goes to `faults`.
    pub fn render(&self, source: Source<'_>, faults: &mut Faults) -> Rendered {
        let mut pass = Pass::new(self, source, faults);
        let mut events = Parser::new_ext(source.text, options()).into_offset_iter();
        while let Some((event, range)) = events.next() {
            pass.take(event, range, &mut events);
        }
        pass.cut();
        pass.finish_passages();
        pass.rendered
    }

    /// Renders one line of text, such as a question's prompt, without a paragraph around it.
    pub fn render_inline(&self, source: Source<'_>, faults: &mut Faults) -> crate::view::Html {
        let mut html = String::new();
        for piece in self.render(source, faults).pieces {
            match piece {
                Piece::Html(part) => html.push_str(part.as_str()),
                Piece::Question(_) | Piece::Lab(_) => {
                    faults.add(source.file, source.first_line, "no question or lab can stand here");
                }
            }
        }
        let trimmed = html.trim();
        let inner = trimmed.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
        let inline = inner.filter(|inner| !inner.contains("<p>")).unwrap_or(trimmed);
        crate::view::Html::trusted(inline.to_owned())
    }
}

/// The events with their places in the text.
type Events<'a> = pulldown_cmark::OffsetIter<'a>;

/// One way through one text.
struct Pass<'r, 'a, 'f> {
    renderer: &'r Renderer<'r>,
    source: Source<'a>,
    faults: &'f mut Faults,
    rendered: Rendered,
    events: Vec<Event<'a>>,
    /// Figures that are made here and stand in for `data-diagram` once the text around them is sanitised.
    diagrams: Vec<String>,
    tabs: Option<tabs::Tabs>,
    tabs_before: usize,
    /// The labels of footnotes, in the order of their numbers.
    footnotes: Vec<String>,
    /// The numbers of those whose text was met.
    footnotes_written: BTreeSet<usize>,
}

impl<'r, 'a, 'f> Pass<'r, 'a, 'f> {
    fn new(renderer: &'r Renderer<'r>, source: Source<'a>, faults: &'f mut Faults) -> Self {
        Self {
            renderer,
            source,
            faults,
            rendered: Rendered::default(),
            events: Vec::new(),
            diagrams: Vec::new(),
            tabs: None,
            tabs_before: 0,
            footnotes: Vec::new(),
            footnotes_written: BTreeSet::new(),
        }
    }
}

impl<'a> Pass<'_, 'a, '_> {
    fn take(&mut self, event: Event<'a>, range: Range<usize>, rest: &mut Events<'a>) {
        self.note_event(&event);
        match event {
            Event::Html(_) | Event::InlineHtml(_) => {
                self.fault(
                    range.start,
                    "raw HTML is not taken; write it in Markdown, or put it in backticks to show it",
                );
            }
            Event::Start(Tag::Heading { level, .. }) => self.take_heading(level, range.start, rest),
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
                let dest_url = self.resolve_link(&dest_url, range.start);
                self.events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::FootnoteReference(label) => {
                let reference = self.footnote_reference(&label);
                self.events.push(reference);
            }
            Event::Start(Tag::FootnoteDefinition(label)) => self.open_footnote(&label, range.start),
            Event::Start(Tag::Image { dest_url, title, .. }) => self.take_image(&dest_url, &title, range.start, rest),
            Event::Code(words) if words.chars().count() <= MOST_WHOLE => {
                self.push_html(format!("<code class=\"whole\">{}</code>", highlight::escape(&words)));
            }
            other => self.events.push(other),
        }
    }

    fn push_html(&mut self, html: impl Into<pulldown_cmark::CowStr<'a>>) {
        self.events.push(Event::Html(html.into()));
    }

    fn fault(&mut self, offset: usize, text: impl Into<String>) {
        self.fault_of(Rule::Form, offset, text);
    }

    fn fault_of(&mut self, rule: Rule, offset: usize, text: impl Into<String>) {
        self.faults.add_of(rule, (self.source.file, self.source.line(offset)), text);
    }

    /// Ends the present stretch of text.
    fn cut(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, self.events.drain(..));
        // The corner of a table that names its rows and its columns heads nothing.
        let mut html = sanitise::sanitise(&html).replace("<th></th>", "<td></td>");
        for (place, diagram) in self.diagrams.drain(..).enumerate() {
            html = html.replace(&blocks::diagram_place(place), &diagram);
        }
        self.rendered.pieces.push(Piece::Html(crate::view::Html::trusted(html)));
    }

    fn push_question(&mut self, question: Question, line: usize) {
        self.cut();
        self.rendered.questions.push((question.id.clone(), line));
        self.rendered.pieces.push(Piece::Question(Box::new(question)));
    }
}
