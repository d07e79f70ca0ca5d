//! What stands on the page of a lesson between the site's head and foot, and what of it is kept.
//!
//! For a reader who has answered nothing in it, it is the same text for everybody but for the token of its forms. So it is
//! rendered once and kept in pieces, between which the token goes.

use actix_web::web::Data;
use serde::Serialize;

use super::question::{QuestionContext, QuestionView, action_of};
use crate::accounts::guards::Visitor;
use crate::lessons::{Block, Heading, Lesson, LessonMarks, Lessons, Module, Question, Section};
use crate::view::{Html, Prepared};
use crate::web::{Site, WebError};

/// Stands in a rendered text on both sides of what is left out of it; no page has this character.
const MARKER: char = '\0';

/// `lessons/article.html`
#[derive(Debug, Serialize)]
pub struct LessonArticle {
    /// The page's own path.
    pub path: String,
    /// The title.
    pub title: String,
    /// What it is about.
    pub summary: String,
    /// How long reading it takes.
    pub minutes: i64,
    /// The section's title.
    pub section: String,
    /// The module's title.
    pub module: String,
    /// The module's page.
    pub module_path: String,
    /// Its number in the module, from 1.
    pub number: usize,
    /// How many lessons the module has.
    pub count: usize,
    /// The headings.
    pub contents: Vec<Heading>,
    /// The lesson before.
    pub previous: Option<LessonLink>,
    /// The lesson after.
    pub next: Option<LessonLink>,
    /// The lab of its section.
    pub lab: Option<String>,
    /// Where its file can be changed.
    pub edit_url: Option<String>,
    /// The text, with its questions and labs.
    pub blocks: Vec<BlockView>,
    /// Whether the reader has read it.
    pub is_read: bool,
}

/// A part of a lesson.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum BlockView {
    /// Text.
    Html {
        /// The HTML.
        html: Html,
    },
    /// A question with the reader's answer.
    Question {
        /// The question.
        question: Box<QuestionView>,
    },
    /// A card that leads to a lab.
    Lab {
        /// The lab's name.
        name: String,
    },
}

/// Where another lesson is.
#[derive(Debug, Serialize)]
pub struct LessonLink {
    /// Its page.
    pub path: String,
    /// Its title.
    pub title: String,
}

/// A lesson of a module, with where it stands in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlacedLesson<'l> {
    pub module: &'l Module,
    pub section: &'l Section,
    pub lesson: &'l Lesson,
    pub index: usize,
}

impl LessonArticle {
    /// The article with the reader's marks, and `refused` instead of the stored answer to its question.
    pub(super) fn new(
        lessons: &Lessons,
        visitor: &Visitor,
        placed: PlacedLesson<'_>,
        marks: &LessonMarks,
        refused: Option<QuestionView>,
    ) -> Self {
        let PlacedLesson { module, section, lesson, index } = placed;
        let link = |index: usize| {
            let (_, found) = module.lessons().nth(index)?;
            Some(LessonLink { path: found.path.clone(), title: found.title.clone() })
        };
        Self {
            path: lesson.path.clone(),
            title: lesson.title.clone(),
            summary: lesson.summary.clone(),
            minutes: lesson.minutes,
            section: section.title.clone(),
            module: module.title.clone(),
            module_path: module.path(),
            number: index + 1,
            count: module.lessons().count(),
            contents: lesson.contents.clone(),
            previous: index.checked_sub(1).and_then(link),
            next: link(index + 1),
            lab: section.lab.clone(),
            edit_url: lessons.edit_address(lesson),
            blocks: list_blocks(lesson, visitor, marks, refused),
            is_read: marks.is_read,
        }
    }
}

fn list_blocks(
    lesson: &Lesson,
    visitor: &Visitor,
    marks: &LessonMarks,
    mut refused: Option<QuestionView>,
) -> Vec<BlockView> {
    let person = visitor.0.as_ref().map_or("", |person| person.id.as_str());
    lesson
        .blocks
        .iter()
        .map(|block| match block {
            Block::Html(html) => BlockView::Html { html: html.clone() },
            Block::Lab(name) => BlockView::Lab { name: name.clone() },
            Block::Question(question) => {
                let view = refused.take_if(|view| view.id == question.id).unwrap_or_else(|| {
                    let context = QuestionContext { action: &action_of(&lesson.path, question), person };
                    QuestionView::new(question, context, marks.answers.get(&question.id))
                });
                BlockView::Question { question: Box::new(view) }
            }
        })
        .collect()
}

/// A piece of an article that is kept.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Piece {
    Html(Html),
    /// The token of the reader's forms.
    Token(()),
}

/// What the template is given in place of the reader's own.
#[derive(Debug, Serialize)]
struct Stencil {
    article: LessonArticle,
    shell: StencilShell,
}

#[derive(Debug, Serialize)]
struct StencilShell {
    person: bool,
    csrf: String,
}

/// The pieces of the article, unless it has something that is this reader's own.
pub(super) fn find_pieces(
    (site, lessons): (&Data<Site>, &Lessons),
    visitor: &Visitor,
    placed: PlacedLesson<'_>,
    marks: &LessonMarks,
) -> Result<Option<Prepared>, WebError> {
    let lesson = placed.lesson;
    if !marks.answers.is_empty() || lesson.questions().any(Question::is_shuffled) {
        return Ok(None);
    }
    let kept = &lesson.articles[usize::from(visitor.0.is_some())][usize::from(marks.is_read)];
    if let Some(pieces) = kept.get() {
        return Ok(Some(pieces.clone()));
    }
    let mut article = LessonArticle::new(lessons, visitor, placed, marks, None);
    // The text itself is not kept twice.
    for (index, block) in article.blocks.iter_mut().enumerate() {
        if let BlockView::Html { html } = block {
            *html = Html::trusted(format!("{MARKER}{index}{MARKER}"));
        }
    }
    let shell = StencilShell { person: visitor.0.is_some(), csrf: format!("{MARKER}csrf{MARKER}") };
    let rendered = site
        .templates
        .render_part("lessons/article.html", &Stencil { article, shell })
        .map_err(|fault| WebError::Fault(anyhow::Error::new(fault).context("lessons/article.html")))?;
    let pieces: Vec<Piece> = rendered.split(MARKER).enumerate().map(|(at, part)| piece(lesson, at, part)).collect();
    Ok(Some(kept.get_or_init(|| Prepared::new(&pieces)).clone()))
}

/// What `part` stands for: every second one names what was left out.
fn piece(lesson: &Lesson, at: usize, part: &str) -> Piece {
    let left_out = part.parse().ok().and_then(|index: usize| lesson.blocks.get(index));
    match (at % 2, left_out) {
        (0, _) => Piece::Html(Html::trusted(part.to_owned())),
        (_, Some(Block::Html(html))) => Piece::Html(html.clone()),
        _ => Piece::Token(()),
    }
}
