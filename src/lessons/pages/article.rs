//! What stands on the page of a lesson between the site's head and foot, and what of it is cached.
//!
//! For a reader who has answered nothing in it, it is the same text for everybody but for the token of its forms. So it is
//! rendered once and cached in fragments, between which the token goes.

use actix_web::web::Data;
use jiff::Timestamp;
use serde::Serialize;

use super::question::{QuestionContext, QuestionView, action_of, read_answer};
use crate::accounts::guards::Visitor;
use crate::drafts::Draft;
use crate::lessons::{Block, Heading, Lesson, LessonMarks, Lessons, Module, Question, Section};
use crate::view::{Html, Prepared};
use crate::web::{Fields, Site, WebError};

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
    /// Whether it has questions, all of which stand in one form.
    pub has_questions: bool,
    /// When what was typed into them was saved last.
    pub saved_at: Option<Timestamp>,
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
pub(super) struct LessonContext<'l> {
    pub module: &'l Module,
    pub section: &'l Section,
    pub lesson: &'l Lesson,
    pub index: usize,
}

/// What a reader has done with a lesson.
#[derive(Clone, Debug, Default)]
pub(super) struct ReaderState {
    /// What was read and answered.
    pub marks: LessonMarks,
    /// What was typed into its questions and not sent yet.
    pub draft: Option<Draft>,
}

/// Answers that were not taken, with what else the form held.
#[derive(Debug)]
pub(super) struct Refused<'a> {
    /// The questions, with what is wrong.
    pub questions: Vec<QuestionView>,
    /// Everything in the form.
    pub fields: &'a Fields,
}

impl LessonArticle {
    /// The article with what the reader has done, and `refused` instead of the stored answers to its questions.
    pub(super) fn new(
        lessons: &Lessons,
        visitor: &Visitor,
        context: LessonContext<'_>,
        state: &ReaderState,
        refused: Option<Refused<'_>>,
    ) -> Self {
        let LessonContext { module, section, lesson, index } = context;
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
            has_questions: lesson.questions().next().is_some(),
            saved_at: state.draft.as_ref().map(|draft| draft.saved_at),
            blocks: list_blocks(lesson, visitor, state, refused),
            is_read: state.marks.is_read,
        }
    }
}

fn list_blocks(
    lesson: &Lesson,
    visitor: &Visitor,
    state: &ReaderState,
    refused: Option<Refused<'_>>,
) -> Vec<BlockView> {
    let person = visitor.0.as_ref().map_or("", |person| person.id.as_str());
    let none = Fields::new();
    let typed = match &refused {
        Some(refused) => refused.fields,
        None => state.draft.as_ref().map_or(&none, |draft| &draft.fields),
    };
    let mut views = refused.map(|refused| refused.questions).unwrap_or_default();
    lesson
        .blocks
        .iter()
        .map(|block| match block {
            Block::Html(html) => BlockView::Html { html: html.clone() },
            Block::Lab(name) => BlockView::Lab { name: name.clone() },
            Block::Question(question) => {
                let is_shown = state.marks.shown.contains(&question.id);
                let context = QuestionContext { action: &action_of(&lesson.path, question), person, is_shown };
                let stored = state.marks.answers.get(&question.id);
                let written = read_answer(question, typed, person);
                let view = match views.iter().position(|view| view.id == question.id) {
                    Some(at) => views.swap_remove(at),
                    None if written.says_nothing() || stored == Some(&written) => {
                        QuestionView::new(question, context, stored)
                    }
                    None => QuestionView::drafted(question, context, &written),
                };
                BlockView::Question { question: Box::new(view) }
            }
        })
        .collect()
}

/// A part of an article that is cached.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Fragment {
    Html(Html),
    /// The token of the reader's forms.
    Token(()),
}

/// What the template is given to render an article for everybody.
#[derive(Debug, Serialize)]
struct ArticleData {
    article: LessonArticle,
    shell: ArticleShell,
}

#[derive(Debug, Serialize)]
struct ArticleShell {
    person: bool,
    csrf: String,
}

/// The fragments of the article, unless it has something that is this reader's own.
pub(super) fn find_fragments(
    (site, lessons): (&Data<Site>, &Lessons),
    visitor: &Visitor,
    context: LessonContext<'_>,
    state: &ReaderState,
) -> Result<Option<Prepared>, WebError> {
    let (lesson, marks) = (context.lesson, &state.marks);
    if state.draft.is_some() || !marks.answers.is_empty() || lesson.questions().any(Question::is_shuffled) {
        return Ok(None);
    }
    let cached = &lesson.cached_articles[usize::from(visitor.0.is_some())][usize::from(marks.is_read)];
    if let Some(fragments) = cached.get() {
        return Ok(Some(fragments.clone()));
    }
    let mut article = LessonArticle::new(lessons, visitor, context, state, None);
    // It is drawn, so that no text of an author holds it.
    let marker = site.random.hex::<16>();
    // The text itself is not cached twice.
    for (index, block) in article.blocks.iter_mut().enumerate() {
        if let BlockView::Html { html } = block {
            *html = Html::trusted(format!("{marker}{index}{marker}"));
        }
    }
    let shell = ArticleShell { person: visitor.0.is_some(), csrf: format!("{marker}csrf{marker}") };
    let rendered = site
        .templates
        .render_part("lessons/article.html", &ArticleData { article, shell })
        .map_err(|fault| WebError::Fault(anyhow::Error::new(fault).context("lessons/article.html")))?;
    let parts = rendered.split(&marker).enumerate();
    let fragments: Vec<Fragment> = parts.map(|(at, part)| fragment(lesson, at, part)).collect();
    Ok(Some(cached.get_or_init(|| Prepared::new(&fragments)).clone()))
}

/// The fragment of a part of the rendered text: every second part names what was left out.
fn fragment(lesson: &Lesson, at: usize, part: &str) -> Fragment {
    let left_out = part.parse().ok().and_then(|index: usize| lesson.blocks.get(index));
    match (at % 2, left_out) {
        (0, _) => Fragment::Html(Html::trusted(part.to_owned())),
        (_, Some(Block::Html(html))) => Fragment::Html(html.clone()),
        _ => Fragment::Token(()),
    }
}
