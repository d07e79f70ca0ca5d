//! `/review` and `/review/{entry}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClaimStatus, Decision, MAX_CLAIMS, MAX_REASON_CHARS, ReviewError, Reviews, SubmittedEntry};
use crate::accounts::Person;
use crate::accounts::guards::Instructor;
use crate::checkpoints::{Answers, EntryId, EntryState};
use crate::drafts::Drafts;
use crate::grading::{FlagView, LabWork, WorkTask};
use crate::lessons::{Answer, Checkpoint, Choice, Item, Judgement, Lessons, Question, QuestionKind};
use crate::view::{Html, View};
use crate::web::{Field, Form, NoFields, Redirect, Reply, WebError};

/// How many entries the queue shows at once.
const MAX_SHOWN: i64 = 100;

/// `reviews/queue.html`
#[derive(Debug, Serialize)]
pub struct QueuePage {
    /// The entries that wait, the longest waiting first.
    pub entries: Vec<QueueRow>,
}

/// An entry in the queue.
#[derive(Debug, Serialize)]
pub struct QueueRow {
    /// Its page.
    pub path: String,
    /// The module's title.
    pub module: String,
    /// Its place in its week.
    pub week_seq: i64,
    /// When it reached the server.
    pub submitted_at: Timestamp,
    /// Who has it.
    pub claim: ClaimStatus,
}

impl View for QueuePage {
    const TEMPLATE: &'static str = "reviews/queue.html";

    fn samples() -> Vec<Self> {
        let row = |claim| QueueRow {
            path: "/review/x".to_owned(),
            module: "Full service ownership".to_owned(),
            week_seq: 3,
            submitted_at: Timestamp::UNIX_EPOCH,
            claim,
        };
        let claims = [ClaimStatus::Free, ClaimStatus::Mine, ClaimStatus::Taken, ClaimStatus::Own];
        vec![Self { entries: Vec::new() }, Self { entries: claims.map(row).into() }]
    }
}

/// `GET /review`
pub async fn queue(
    reviews: Data<Reviews>,
    lessons: Data<Lessons>,
    instructor: Instructor,
) -> Result<Reply<QueuePage>, WebError> {
    let library = lessons.library();
    let entries = reviews.list_queue(&instructor.0.id, MAX_SHOWN).await?;
    let rows = entries.into_iter().map(|(entry, claim)| QueueRow {
        path: format!("/review/{}", entry.id),
        claim,
        module: library.find_module(&entry.module).map_or(entry.module, |module| module.title.clone()),
        week_seq: entry.week_seq,
        submitted_at: entry.submitted_at,
    });
    Ok(Reply::Page(QueuePage { entries: rows.collect() }))
}

/// `reviews/entry.html`
#[derive(Debug, Serialize)]
pub struct ReviewPage {
    /// The page's own path.
    pub path: String,
    /// The module's title.
    pub module: String,
    /// Its place in its week.
    pub week_seq: i64,
    /// When it reached the server.
    pub submitted_at: Timestamp,
    /// How far it has come.
    pub state: EntryState,
    /// Who has it.
    pub claim: ClaimStatus,
    /// How many of the answers that the program judges are right, and how many those are.
    pub tally: (usize, usize),
    /// The questions with what was answered.
    pub answers: Vec<AnswerView>,
    /// The author's work in the labs of the module.
    pub work: Vec<LabWork>,
    /// Objects of somebody else's lab that were found in the author's, the newest first.
    pub flags: Vec<FlagView>,
    /// The reason typed, and what is wrong with the decision.
    pub reason: Field,
    /// How long it may be.
    pub max_reason_chars: usize,
}

/// What somebody answered, or should have.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum AnswerText {
    /// A choice of the question, set when it was read.
    Choice(Html),
    /// What was typed, escaped where it is shown.
    Typed(String),
}

/// Something that was answered.
#[derive(Debug, Serialize)]
pub struct Given {
    /// What was selected or typed.
    pub text: AnswerText,
    /// Whether that choice is right, or that line in its place.
    pub is_right: Option<bool>,
}

/// An answer beside what a good one has.
#[derive(Debug, Serialize)]
pub struct AnswerView {
    /// `single`, `multiple`, `order`, `short` or `text`; `gone` for a question that has left the pool.
    pub kind: &'static str,
    /// What was asked.
    pub prompt: Html,
    /// The selected choices, or what was typed.
    pub given: Vec<Given>,
    /// The right choices, or what is accepted.
    pub expected: Vec<AnswerText>,
    /// What a good answer has, for free text.
    pub rubric: Vec<String>,
    /// A good answer, for free text.
    pub model: Option<Html>,
    /// `right`, `wrong` or `open`.
    pub judgement: Judgement,
}

impl AnswerView {
    fn new(question: &Question, answer: &Answer) -> Self {
        let choices = || question.choices().iter().enumerate();
        let text = |choice: &Choice| AnswerText::Choice(choice.text.clone());
        let typed = vec![Given { text: AnswerText::Typed(answer.text.clone()), is_right: None }];
        let (given, expected, rubric, model) = match &question.kind {
            QuestionKind::Single(_) | QuestionKind::Multiple(_) => {
                let selected = choices().filter(|(place, _)| answer.selected.contains(place));
                let given = selected.map(|(_, choice)| Given { text: text(choice), is_right: Some(choice.correct) });
                let right = choices().filter(|(_, choice)| choice.correct).map(|(_, choice)| text(choice));
                (given.collect(), right.collect(), Vec::new(), None)
            }
            QuestionKind::Order(items) => (list_ordered(items, &answer.selected), list_right(items), Vec::new(), None),
            QuestionKind::Short { accept, .. } => {
                (typed, accept.iter().cloned().map(AnswerText::Typed).collect(), Vec::new(), None)
            }
            QuestionKind::Text { rubric, model } => (typed, Vec::new(), rubric.clone(), Some(model.clone())),
        };
        let (kind, judgement) = (question.kind_name(), question.judge(answer));
        Self { kind, prompt: question.prompt.clone(), given, expected, rubric, model, judgement }
    }

    /// The answer to a question that is no longer in the pool.
    fn gone(id: &str, answer: &Answer) -> Self {
        let selected = answer.selected.iter().map(|place| format!("Choice {}", place + 1));
        let typed = Some(answer.text.clone()).filter(|text| !text.is_empty());
        let given = |text| Given { text: AnswerText::Typed(text), is_right: None };
        Self {
            kind: "gone",
            // An id holds lower-case letters, digits and hyphens.
            prompt: Html::trusted(format!("A question that has since left the pool: {id}")),
            given: selected.chain(typed).map(given).collect(),
            expected: Vec::new(),
            rubric: Vec::new(),
            model: None,
            judgement: Judgement::Open,
        }
    }
}

/// Things to be put in order, as `numbers` puts them.
fn list_ordered(items: &[Item], numbers: &[usize]) -> Vec<Given> {
    let mut numbered: Vec<(usize, (usize, &Item))> = numbers.iter().copied().zip((1..).zip(items)).collect();
    numbered.sort_by_key(|(number, _)| *number);
    let given = |(number, (right, item)): (usize, (usize, &Item))| Given {
        text: number_item(number, item),
        is_right: Some(number == right),
    };
    numbered.into_iter().map(given).collect()
}

fn list_right(items: &[Item]) -> Vec<AnswerText> {
    items.iter().enumerate().map(|(place, item)| number_item(place + 1, item)).collect()
}

fn number_item(number: usize, item: &Item) -> AnswerText {
    AnswerText::Choice(Html::trusted(format!("{number}. {}", item.text.as_str())))
}

/// What the entry was asked, in the order of the pool; questions that have left the pool since come last.
fn list_answers(checkpoint: Option<&Checkpoint>, answers: &Answers) -> Vec<AnswerView> {
    let questions = checkpoint.iter().flat_map(|checkpoint| &checkpoint.pool).map(|pooled| &pooled.question);
    let known = questions.filter_map(|question| Some(AnswerView::new(question, answers.get(&question.id)?)));
    let gone = answers.iter().filter(|(id, _)| checkpoint.is_none_or(|checkpoint| checkpoint.find(id).is_none()));
    known.chain(gone.map(|(id, answer)| AnswerView::gone(id, answer))).collect()
}

/// How many of the answers that the program judges are right, and how many those are.
fn count_right(answers: &[AnswerView]) -> (usize, usize) {
    let count = |wanted: Judgement| answers.iter().filter(|answer| answer.judgement == wanted).count();
    let right = count(Judgement::Right);
    (right, right + count(Judgement::Wrong))
}

impl View for ReviewPage {
    const TEMPLATE: &'static str = "reviews/entry.html";

    fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let answer = |kind, judgement, model: Option<Html>| AnswerView {
            kind,
            prompt: html("Who owns it?"),
            given: vec![Given {
                text: AnswerText::Typed("The <team>".to_owned()),
                is_right: (kind == "multiple").then_some(judgement == Judgement::Right),
            }],
            expected: vec![AnswerText::Choice(html("The <code>team</code>"))],
            rubric: vec!["names a team".to_owned()],
            model,
            judgement,
        };
        let task = |passed_at, is_judged: bool| WorkTask {
            id: "owner".to_owned(),
            title: "Say whose it is".to_owned(),
            points: (if is_judged { 8 } else { 0 }, 10),
            passed_at,
            request: is_judged.then(|| "0198f3c0-0000-7000-8000-000000000001".to_owned().into()),
        };
        let flag = |is_known: bool| FlagView {
            found_at: Timestamp::UNIX_EPOCH,
            object: is_known.then(|| "Service qotm".to_owned()),
            lab: "Annotate a service".to_owned(),
            other: is_known.then(|| "Bea Lind".to_owned()),
        };
        let page = |claim, state, reason| Self {
            path: "/review/x".to_owned(),
            module: "Full service ownership".to_owned(),
            week_seq: 3,
            submitted_at: Timestamp::UNIX_EPOCH,
            state,
            claim,
            tally: (1, 4),
            answers: vec![
                answer("multiple", Judgement::Right, None),
                answer("multiple", Judgement::Wrong, None),
                answer("short", Judgement::Wrong, None),
                answer("order", Judgement::Wrong, None),
                answer("text", Judgement::Open, Some(html("We."))),
            ],
            work: vec![LabWork {
                lab: "service-annotations".to_owned(),
                title: "Annotate a service".to_owned(),
                tasks: vec![task(Some(Timestamp::UNIX_EPOCH), true), task(None, true), task(None, false)],
            }],
            flags: if claim == ClaimStatus::Mine { vec![flag(true), flag(false)] } else { Vec::new() },
            reason,
            max_reason_chars: MAX_REASON_CHARS,
        };
        vec![
            page(ClaimStatus::Free, EntryState::Submitted, Field::default()),
            page(ClaimStatus::Mine, EntryState::InReview, Field::new("x").refused("Please say why.")),
            page(ClaimStatus::Taken, EntryState::InReview, Field::default()),
            page(ClaimStatus::Own, EntryState::Submitted, Field::default()),
            page(ClaimStatus::Free, EntryState::Rejected, Field::default()),
        ]
    }
}

/// `GET /review/{entry}`
pub async fn review(
    reviews: Data<Reviews>,
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    instructor: Instructor,
    id: Path<String>,
) -> Result<Reply<ReviewPage>, WebError> {
    let id = EntryId::from(id.into_inner());
    let draft = drafts.find(&instructor.0.id, &format!("/review/{id}/decide")).await?;
    let reason = draft.as_ref().and_then(|draft| draft.text("reason")).map(Field::new).unwrap_or_default();
    Ok(Reply::Page(build((&reviews, &lessons), &instructor.0, &id, reason).await?))
}

/// `POST /review/{entry}/claim`
pub async fn claim(
    reviews: Data<Reviews>,
    instructor: Instructor,
    id: Path<String>,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let id = EntryId::from(id.into_inner());
    match reviews.claim(&instructor.0, &id).await {
        Ok(()) => Ok(Redirect::to(format!("/review/{id}"))),
        Err(refusal) => refuse(&id, refusal),
    }
}

/// What the form of a decision sends.
#[derive(Debug, Deserialize)]
pub struct DecideForm {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    reason: String,
}

/// `POST /review/{entry}/decide`
pub async fn decide(
    reviews: Data<Reviews>,
    lessons: Data<Lessons>,
    instructor: Instructor,
    id: Path<String>,
    form: Form<DecideForm>,
) -> Result<Reply<ReviewPage>, WebError> {
    let id = EntryId::from(id.into_inner());
    let decision = match Decision::parse(&form.0.decision, &form.0.reason) {
        Ok(decision) => decision,
        Err(fault) => {
            let reason = Field::new(form.0.reason).refused(fault);
            return Ok(Reply::Invalid(build((&reviews, &lessons), &instructor.0, &id, reason).await?));
        }
    };
    match reviews.decide(&instructor.0, &id, &decision).await {
        Ok(()) => Ok(Reply::SeeOther(Redirect::to("/review").success(match decision {
            Decision::Accept => "The entry is accepted.",
            Decision::Reject(_) => "The entry is not accepted, and its author is told why.",
        }))),
        Err(ReviewError::Fault(fault)) => Err(fault.into()),
        Err(ReviewError::Unknown) => Err(WebError::NotFound),
        // The page says how the entry stands, and keeps the reason typed.
        Err(refusal) => {
            let reason = Field::new(form.0.reason).refused(describe(&refusal));
            Ok(Reply::Invalid(build((&reviews, &lessons), &instructor.0, &id, reason).await?))
        }
    }
}

fn refuse(id: &EntryId, refusal: ReviewError) -> Result<Redirect, WebError> {
    match refusal {
        ReviewError::Unknown => Err(WebError::NotFound),
        ReviewError::Fault(fault) => Err(fault.into()),
        refusal => Ok(Redirect::to(format!("/review/{id}")).error(describe(&refusal))),
    }
}

fn describe(refusal: &ReviewError) -> String {
    match refusal {
        ReviewError::Own => "This entry is your own; somebody else reviews it.".to_owned(),
        ReviewError::Claimed => "Another reviewer has this entry. Take the next one.".to_owned(),
        ReviewError::TooManyClaims => format!("You have {MAX_CLAIMS} entries already. Decide one of them first."),
        ReviewError::Decided | ReviewError::Unknown | ReviewError::Fault(_) => {
            "This entry was decided or withdrawn in the meantime; nothing was changed.".to_owned()
        }
    }
}

async fn build(
    (reviews, lessons): (&Reviews, &Lessons),
    reviewer: &Person,
    id: &EntryId,
    reason: Field,
) -> Result<ReviewPage, WebError> {
    let found = reviews.find_submitted(&reviewer.id, id).await?.ok_or(WebError::NotFound)?;
    let SubmittedEntry { entry, answers, claim, work, flags } = found;
    let library = lessons.library();
    // A module that has left the content leaves its entries to be decided.
    let module = library.find_module(&entry.module);
    let answers = list_answers(module.map(|module| &module.checkpoint), &answers);
    Ok(ReviewPage {
        path: format!("/review/{id}"),
        module: module.map_or_else(|| entry.module.clone(), |module| module.title.clone()),
        week_seq: entry.week_seq,
        submitted_at: entry.submitted_at,
        state: entry.state,
        claim,
        tally: count_right(&answers),
        answers,
        work,
        flags,
        reason,
        max_reason_chars: MAX_REASON_CHARS,
    })
}
