//! `/checkpoints/{module}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::Person;
use crate::accounts::guards::Learner;
use crate::checkpoints::{Answers, AskedQuestion, Checkpoints, EnterError, Entry, Paper};
use crate::lessons::pages::ItemView;
use crate::lessons::{AnswerFault, Lessons, Library, Module, Rules};
use crate::view::{Html, View};
use crate::web::{Fields, Form, Redirect, Reply, WebError};

/// `checkpoints/checkpoint.html`
#[derive(Debug, Serialize)]
pub struct CheckpointPage {
    /// Where the form goes.
    pub path: String,
    /// The module's title.
    pub module: String,
    /// The rules in force.
    pub rules: Rules,
    /// When the week ends.
    pub week_ends_at: Timestamp,
    /// The first instant of the week for which the questions were drawn; the form carries it.
    pub began_in_week: String,
    /// Whether these questions are others than the form was sent with, for a new week has begun.
    pub is_new_week: bool,
    /// How many entries the person has left.
    pub entries_left: i64,
    /// This week's entry to the module, if it is there.
    pub present_entry: Option<String>,
    /// The questions with what was answered.
    pub questions: Vec<QuestionField>,
    /// How many answers are missing or too short.
    pub faults: usize,
}

/// A question of a checkpoint as its form shows it.
#[derive(Debug, Serialize)]
pub struct QuestionField {
    /// The name of the field.
    pub name: String,
    /// `single`, `multiple`, `order`, `short` or `text`.
    pub kind: &'static str,
    /// What is asked.
    pub prompt: Html,
    /// The choices: text, and whether it is chosen.
    pub choices: Vec<(Html, bool)>,
    /// What is to be put in order.
    pub items: Vec<ItemView>,
    /// What was typed.
    pub typed: String,
    /// What is wrong with the answer.
    pub error: Option<String>,
}

impl QuestionField {
    fn new(asked: &AskedQuestion<'_>, answers: &Answers, is_checked: bool) -> Self {
        let (question, answer) = (asked.question, answers.get(&asked.question.id));
        let is_chosen = |place| answer.is_some_and(|answer| answer.chosen.contains(&place));
        Self {
            name: field_name(asked),
            kind: question.kind_name(),
            prompt: question.prompt.clone(),
            choices: asked.choices().map(|(place, choice)| (choice.text.clone(), is_chosen(place))).collect(),
            items: ItemView::list(question, asked.shown(), answer),
            typed: answer.map(|answer| answer.text.clone()).unwrap_or_default(),
            error: asked.find_fault(answers).filter(|_fault| is_checked).map(|fault| match fault {
                // There is no model answer to wait for here.
                AnswerFault::TooShort => "Please write a sentence or two.".to_owned(),
                other => other.to_string(),
            }),
        }
    }
}

impl View for CheckpointPage {
    const TEMPLATE: &'static str = "checkpoints/checkpoint.html";

    fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let field = |name: &str, kind, error: Option<&str>| QuestionField {
            name: name.to_owned(),
            kind,
            prompt: html("Who owns it?"),
            choices: match kind {
                "single" | "multiple" => vec![(html("We"), true), (html("They"), false)],
                _ => Vec::new(),
            },
            items: if kind == "order" { ItemView::samples() } else { Vec::new() },
            typed: "The team".to_owned(),
            error: error.map(str::to_owned),
        };
        let page = |entries_left, present_entry: Option<&str>, faults| Self {
            path: "/checkpoints/m".to_owned(),
            module: "Full service ownership".to_owned(),
            rules: sample_rules(),
            week_ends_at: Timestamp::UNIX_EPOCH,
            began_in_week: "0".to_owned(),
            is_new_week: faults > 2,
            entries_left,
            present_entry: present_entry.map(str::to_owned),
            questions: vec![
                field("a", "single", None),
                field("b", "multiple", Some("Please choose an answer.")),
                field("c", "text", Some("Please type an answer.")),
                field("d", "short", None),
                field("e", "order", Some("Please give every line a number of its own.")),
            ],
            faults,
        };
        vec![page(3, None, 0), page(1, None, 2), page(1, None, 3), page(0, None, 0), page(2, Some("/entries/x"), 0)]
    }
}

/// Rules for samples.
pub(super) fn sample_rules() -> Rules {
    Rules {
        version: 1,
        vouchers_per_week: 50,
        entries_per_developer: 3,
        voucher_value: "10 USD".to_owned(),
        voucher_provider: "Uber Eats".to_owned(),
        summary: "The first fifty win.".to_owned(),
    }
}

/// `GET /checkpoints/{module}`
pub async fn checkpoint(
    checkpoints: Data<Checkpoints>,
    lessons: Data<Lessons>,
    learner: Learner,
    slug: Path<String>,
) -> Result<Reply<CheckpointPage>, WebError> {
    let library = lessons.library();
    let module = find(&library, &slug)?;
    let sheet = Sheet::new(&checkpoints, &learner.0, module, "")?;
    Ok(Reply::Page(sheet.page(&checkpoints, &learner.0, &Answers::new(), false).await?))
}

/// `POST /checkpoints/{module}`
pub async fn enter(
    checkpoints: Data<Checkpoints>,
    lessons: Data<Lessons>,
    learner: Learner,
    slug: Path<String>,
    form: Form<Fields>,
) -> Result<Reply<CheckpointPage>, WebError> {
    let library = lessons.library();
    let module = find(&library, &slug)?;
    let began = form.0.get("week").and_then(|values| values.first()).map_or("", String::as_str);
    let sheet = Sheet::new(&checkpoints, &learner.0, module, began)?;
    let answers = sheet.read(&form.0);
    if !sheet.paper.is_complete(&answers) {
        return Ok(Reply::Invalid(sheet.page(&checkpoints, &learner.0, &answers, true).await?));
    }
    match checkpoints.enter(&learner.0.id, &module.slug, &answers).await {
        Ok(entry) => {
            let word = word(&checkpoints, &entry, began)?;
            Ok(Reply::SeeOther(Redirect::to(format!("/entries/{}", entry.id)).success(word)))
        }
        Err(EnterError::AlreadyEntered(_) | EnterError::LimitReached(_)) => {
            // The page itself says which limit it was, and keeps what was typed.
            Ok(Reply::Invalid(sheet.page(&checkpoints, &learner.0, &answers, false).await?))
        }
        Err(EnterError::Fault(fault)) => Err(fault.into()),
    }
}

/// What to say of an entry that was taken: which week it counts for, when that changed while it was written.
fn word(checkpoints: &Checkpoints, entry: &Entry, began: &str) -> Result<String, WebError> {
    let present = checkpoints.present_week()?.starts_at.to_string();
    Ok(if began.is_empty() || began == present {
        format!("Your entry is in, at place {} of this week.", entry.week_seq)
    } else {
        format!("A new week began while you wrote: your entry counts for it, at place {}.", entry.week_seq)
    })
}

fn find<'l>(library: &'l Library, slug: &str) -> Result<&'l Module, WebError> {
    library.find_module(slug).filter(|module| !module.checkpoint.is_empty()).ok_or(WebError::NotFound)
}

fn field_name(asked: &AskedQuestion<'_>) -> String {
    format!("answer-{}", asked.question.id)
}

/// The questions in front of one person.
struct Sheet<'m> {
    module: &'m Module,
    week: Timestamp,
    is_new_week: bool,
    paper: Paper<'m>,
}

impl<'m> Sheet<'m> {
    /// What `person` is asked, who `began` in the week of that start; empty on the first look.
    fn new(checkpoints: &Checkpoints, person: &Person, module: &'m Module, began: &str) -> Result<Self, WebError> {
        let (week, paper) = checkpoints.find_paper(&person.id, module, began)?;
        let is_new_week = !began.is_empty() && began != week.to_string();
        Ok(Self { module, week, is_new_week, paper })
    }

    fn read(&self, fields: &Fields) -> Answers {
        let answer = |asked: &AskedQuestion<'_>| {
            let values = fields.get(&field_name(asked)).map_or(&[][..], Vec::as_slice);
            (asked.question.id.clone(), asked.parse_answer(values))
        };
        self.paper.questions().map(answer).collect()
    }

    async fn page(
        &self,
        checkpoints: &Checkpoints,
        person: &Person,
        answers: &Answers,
        is_checked: bool,
    ) -> Result<CheckpointPage, WebError> {
        let (module, standing) = (self.module, checkpoints.find_standing(&person.id).await?);
        let rules = checkpoints.rules();
        let questions: Vec<QuestionField> =
            self.paper.questions().map(|asked| QuestionField::new(asked, answers, is_checked)).collect();
        Ok(CheckpointPage {
            path: format!("/checkpoints/{}", module.slug),
            module: module.title.clone(),
            week_ends_at: standing.week.ends_at,
            began_in_week: self.week.to_string(),
            is_new_week: self.is_new_week,
            entries_left: standing.entries_left,
            present_entry: standing.find_present(&module.slug).map(|entry| format!("/entries/{}", entry.id)),
            faults: questions.iter().filter(|question| question.error.is_some()).count(),
            rules,
            questions,
        })
    }
}
