//! `/modules/{module}/{section}/{lesson}`

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::question::{QuestionContext, QuestionView, action_of};
use crate::accounts::guards::{Learner, Visitor};
use crate::lessons::{Block, Heading, Lesson, LessonMarks, Lessons, Library, Module};
use crate::view::{Html, View};
use crate::web::{Form, NoFields, Redirect, Reply, WebError};

/// `lessons/lesson.html`
#[derive(Debug, Serialize)]
pub struct LessonPage {
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
    /// The text, with its questions and labs.
    pub blocks: Vec<BlockView>,
    /// The lesson before.
    pub previous: Option<LessonLink>,
    /// The lesson after.
    pub next: Option<LessonLink>,
    /// Whether the reader has read it.
    pub is_read: bool,
    /// The lab of its section.
    pub lab: Option<String>,
    /// Where its file can be changed.
    pub edit_url: Option<String>,
    /// Which revision of the content it is from, while its author writes.
    pub revision: Option<String>,
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

impl View for LessonPage {
    const TEMPLATE: &'static str = "lessons/lesson.html";

    fn samples() -> Vec<Self> {
        let link = || Some(LessonLink { path: "/modules/m/s/l".to_owned(), title: "Beyond coding".to_owned() });
        let page = |previous, next, is_read| {
            let mut blocks = vec![
                BlockView::Html { html: Html::trusted("<h2 id=\"why\">Why</h2><p>Because.</p>".to_owned()) },
                BlockView::Lab { name: "service-annotations".to_owned() },
            ];
            let questions = QuestionView::samples();
            blocks.extend(questions.into_iter().map(|question| BlockView::Question { question: Box::new(question) }));
            Self {
                path: "/modules/m/s/x".to_owned(),
                title: "Why full service ownership".to_owned(),
                summary: "Who answers when it breaks.".to_owned(),
                minutes: 6,
                section: "Ownership".to_owned(),
                module: "Full service ownership".to_owned(),
                module_path: "/modules/m".to_owned(),
                number: 1,
                count: 9,
                contents: vec![Heading { level: 2, id: "why".to_owned(), text: "Why".to_owned() }],
                blocks,
                previous,
                next,
                is_read,
                lab: is_read.then(|| "service-annotations".to_owned()),
                edit_url: is_read.then(|| "https://git.example.org/edit/m/s/x.md".to_owned()),
                revision: is_read.then(|| "1772625600-1".to_owned()),
            }
        };
        vec![page(None, link(), false), page(link(), None, true)]
    }
}

/// Where in the content a request points.
pub(super) type LessonPath = Path<(String, String, String)>;

/// Shows a lesson with the reader's marks.
pub async fn lesson(lessons: Data<Lessons>, visitor: Visitor, path: LessonPath) -> Result<Reply<LessonPage>, WebError> {
    let library = lessons.library();
    let (module, _) = find(&library, &path)?;
    Ok(Reply::Page(build(&lessons, &visitor, (module, &path), None).await?))
}

/// `POST .../read`: records that it is read, and goes on to the next lesson.
pub async fn mark_read(
    lessons: Data<Lessons>,
    learner: Learner,
    path: LessonPath,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let library = lessons.library();
    let (module, lesson) = find(&library, &path)?;
    lessons.mark_read(&learner.0.id, lesson).await?;
    let index = module.lessons().position(|(_, found)| found.path == lesson.path).unwrap_or(0);
    let next = module.lessons().nth(index + 1).map_or_else(|| module.path(), |(_, next)| next.path.clone());
    Ok(Redirect::to(next))
}

/// `POST .../unread`: removes that record.
pub async fn mark_unread(
    lessons: Data<Lessons>,
    learner: Learner,
    path: LessonPath,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let library = lessons.library();
    let (_, lesson) = find(&library, &path)?;
    lessons.mark_unread(&learner.0.id, lesson).await?;
    Ok(Redirect::to(&lesson.path))
}

/// The module and the lesson at a path.
pub(super) fn find<'l>(
    library: &'l Library,
    path: &(String, String, String),
) -> Result<(&'l Module, &'l Lesson), WebError> {
    let module = library.find_module(&path.0).ok_or(WebError::NotFound)?;
    let (_, _, lesson) = module.find_lesson(&path.1, &path.2).ok_or(WebError::NotFound)?;
    Ok((module, lesson))
}

/// The page, which shows `refused` instead of the stored answer to its question.
pub(super) async fn build(
    lessons: &Lessons,
    visitor: &Visitor,
    (module, path): (&Module, &(String, String, String)),
    refused: Option<QuestionView>,
) -> Result<LessonPage, WebError> {
    let (index, section, lesson) = module.find_lesson(&path.1, &path.2).ok_or(WebError::NotFound)?;
    let marks = match &visitor.0 {
        Some(person) => {
            let marks = lessons.find_marks(&person.id, lesson).await?;
            lessons.record_opened(&person.id, &marks, lesson).await?;
            marks
        }
        None => LessonMarks::default(),
    };
    let link = |index: usize| {
        module
            .lessons()
            .nth(index)
            .map(|(_, found)| LessonLink { path: found.path.clone(), title: found.title.clone() })
    };
    Ok(LessonPage {
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
        blocks: list_blocks(lesson, visitor, &marks, refused),
        previous: index.checked_sub(1).and_then(link),
        next: link(index + 1),
        is_read: marks.is_read,
        lab: section.lab.clone(),
        edit_url: lessons.edit_address(lesson),
        revision: lessons.revision(),
    })
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
