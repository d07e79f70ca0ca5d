//! `/modules/{module}/{section}/{lesson}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use super::article::{BlockView, LessonArticle, LessonContext, LessonLink, ReaderState, find_fragments};
use super::question::QuestionView;
use crate::accounts::guards::{Learner, Visitor};
use crate::drafts::Drafts;
use crate::lessons::{Heading, Lesson, Lessons, Library};
use crate::view::{Html, Prepared, View};
use crate::web::{Form, NoFields, Redirect, Reply, Site, WebError};

/// `lessons/lesson.html`: either of the last two.
#[derive(Debug, Serialize)]
pub struct LessonPage {
    /// The title.
    pub title: String,
    /// Which revision of the content it is from, while its author writes.
    pub revision: Option<String>,
    /// The article as it is cached, in fragments between which the token of the reader's forms goes.
    pub fragments: Option<Prepared>,
    /// The article with the reader's own answers.
    pub article: Option<Box<LessonArticle>>,
}

impl View for LessonPage {
    const TEMPLATE: &'static str = "lessons/lesson.html";

    fn samples() -> Vec<Self> {
        let link = || Some(LessonLink { path: "/modules/m/s/l".to_owned(), title: "Beyond coding".to_owned() });
        let page = |previous, next, is_read: bool| {
            let mut blocks = vec![
                BlockView::Html { html: Html::trusted("<h2 id=\"why\">Why</h2><p>Because.</p>".to_owned()) },
                BlockView::Lab { name: "service-annotations".to_owned() },
            ];
            let questions = QuestionView::samples();
            blocks.extend(questions.into_iter().map(|question| BlockView::Question { question: Box::new(question) }));
            let article = LessonArticle {
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
                previous,
                next,
                lab: is_read.then(|| "service-annotations".to_owned()),
                edit_url: is_read.then(|| "https://git.example.org/edit/m/s/x.md".to_owned()),
                has_questions: true,
                saved_at: is_read.then_some(Timestamp::UNIX_EPOCH),
                blocks,
                is_read,
            };
            let revision = is_read.then(|| "1772625600-1".to_owned());
            Self { title: article.title.clone(), revision, fragments: None, article: Some(Box::new(article)) }
        };
        let fragments = Some(Prepared::new(&(Html::trusted("<h1>Cached</h1><p>Because.</p>".to_owned()), ())));
        let cached = Self { title: "Cached".to_owned(), revision: None, fragments, article: None };
        vec![page(None, link(), false), page(link(), None, true), cached]
    }
}

/// Where in the content a request points.
pub(super) type LessonPath = Path<(String, String, String)>;

/// Shows a lesson with the reader's marks.
pub async fn lesson(
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    site: Data<Site>,
    visitor: Visitor,
    path: LessonPath,
) -> Result<Reply<LessonPage>, WebError> {
    let library = lessons.library();
    let context = find(&library, &path)?;
    let state = read_state((&lessons, &drafts), &visitor, context.lesson).await?;
    let page = match find_fragments((&site, &lessons), &visitor, context, &state)? {
        Some(fragments) => LessonPage {
            title: context.lesson.title.clone(),
            revision: lessons.revision(),
            fragments: Some(fragments),
            article: None,
        },
        None => build(&lessons, LessonArticle::new(&lessons, &visitor, context, &state, None)),
    };
    Ok(Reply::Page(page))
}

/// `POST .../read`: records that it is read, and goes on to the next lesson.
pub async fn mark_read(
    lessons: Data<Lessons>,
    learner: Learner,
    path: LessonPath,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let library = lessons.library();
    let LessonContext { module, lesson, index, .. } = find(&library, &path)?;
    lessons.mark_read(&learner.0.id, lesson).await?;
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
    let lesson = find(&library, &path)?.lesson;
    lessons.mark_unread(&learner.0.id, lesson).await?;
    Ok(Redirect::to(&lesson.path))
}

/// The lesson at a path.
pub(super) fn find<'l>(library: &'l Library, path: &(String, String, String)) -> Result<LessonContext<'l>, WebError> {
    let module = library.find_module(&path.0).ok_or(WebError::NotFound)?;
    let (index, section, lesson) = module.find_lesson(&path.1, &path.2).ok_or(WebError::NotFound)?;
    Ok(LessonContext { module, section, lesson, index })
}

/// What the reader has done with a lesson, of which this is noted as a visit.
pub(super) async fn read_state(
    (lessons, drafts): (&Lessons, &Drafts),
    visitor: &Visitor,
    lesson: &Lesson,
) -> Result<ReaderState, WebError> {
    let Some(person) = &visitor.0 else { return Ok(ReaderState::default()) };
    let marks = lessons.find_marks(&person.id, lesson).await?;
    lessons.record_opened(&person.id, &marks, lesson).await?;
    let has_questions = lesson.questions().next().is_some();
    let draft = if has_questions { drafts.find(&person.id, &form_of(&lesson.path)).await? } else { None };
    Ok(ReaderState { marks, draft })
}

/// Where the form of all questions of a lesson goes.
pub(super) fn form_of(lesson_path: &str) -> String {
    format!("{lesson_path}/questions")
}

/// The page with an article of the reader's own.
pub(super) fn build(lessons: &Lessons, article: LessonArticle) -> LessonPage {
    let title = article.title.clone();
    LessonPage { title, revision: lessons.revision(), fragments: None, article: Some(Box::new(article)) }
}
