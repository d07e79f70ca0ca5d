//! The programme and its modules as read from content.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Serialize;

use super::address::{compose, encode};
use super::kind_mix::KindMix;
use super::question::Question;
use super::rules::{Rules, RulesLines};
use crate::view::{Html, Prepared};

crate::id_types! {
    /// One answer to a question of a lesson.
    AnswerId;
}

/// Everything one installation offers.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its title.
    pub title: String,
    /// The rules of entries, vouchers and draws.
    pub rules: Rules,
    /// The line of each rule in its file.
    pub rules_lines: RulesLines,
}

/// One course.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// Its parts, in order.
    pub sections: Vec<Section>,
    /// Its terms, by the alphabet.
    pub glossary: Vec<Term>,
    /// Its final questions.
    pub checkpoint: Checkpoint,
}

/// The address of the checkpoint of the module called `slug`.
pub fn checkpoint_path(slug: &str) -> String {
    format!("/checkpoints/{}", encode(slug))
}

impl Module {
    /// Every lesson with its section, in order.
    pub fn lessons(&self) -> impl Iterator<Item = (&Section, &Lesson)> {
        self.sections.iter().flat_map(|section| section.lessons.iter().map(move |lesson| (section, lesson)))
    }

    /// The address of its page.
    pub fn path(&self) -> String {
        format!("/modules/{}", encode(&self.slug))
    }

    /// The address of its checkpoint.
    pub fn checkpoint_path(&self) -> String {
        checkpoint_path(&self.slug)
    }

    /// The lesson at a section's and its own slug, with its index among all lessons of the module.
    pub fn find_lesson(&self, section: &str, lesson: &str) -> Option<(usize, &Section, &Lesson)> {
        let (section, lesson) = (compose(section), compose(lesson));
        self.lessons()
            .enumerate()
            .find(|(_, (in_section, found))| in_section.slug == section && found.slug == lesson)
            .map(|(index, (in_section, found))| (index, in_section, found))
    }

    /// The reading time of all lessons, in minutes.
    pub fn minutes(&self) -> i64 {
        self.lessons().map(|(_, lesson)| lesson.minutes).sum()
    }
}

/// The final questions of a module.
#[derive(Clone, Debug, Default)]
pub struct Checkpoint {
    /// How many an entry answers; none when the module has no checkpoint.
    pub question_count: usize,
    /// How many of each kind these are.
    pub mix: KindMix,
    /// Those to draw from, in the order of the sections.
    pub pool: Vec<PoolQuestion>,
}

impl Checkpoint {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.question_count == 0
    }

    /// The question of an id.
    pub fn find(&self, id: &str) -> Option<&Question> {
        self.pool.iter().map(|pooled| &pooled.question).find(|question| question.id == id)
    }
}

/// A question of a pool, with the section that it is about.
#[derive(Clone, Debug)]
pub struct PoolQuestion {
    /// The section's index in the module.
    pub section: usize,
    /// The question.
    pub question: Question,
}

/// A part of a module: lessons, and perhaps a lab.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// The lab that belongs to it.
    pub lab: Option<String>,
    /// Its lessons, in order.
    pub lessons: Vec<Lesson>,
}

/// A term of a glossary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its anchor on the page of the glossary.
    pub slug: String,
    /// The word.
    pub name: String,
    /// What else it is called.
    pub also: Vec<String>,
    /// What it means.
    pub means: String,
    /// The page of the lesson that teaches it.
    pub taught_in: Option<String>,
}

/// One page of text.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Its name in addresses.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// How long reading it takes.
    pub minutes: i64,
    /// Its file, below the content folder.
    pub file: String,
    /// Its path, which is also the key of its progress.
    pub path: String,
    /// Its text, divided at each question and lab.
    pub blocks: Vec<Block>,
    /// Its headings.
    pub contents: Vec<Heading>,
    /// Its words, for search.
    pub text_sections: Vec<TextSection>,
    /// The terms of the glossary that it links to.
    pub terms: BTreeSet<String>,
    /// Its article in rendered fragments, for readers signed out and signed in, who have not read it and have.
    pub cached_articles: [[OnceLock<Prepared>; 2]; 2],
}

#[cfg(test)]
impl Lesson {
    /// A lesson without a text.
    pub(super) fn empty(path: &str, title: &str) -> Self {
        Self {
            slug: String::new(),
            title: title.to_owned(),
            summary: String::new(),
            minutes: 1,
            file: String::new(),
            path: path.to_owned(),
            blocks: Vec::new(),
            contents: Vec::new(),
            text_sections: Vec::new(),
            terms: BTreeSet::new(),
            cached_articles: Default::default(),
        }
    }
}

impl Lesson {
    /// The questions in its text.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Question(question) => Some(question.as_ref()),
            Block::Html(_) | Block::Lab(_) => None,
        })
    }
}

/// A part of a lesson.
#[derive(Clone, Debug)]
pub enum Block {
    /// Text.
    Html(Html),
    /// A question to be answered in place.
    Question(Box<Question>),
    /// A card that leads to a lab.
    Lab(String),
}

/// The words below a heading, without markup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextSection {
    /// The heading, unless the text begins without one.
    pub heading: Option<Heading>,
    /// The words.
    pub text: String,
}

/// A heading, for the table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heading {
    /// 2 for the highest.
    pub level: u8,
    /// The anchor.
    pub id: String,
    /// The words.
    pub text: String,
}
