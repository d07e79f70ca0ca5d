//! The input of rendering, its result, and the state of one text while it is rendered.

use std::collections::{BTreeMap, BTreeSet};

use pulldown_cmark::{CowStr, Event};

use super::highlight::Highlighter;
use super::sanitise::sanitise;
use crate::lessons::fault::{Faults, Rule};
use crate::lessons::model::{Heading, TextSection};
use crate::view::Html;

/// Renders texts; holds what all texts share.
pub struct Renderer<'a> {
    /// Colours code.
    pub highlighter: &'a Highlighter,
    /// Where links between files lead.
    pub links: &'a Links,
    /// The labs there are.
    pub labs: &'a [String],
}

/// Where links between files lead.
#[derive(Debug, Default)]
pub struct Links {
    /// Lesson files and the addresses of their pages.
    pub lessons: BTreeMap<String, String>,
    /// Images and the like, with their width and height where these can be read.
    pub media: BTreeMap<String, Option<(u32, u32)>>,
    /// What each term of a glossary means, by the module's folder and the term's anchor.
    pub terms: BTreeMap<String, BTreeMap<String, String>>,
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
    pub(super) fn line(&self, offset: usize) -> usize {
        self.first_line + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }
}

/// A rendered text.
#[derive(Debug, Default)]
pub struct Rendered {
    /// The text, divided at each question and lab.
    pub blocks: Vec<RenderedBlock>,
    /// Its headings of the second and third level.
    pub contents: Vec<Heading>,
    /// Its words, without code of questions and labs.
    pub text_sections: Vec<TextSection>,
    /// Every anchor in it.
    pub anchors: BTreeSet<String>,
    /// The terms of the glossary that it links to.
    pub terms: BTreeSet<String>,
    /// The lines on which commands stand that do not say for which cluster they are.
    pub unmarked_commands: Vec<usize>,
}

/// A part of a rendered text. A question is left as it was written, since its own texts are rendered one by one.
#[derive(Debug)]
pub enum RenderedBlock {
    /// Text.
    Html(Html),
    /// A question.
    Question {
        /// The line on which its TOML begins.
        first_line: usize,
        /// Its TOML.
        toml: String,
    },
    /// The name of a lab.
    Lab(String),
    /// The heading of the text before it leads to tasks.
    Step(GuideStep),
}

/// A heading of a lab's guide that leads to tasks of the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuideStep {
    /// The line of the heading.
    pub line: usize,
    /// Its anchor.
    pub anchor: String,
    /// Its text.
    pub title: String,
    /// The ids of the tasks.
    pub tasks: Vec<String>,
}

impl GuideStep {
    /// Adds the fault of a text that is no guide.
    pub(in crate::lessons) fn refuse(&self, file: &str, faults: &mut Faults) {
        faults.add(file, self.line, "only the guide of a lab leads to tasks; leave out the braces of this heading");
    }
}

/// The events with their offsets in the text.
pub(super) type Events<'a> = pulldown_cmark::OffsetIter<'a>;

/// Renders one text; the files beside this one add what it does with each kind of block.
pub(super) struct TextRenderer<'r, 'a, 'f> {
    pub(super) renderer: &'r Renderer<'r>,
    pub(super) source: Source<'a>,
    pub(super) faults: &'f mut Faults,
    pub(super) rendered: Rendered,
    /// The events since the last block.
    pub(super) events: Vec<Event<'a>>,
    /// The HTML of diagrams, which replaces `data-diagram` once the text around it is sanitised.
    pub(super) diagrams: Vec<String>,
    pub(super) tabs: Option<Tabs>,
    pub(super) tabs_before: usize,
    /// The labels of footnotes, in the order of their numbers.
    pub(super) footnotes: Vec<String>,
    /// The numbers of the footnotes whose text was read.
    pub(super) footnotes_written: BTreeSet<usize>,
}

/// A set of tabs that is being read.
#[derive(Debug)]
pub(super) struct Tabs {
    /// Where it begins in the text.
    pub(super) start: usize,
    /// Its number in the text, from 1.
    pub(super) number: usize,
    pub(super) labels: Vec<String>,
    pub(super) is_labelled: bool,
}

impl<'r, 'a, 'f> TextRenderer<'r, 'a, 'f> {
    pub(super) fn new(renderer: &'r Renderer<'r>, source: Source<'a>, faults: &'f mut Faults) -> Self {
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

impl<'a> TextRenderer<'_, 'a, '_> {
    pub(super) fn push_html(&mut self, html: impl Into<CowStr<'a>>) {
        self.events.push(Event::Html(html.into()));
    }

    /// Adds a diagram, which is no part of what is sanitised.
    pub(super) fn push_diagram(&mut self, html: String) {
        self.push_html(diagram_placeholder(self.diagrams.len()));
        self.diagrams.push(html);
    }

    /// Adds a block of its own, after the text so far.
    pub(super) fn push_block(&mut self, block: RenderedBlock) {
        self.end_text();
        self.rendered.blocks.push(block);
    }

    /// Ends the block of text that the events so far make.
    pub(super) fn end_text(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let mut html = String::new();
        pulldown_cmark::html::push_html(&mut html, self.events.drain(..));
        // The corner cell of a table with row headings is empty, so it is no heading.
        let mut html = sanitise(&html).replace("<th></th>", "<td></td>");
        for (index, diagram) in self.diagrams.drain(..).enumerate() {
            html = html.replace(&diagram_placeholder(index), &diagram);
        }
        self.rendered.blocks.push(RenderedBlock::Html(Html::trusted(html)));
    }

    pub(super) fn fault(&mut self, offset: usize, text: impl Into<String>) {
        self.fault_of(Rule::Form, offset, text);
    }

    pub(super) fn fault_of(&mut self, rule: Rule, offset: usize, text: impl Into<String>) {
        self.faults.add_of(rule, (self.source.file, self.source.line(offset)), text);
    }
}

/// Marks the position of a diagram while the text around it is sanitised.
fn diagram_placeholder(index: usize) -> String {
    format!("<div data-diagram=\"{index}\"></div>")
}
