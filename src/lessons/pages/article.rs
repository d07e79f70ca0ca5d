//! What stands on the page of a lesson between the site's head and foot, and what of it is cached.
//!
//! For a reader who has answered nothing in it, it is the same text for everybody but for the token of its forms. So it is
//! rendered once and cached in fragments, between which the token goes.

use actix_web::web::Data;
use serde::Serialize;

use super::question::{QuestionContext, QuestionView, action_of};
use crate::accounts::guards::Visitor;
use crate::lessons::{Block, Heading, Lesson, LessonMarks, Lessons, Module, Question, Section};
use crate::view::{Html, Prepared};
use crate::web::{Site, WebError};

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
pub(super) struct LessonContext<'l> {
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
        context: LessonContext<'_>,
        marks: &LessonMarks,
        refused: Option<QuestionView>,
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
    marks: &LessonMarks,
) -> Result<Option<Prepared>, WebError> {
    let lesson = context.lesson;
    if !marks.answers.is_empty() || lesson.questions().any(Question::is_shuffled) {
        return Ok(None);
    }
    let cached = &lesson.cached_articles[usize::from(visitor.0.is_some())][usize::from(marks.is_read)];
    if let Some(fragments) = cached.get() {
        return Ok(Some(fragments.clone()));
    }
    let mut article = LessonArticle::new(lessons, visitor, context, marks, None);
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
