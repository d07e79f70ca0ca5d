//! `POST /modules/{module}/{section}/{lesson}/questions`, of one of them, and what shows its answer

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};

use super::article::{LessonArticle, Refused};
use super::lesson::{LessonPage, LessonPath, build, find, form_of, read_state};
use super::question::{QuestionContext, QuestionView, action_of, field_of, name_alone, read_answer};
use crate::accounts::Person;
use crate::accounts::guards::{Learner, Visitor};
use crate::drafts::Drafts;
use crate::lessons::{Answer, Lesson, Lessons, Question};
use crate::web::{Fields, Form, Redirect, Reply, WebError};

/// The services of the handlers.
type Services<'a> = (&'a Lessons, &'a Drafts);

/// Where a question of a lesson is.
type QuestionPath = Path<(String, String, String, String)>;

/// Judges the answer to one question of a lesson and keeps what is typed into the others; one that cannot be judged is
/// shown again with the reason.
pub async fn answer(
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    learner: Learner,
    path: QuestionPath,
    form: Form<Fields>,
) -> Result<Reply<LessonPage>, WebError> {
    let (module, section, lesson, question) = path.into_inner();
    let path = (module, section, lesson);
    let library = lessons.library();
    let lesson = find(&library, &path)?.lesson;
    let question = lesson.questions().find(|one| one.id == question).ok_or(WebError::NotFound)?;
    let fields = name_alone(question, form.0);
    judge((&lessons, &drafts), learner.0, &path, (&[question], &fields)).await
}

/// Shows the answer to a question of a lesson that was missed, and keeps what is typed into the others.
pub async fn show_answer(
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    learner: Learner,
    path: QuestionPath,
    form: Form<Fields>,
) -> Result<Redirect, WebError> {
    let (module, section, lesson, question) = path.into_inner();
    let library = lessons.library();
    let lesson = find(&library, &(module, section, lesson))?.lesson;
    let question = lesson.questions().find(|one| one.id == question).ok_or(WebError::NotFound)?;
    lessons.show_answer(&learner.0.id, lesson, question).await?;
    let mut others = form.0;
    others.remove(&field_of(question));
    keep_rest((&lessons, &drafts), &learner.0, lesson, &others).await?;
    Ok(Redirect::to(format!("{}#question-{}", lesson.path, question.id)))
}

/// Judges every answer of a lesson's form that is new.
pub async fn answer_all(
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    learner: Learner,
    path: LessonPath,
    form: Form<Fields>,
) -> Result<Reply<LessonPage>, WebError> {
    let library = lessons.library();
    let lesson = find(&library, &path)?.lesson;
    let stored = lessons.find_marks(&learner.0.id, lesson).await?.answers;
    let is_new = |question: &&Question| find_new(question, &form.0, &learner.0, &stored).is_some();
    let asked: Vec<&Question> = lesson.questions().filter(is_new).collect();
    judge((&lessons, &drafts), learner.0, &path, (&asked, &form.0)).await
}

/// The answer to a question in a form, if it says something other than the one that is kept.
fn find_new(
    question: &Question,
    fields: &Fields,
    person: &Person,
    stored: &BTreeMap<String, Answer>,
) -> Option<Answer> {
    let answer = read_answer(question, fields, person.id.as_str());
    (says_something(question, &answer, person) && stored.get(&question.id) != Some(&answer)).then_some(answer)
}

/// Whether somebody has chosen, typed or moved anything.
fn says_something(question: &Question, answer: &Answer, person: &Person) -> bool {
    !answer.says_nothing() && !question.is_as_shown(answer, &question.shown_to(person.id.as_str()))
}

/// Keeps the sound answers to the questions that are `asked`, and what else is in their form as a draft.
async fn judge(
    (lessons, drafts): Services<'_>,
    person: Person,
    path: &(String, String, String),
    (asked, fields): (&[&Question], &Fields),
) -> Result<Reply<LessonPage>, WebError> {
    let library = lessons.library();
    let found = find(&library, path)?;
    let lesson = found.lesson;
    let mut refused = Vec::new();
    for question in asked {
        let answer = read_answer(question, fields, person.id.as_str());
        if let Some(fault) = question.find_fault(&answer) {
            let (action, person) = (action_of(&lesson.path, question), person.id.as_str());
            let context = QuestionContext { action: &action, person, is_shown: false };
            refused.push(QuestionView::refused(question, context, &answer, fault));
        } else {
            lessons.answer(&person.id, lesson, question, &answer).await?;
        }
    }
    keep_rest((lessons, drafts), &person, lesson, fields).await?;
    if refused.is_empty() {
        let place = asked.first().map(|first| format!("#question-{}", first.id)).unwrap_or_default();
        return Ok(Reply::see_other(lesson.path.clone() + &place));
    }
    let visitor = Visitor(Some(person));
    let state = read_state((lessons, drafts), &visitor, lesson).await?;
    let refused = Refused { questions: refused, fields };
    Ok(Reply::Invalid(build(lessons, LessonArticle::new(lessons, &visitor, found, &state, Some(refused)))))
}

/// Keeps the answers in a form that were not taken as a draft. Where the form says nothing about a question, what the draft
/// has of it is kept: it was typed in another tab, or on another device.
async fn keep_rest(
    (lessons, drafts): Services<'_>,
    person: &Person,
    lesson: &Lesson,
    fields: &Fields,
) -> Result<(), WebError> {
    let address = form_of(&lesson.path);
    let stored = lessons.find_marks(&person.id, lesson).await?.answers;
    let draft = drafts.find(&person.id, &address).await?.map(|draft| draft.fields).unwrap_or_default();
    let left = |question: &Question| {
        let answer = read_answer(question, fields, person.id.as_str());
        let is_stored = stored.get(&question.id) == Some(&answer);
        let from = if says_something(question, &answer, person) { fields } else { &draft };
        let (name, values) = from.get_key_value(&field_of(question)).filter(|_| !is_stored)?;
        Some((name.clone(), values.clone()))
    };
    let rest: Fields = lesson.questions().filter_map(left).collect();
    if !(rest.is_empty() && draft.is_empty()) {
        drafts.save(&person.id, &address, &rest).await?;
    }
    Ok(())
}
