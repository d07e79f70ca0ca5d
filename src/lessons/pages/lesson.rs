//! `/modules/{module}/{section}/{lesson}`

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::module::find_progress;
use super::question::{Place, QuestionView, action_of};
use crate::accounts::guards::{Learner, Visitor};
use crate::lessons::{Answer, Heading, Lesson, Lessons, Library, Module, Piece};
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
    /// Its place in the module, from 1.
    pub number: usize,
    /// How many lessons the module has.
    pub count: usize,
    /// The headings.
    pub contents: Vec<Heading>,
    /// The text, with questions and labs in their places.
    pub pieces: Vec<PieceView>,
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
    /// Which edition of the content it is from, while its author writes.
    pub edition: Option<String>,
}

/// A stretch of a lesson.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum PieceView {
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
            let mut pieces = vec![
                PieceView::Html { html: Html::trusted("<h2 id=\"why\">Why</h2><p>Because.</p>".to_owned()) },
                PieceView::Lab { name: "service-annotations".to_owned() },
            ];
            let questions = QuestionView::samples();
            pieces.extend(questions.into_iter().map(|question| PieceView::Question { question: Box::new(question) }));
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
                pieces,
                previous,
                next,
                is_read,
                lab: is_read.then(|| "service-annotations".to_owned()),
                edit_url: is_read.then(|| "https://git.example.org/edit/m/s/x.md".to_owned()),
                edition: is_read.then(|| "1772625600-1".to_owned()),
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

/// `POST .../read`: notes that it is read, and goes on to the next lesson.
pub async fn mark_read(
    lessons: Data<Lessons>,
    learner: Learner,
    path: LessonPath,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let library = lessons.library();
    let (module, lesson) = find(&library, &path)?;
    lessons.mark_read(&learner.0.id, lesson).await?;
    let place = module.lessons().position(|(_, found)| found.path == lesson.path).unwrap_or(0);
    let next = module.lessons().nth(place + 1).map_or_else(|| module.path(), |(_, next)| next.path.clone());
    Ok(Redirect::to(next))
}

/// `POST .../unread`: takes the note back.
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

/// The page, with `refused` in place of the kept answer of its question.
pub(super) async fn build(
    lessons: &Lessons,
    visitor: &Visitor,
    (module, path): (&Module, &(String, String, String)),
    refused: Option<QuestionView>,
) -> Result<LessonPage, WebError> {
    let (place, section, lesson) = module.find_lesson(&path.1, &path.2).ok_or(WebError::NotFound)?;
    let progress = find_progress(lessons, visitor).await?;
    let answers = match &visitor.0 {
        Some(person) => {
            lessons.open(&person.id, &progress, lesson).await?;
            lessons.list_answers(&person.id, lesson).await?
        }
        None => BTreeMap::new(),
    };
    let link = |place: usize| {
        module
            .lessons()
            .nth(place)
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
        number: place + 1,
        count: module.lessons().count(),
        contents: lesson.contents.clone(),
        pieces: pieces(lesson, visitor, &answers, refused),
        previous: place.checked_sub(1).and_then(link),
        next: link(place + 1),
        is_read: progress.has_read(lesson),
        lab: section.lab.clone(),
        edit_url: lessons.edit_address(lesson),
        edition: lessons.edition(),
    })
}

fn pieces(
    lesson: &Lesson,
    visitor: &Visitor,
    answers: &BTreeMap<String, Answer>,
    mut refused: Option<QuestionView>,
) -> Vec<PieceView> {
    let reader = visitor.0.as_ref().map_or("", |person| person.id.as_str());
    lesson
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Html(html) => PieceView::Html { html: html.clone() },
            Piece::Lab(name) => PieceView::Lab { name: name.clone() },
            Piece::Question(question) => {
                let view = refused.take_if(|view| view.id == question.id).unwrap_or_else(|| {
                    let place = Place { action: &action_of(&lesson.path, question), reader };
                    QuestionView::new(question, place, answers.get(&question.id))
                });
                PieceView::Question { question: Box::new(view) }
            }
        })
        .collect()
}
