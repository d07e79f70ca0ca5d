//! `/practice` and `/practice/{module}/{question}`: what was missed, asked again when it is due.

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use super::question::{QuestionContext, QuestionView, name_alone, read_answer};
use crate::accounts::Person;
use crate::accounts::guards::Learner;
use crate::drafts::Drafts;
use crate::lessons::address::encode;
use crate::lessons::{Answer, BOX_DAYS, Card, CardView, Lesson, Lessons, Library, Question, QuestionKey, Stage};
use crate::view::{Html, View};
use crate::web::{Fields, Form, Redirect, Reply, WebError};

/// `lessons/practice.html`
#[derive(Debug, Serialize)]
pub struct PracticePage {
    /// The questions that are due, the longest due first.
    pub due: Vec<CardRow>,
    /// Those that wait, the next first.
    pub waiting: Vec<CardRow>,
    /// How many are learned.
    pub learned: usize,
    /// How many were ever missed.
    pub missed: usize,
    /// After how many days each box is asked again, and how many questions are in it.
    pub boxes: Vec<(i64, usize)>,
}

/// A question in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CardRow {
    /// Where it is asked again.
    pub path: String,
    /// What is asked.
    pub prompt: Html,
    /// The lesson it comes from.
    pub lesson: String,
    /// In how many days it is due; none once it is learned.
    pub days_left: Option<i64>,
}

impl View for PracticePage {
    const TEMPLATE: &'static str = "lessons/practice.html";

    fn samples() -> Vec<Self> {
        let row = |waiting: usize| CardRow {
            path: "/practice/m/q".to_owned(),
            prompt: Html::trusted("Who <em>owns</em> it?".to_owned()),
            lesson: "Challenges".to_owned(),
            days_left: Some(if waiting > 1 { 3 } else { 1 }),
        };
        let page = |due: usize, waiting: usize, learned| Self {
            due: vec![row(0); due],
            waiting: vec![row(waiting); waiting],
            learned,
            missed: due + waiting + learned,
            boxes: BOX_DAYS.map(|days| (days, due)).into(),
        };
        vec![page(0, 0, 0), page(1, 0, 0), page(2, 2, 1), page(0, 1, 0), page(0, 0, 3)]
    }
}

/// `lessons/card.html`
#[derive(Debug, Serialize)]
pub struct CardPage {
    /// The question; with the answer once it was given.
    pub question: QuestionView,
    /// Whether the answer is wanted now.
    pub is_due: bool,
    /// In how many days it comes back; never once it is learned.
    pub days_left: Option<i64>,
    /// The lesson's page and title.
    pub lesson: (String, String),
    /// The next question that is due, and how many are, apart from this one.
    pub next: Option<String>,
    /// How many others are due.
    pub others_due: usize,
}

impl CardPage {
    fn new(question: QuestionView, state: &CardView, library: &Library, lesson: &Lesson) -> Self {
        Self {
            question,
            is_due: state.is_due,
            days_left: state.days_left,
            lesson: (lesson.path.clone(), lesson.title.clone()),
            next: state.others_due.first().and_then(|key| address_of(library, key)),
            others_due: state.others_due.len(),
        }
    }
}

impl View for CardPage {
    const TEMPLATE: &'static str = "lessons/card.html";

    fn samples() -> Vec<Self> {
        let page = |question, is_due, days_left, next: Option<&str>| Self {
            question,
            is_due,
            days_left,
            lesson: ("/modules/m/s/l".to_owned(), "Challenges".to_owned()),
            others_due: usize::from(next.is_some()),
            next: next.map(str::to_owned),
        };
        let states = [(true, Some(0)), (false, Some(1)), (false, Some(3)), (false, None)];
        let of_state = |(is_due, days_left)| {
            QuestionView::samples().into_iter().map(move |question| {
                let next = question.judgement.map(|_| "/practice/m/q");
                page(question, is_due, days_left, next)
            })
        };
        states.into_iter().flat_map(of_state).collect()
    }
}

/// `GET /practice`
pub async fn practice(lessons: Data<Lessons>, learner: Learner) -> Result<Reply<PracticePage>, WebError> {
    let (now, cards) = lessons.list_cards(&learner.0.id).await?;
    let library = lessons.library();
    let rows = |keep: &dyn Fn(&Card) -> bool| -> Vec<CardRow> {
        cards.iter().filter(|card| keep(card)).filter_map(|card| row(&library, card, now)).collect()
    };
    let in_box = |wanted: usize| {
        cards.iter().filter(|card| matches!(card.stage, Stage::Boxed { number, .. } if number == wanted)).count()
    };
    Ok(Reply::Page(PracticePage {
        due: rows(&|card| card.stage.is_due(now)),
        waiting: rows(&|card| !card.stage.is_due(now) && card.stage != Stage::Learned),
        learned: cards.iter().filter(|card| card.stage == Stage::Learned).count(),
        missed: cards.len(),
        boxes: BOX_DAYS.iter().enumerate().map(|(number, days)| (*days, in_box(number))).collect(),
    }))
}

/// Where a question is asked again.
type CardPath = Path<(String, String)>;

/// `GET /practice/{module}/{question}`
pub async fn card(
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    learner: Learner,
    path: CardPath,
) -> Result<Reply<CardPage>, WebError> {
    let library = lessons.library();
    let (lesson, question) = find(&library, &path)?;
    let state = find_card(&lessons, &learner.0, lesson, question).await?;
    // A question that is due is asked afresh; before that, its last answer is shown with what it was worth.
    let answer = if state.is_due { None } else { lessons.find_answer(&learner.0.id, lesson, question).await? };
    let address = card_path(&path);
    let draft = drafts.find(&learner.0.id, &address).await?.filter(|_| state.is_due);
    let context = QuestionContext { is_shown: state.is_shown, ..context(&address, &learner.0) };
    let view = match draft.map(|draft| read_answer(question, &draft.fields, learner.0.id.as_str())) {
        Some(typed) => QuestionView::drafted(question, context, &typed),
        None => QuestionView::new(question, context, answer.as_ref()),
    };
    Ok(Reply::Page(CardPage::new(view, &state, &library, lesson)))
}

/// `POST /practice/{module}/{question}`
pub async fn answer_card(
    lessons: Data<Lessons>,
    learner: Learner,
    path: CardPath,
    form: Form<Fields>,
) -> Result<Reply<CardPage>, WebError> {
    let library = lessons.library();
    let (lesson, question) = find(&library, &path)?;
    let state = find_card(&lessons, &learner.0, lesson, question).await?;
    let answer: Answer = read_answer(question, &name_alone(question, form.0), learner.0.id.as_str());
    if let Some(fault) = question.find_fault(&answer) {
        let view = QuestionView::refused(question, context(&card_path(&path), &learner.0), &answer, fault);
        return Ok(Reply::Invalid(CardPage::new(view, &state, &library, lesson)));
    }
    lessons.answer(&learner.0.id, lesson, question, &answer).await?;
    Ok(Reply::see_other(format!("{}#question-{}", card_path(&path), question.id)))
}

/// `POST /practice/{module}/{question}/show`: shows the answer to a question that was missed.
pub async fn show_card(
    lessons: Data<Lessons>,
    learner: Learner,
    path: CardPath,
    _form: Form<Fields>,
) -> Result<Redirect, WebError> {
    let library = lessons.library();
    let (lesson, question) = find(&library, &path)?;
    find_card(&lessons, &learner.0, lesson, question).await?;
    lessons.show_answer(&learner.0.id, lesson, question).await?;
    Ok(Redirect::to(format!("{}#question-{}", card_path(&path), question.id)))
}

/// Not found for a question that the person has never missed.
async fn find_card(
    lessons: &Lessons,
    person: &Person,
    lesson: &Lesson,
    question: &Question,
) -> Result<CardView, WebError> {
    let key = QuestionKey { lesson_path: lesson.path.clone(), question_id: question.id.clone() };
    lessons.find_card(&person.id, key).await?.ok_or(WebError::NotFound)
}

fn find<'l>(library: &'l Library, path: &(String, String)) -> Result<(&'l Lesson, &'l Question), WebError> {
    let module = library.find_module(&path.0).ok_or(WebError::NotFound)?;
    let questions = module.lessons().flat_map(|(_, lesson)| lesson.questions().map(move |question| (lesson, question)));
    questions.into_iter().find(|(_, question)| question.id == path.1).ok_or(WebError::NotFound)
}

fn row(library: &Library, card: &Card, now: Timestamp) -> Option<CardRow> {
    let (module, lesson, question) = library.find_question(&card.key)?;
    Some(CardRow {
        path: card_path(&(module.slug.clone(), question.id.clone())),
        prompt: question.prompt.clone(),
        lesson: lesson.title.clone(),
        days_left: card.stage.days_left(now, &library.programme().rules.zone),
    })
}

fn address_of(library: &Library, key: &QuestionKey) -> Option<String> {
    let (module, _, question) = library.find_question(key)?;
    Some(card_path(&(module.slug.clone(), question.id.clone())))
}

fn card_path((module, question): &(String, String)) -> String {
    format!("/practice/{}/{question}", encode(module))
}

fn context<'a>(action: &'a str, person: &'a Person) -> QuestionContext<'a> {
    QuestionContext { action, person: person.id.as_str(), is_shown: false }
}
