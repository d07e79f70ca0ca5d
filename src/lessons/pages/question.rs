//! Questions in a lesson, answered in place.

use actix_web::web::{Data, Path};
use serde::Serialize;

use super::lesson::{LessonPage, build, find};
use crate::accounts::guards::{Learner, Visitor};
use crate::lessons::{Answer, AnswerFault, Judgement, Lessons, Question, QuestionKind};
use crate::view::Html;
use crate::web::{Fields, Form, Reply, WebError};

/// The name of the field that carries the answer.
const FIELD: &str = "answer";

/// A question with a reader's answer.
#[derive(Debug, Serialize)]
pub struct QuestionView {
    /// Unique in the module.
    pub id: String,
    /// Where its form goes.
    pub action: String,
    /// `single`, `multiple`, `short` or `text`.
    pub kind: &'static str,
    /// What is asked.
    pub prompt: Html,
    /// The choices, for the kinds that have them.
    pub choices: Vec<ChoiceView>,
    /// What was typed.
    pub typed: String,
    /// `right`, `wrong` or `open`, once it was answered.
    pub judgement: Option<&'static str>,
    /// Why, for a short answer.
    pub why: Option<Html>,
    /// What a good answer has, for free text.
    pub rubric: Vec<String>,
    /// A good answer, for free text.
    pub model: Option<Html>,
    /// Why the answer was not taken.
    pub error: Option<String>,
}

/// A choice with a reader's mark.
#[derive(Debug, Serialize)]
pub struct ChoiceView {
    /// What it says.
    pub text: Html,
    /// Whether it was chosen.
    pub is_chosen: bool,
    /// Whether it is right, once the question was answered.
    pub is_correct: Option<bool>,
    /// Why, once the question was answered.
    pub why: Option<Html>,
}

impl QuestionView {
    /// The question with the answer kept, if any.
    pub(super) fn new(question: &Question, lesson_path: &str, answer: Option<&Answer>) -> Self {
        let mut view = Self::unanswered(question, lesson_path, answer);
        let Some(answer) = answer else { return view };
        view.judgement = Some(match question.judge(answer) {
            Judgement::Right => "right",
            Judgement::Wrong => "wrong",
            Judgement::Open => "open",
        });
        for (shown, choice) in view.choices.iter_mut().zip(question.choices()) {
            shown.is_correct = Some(choice.correct);
            shown.why = Some(choice.why.clone());
        }
        match &question.kind {
            QuestionKind::Short { why, .. } => view.why = Some(why.clone()),
            QuestionKind::Text { rubric, model } => {
                view.rubric.clone_from(rubric);
                view.model = Some(model.clone());
            }
            QuestionKind::Single(_) | QuestionKind::Multiple(_) => {}
        }
        view
    }

    /// The question with an answer that was not taken.
    fn refused(question: &Question, lesson_path: &str, answer: &Answer, fault: AnswerFault) -> Self {
        Self { error: Some(fault.to_string()), ..Self::unanswered(question, lesson_path, Some(answer)) }
    }

    fn unanswered(question: &Question, lesson_path: &str, answer: Option<&Answer>) -> Self {
        let is_chosen = |place| answer.is_some_and(|answer| answer.chosen.contains(&place));
        Self {
            id: question.id.clone(),
            action: format!("{lesson_path}/questions/{}", question.id),
            kind: question.kind_name(),
            prompt: question.prompt.clone(),
            choices: question
                .choices()
                .iter()
                .enumerate()
                .map(|(place, choice)| ChoiceView {
                    text: choice.text.clone(),
                    is_chosen: is_chosen(place),
                    is_correct: None,
                    why: None,
                })
                .collect(),
            typed: answer.map(|answer| answer.text.clone()).unwrap_or_default(),
            judgement: None,
            why: None,
            rubric: Vec::new(),
            model: None,
            error: None,
        }
    }

    pub(super) fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let choice = |correct| crate::lessons::Choice { text: html("A choice"), correct, why: html("Why") };
        let question = |id: &str, kind| Question {
            id: id.to_owned(),
            prompt: html("Who owns it?"),
            prompt_text: "Who owns it?".to_owned(),
            kind,
        };
        let chosen = |list: &[usize]| Answer { chosen: list.to_vec(), text: String::new() };
        let typed = |text: &str| Answer { chosen: Vec::new(), text: text.to_owned() };
        let single = question("single", QuestionKind::Single(vec![choice(true), choice(false)]));
        let multiple = question("multiple", QuestionKind::Multiple(vec![choice(true), choice(false)]));
        let short = question("short", QuestionKind::Short { accept: vec!["us".to_owned()], why: html("We do.") });
        let text = question("text", QuestionKind::Text { rubric: vec!["names a team".to_owned()], model: html("We.") });
        let mut samples = vec![
            Self::new(&single, "/l", None),
            Self::new(&multiple, "/l", Some(&chosen(&[0]))),
            Self::new(&short, "/l", Some(&typed("them"))),
            Self::new(&text, "/l", Some(&typed("The team that wrote it."))),
        ];
        let again = |id: &str, view: Self| Self { id: id.to_owned(), ..view };
        samples.push(again("refused", Self::refused(&text, "/l", &typed("dunno"), AnswerFault::TooShort)));
        samples.push(again("none", Self::refused(&single, "/l", &chosen(&[]), AnswerFault::NothingChosen)));
        samples
    }
}

/// `POST /modules/{module}/{section}/{lesson}/questions/{question}`
pub async fn answer(
    lessons: Data<Lessons>,
    learner: Learner,
    path: Path<(String, String, String, String)>,
    form: Form<Fields>,
) -> Result<Reply<LessonPage>, WebError> {
    let (module_slug, section, lesson_slug, question_id) = path.into_inner();
    let lesson_path = (module_slug, section, lesson_slug);
    let (module, lesson) = find(&lessons, &lesson_path)?;
    let question = lesson.questions().find(|question| question.id == question_id).ok_or(WebError::NotFound)?;
    let answer = question.parse_answer(form.0.get(FIELD).map_or(&[], Vec::as_slice));
    if let Some(fault) = question.find_fault(&answer) {
        let refused = QuestionView::refused(question, &lesson.path, &answer, fault);
        let visitor = Visitor(Some(learner.0));
        return Ok(Reply::Invalid(build(&lessons, &visitor, (module, &lesson_path), Some(refused)).await?));
    }
    lessons.answer(&learner.0.id, lesson, question, &answer).await?;
    Ok(Reply::see_other(format!("{}#question-{}", lesson.path, question.id)))
}
