//! `POST /modules/{module}/{section}/{lesson}/questions/{question}`

use actix_web::web::{Data, Path};

use super::article::LessonArticle;
use super::lesson::{LessonPage, build, find, read_marks};
use super::question::{QuestionContext, QuestionView, action_of, read_answer};
use crate::accounts::guards::{Learner, Visitor};
use crate::lessons::Lessons;
use crate::web::{Fields, Form, Reply, WebError};

/// Judges an answer and shows the lesson with it; one that cannot be judged is shown again with the reason.
pub async fn answer(
    lessons: Data<Lessons>,
    learner: Learner,
    path: Path<(String, String, String, String)>,
    form: Form<Fields>,
) -> Result<Reply<LessonPage>, WebError> {
    let (module_slug, section, lesson_slug, question_id) = path.into_inner();
    let lesson_path = (module_slug, section, lesson_slug);
    let library = lessons.library();
    let found = find(&library, &lesson_path)?;
    let lesson = found.lesson;
    let question = lesson.questions().find(|question| question.id == question_id).ok_or(WebError::NotFound)?;
    let answer = read_answer(question, &form.0, learner.0.id.as_str());
    if let Some(fault) = question.find_fault(&answer) {
        let context = QuestionContext { action: &action_of(&lesson.path, question), person: learner.0.id.as_str() };
        let refused = QuestionView::refused(question, context, &answer, fault);
        let visitor = Visitor(Some(learner.0));
        let marks = read_marks(&lessons, &visitor, lesson).await?;
        let article = LessonArticle::new(&lessons, &visitor, found, &marks, Some(refused));
        return Ok(Reply::Invalid(build(&lessons, article)));
    }
    lessons.answer(&learner.0.id, lesson, question, &answer).await?;
    Ok(Reply::see_other(format!("{}#question-{}", lesson.path, question.id)))
}
