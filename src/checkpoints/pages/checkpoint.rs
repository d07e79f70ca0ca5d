//! `/checkpoints/{module}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::Serialize;

use super::answers::{PreservedAnswer, SentAnswers, began, field_name};
use crate::accounts::guards::Learner;
use crate::checkpoints::{AskedQuestion, Checkpoints, EnterError, EntryId, OpenCheckpoint};
use crate::drafts::{Draft, Drafts};
use crate::lessons::pages::ItemView;
use crate::lessons::{AnswerFault, KindMix, Lessons, Library, MAX_ANSWER_CHARS, Module, Rules};
use crate::view::{Html, View};
use crate::web::{Fields, Form, Redirect, Reply, WebError};

/// `checkpoints/checkpoint.html`
#[derive(Debug, Serialize)]
pub struct CheckpointPage {
    /// Where the form goes.
    pub path: String,
    /// The module's title.
    pub module: String,
    /// The rules of the week.
    pub rules: Rules,
    /// When the week ends.
    pub week_ends_at: Timestamp,
    /// The first instant of the week for which the questions were drawn; the form carries it.
    pub began_in_week: String,
    /// Whether a new week has begun since the form was opened, with questions of its own.
    pub is_new_week: bool,
    /// Whether other questions are asked now than the form was sent with.
    pub is_outdated: bool,
    /// How many entries the person has left.
    pub entries_left: i64,
    /// Whether they are or were on the programme's staff, and so cannot enter.
    pub is_staff: bool,
    /// This week's entry to the module, if it is there.
    pub current_entry: Option<String>,
    /// How many questions of each kind there are.
    pub mix: MixView,
    /// The questions with what was answered.
    pub questions: Vec<QuestionField>,
    /// What was typed and has no question any more.
    pub preserved: Vec<PreservedAnswer>,
    /// How long an answer may be.
    pub max_answer_chars: usize,
    /// When what is typed was saved last.
    pub saved_at: Option<Timestamp>,
}

/// How many questions a checkpoint has, by what they ask for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MixView {
    /// A choice, or several.
    pub choices: usize,
    /// An order.
    pub orders: usize,
    /// A word or two.
    pub short: usize,
    /// A few sentences.
    pub texts: usize,
}

impl MixView {
    fn new(mix: &KindMix) -> Self {
        Self {
            choices: mix.of("single") + mix.of("multiple"),
            orders: mix.of("order"),
            short: mix.of("short"),
            texts: mix.of("text"),
        }
    }
}

/// A question of a checkpoint as its form shows it.
#[derive(Debug, Serialize)]
pub struct QuestionField {
    /// Its id and revision, which the form carries.
    pub question: String,
    /// The name of the field.
    pub name: String,
    /// `single`, `multiple`, `order`, `short` or `text`.
    pub kind: &'static str,
    /// What is asked.
    pub prompt: Html,
    /// The choices: text, and whether it is selected.
    pub choices: Vec<(Html, bool)>,
    /// What is to be put in order.
    pub items: Vec<ItemView>,
    /// What was typed.
    pub typed: String,
    /// What is wrong with the answer.
    pub error: Option<String>,
}

impl QuestionField {
    fn new(asked: &AskedQuestion<'_>, sent: &SentAnswers, is_checked: bool) -> Self {
        let (question, answer) = (asked.question, sent.answers.get(&asked.question.id));
        let is_selected = |place| answer.is_some_and(|answer| answer.selected.contains(&place));
        let error = if sent.changed.contains(&question.id) {
            Some("This question has changed since you answered it. Please look at it again.".to_owned())
        } else {
            asked.find_fault(&sent.answers).filter(|_fault| is_checked).map(describe)
        };
        Self {
            question: format!("{}:{}", question.id, asked.revision()),
            name: field_name(asked),
            kind: question.kind_name(),
            prompt: question.prompt.clone(),
            choices: asked.choices().map(|(place, choice)| (choice.text.clone(), is_selected(place))).collect(),
            items: ItemView::list(question, asked.shown(), answer),
            typed: answer.map(|answer| answer.text.clone()).unwrap_or_default(),
            error,
        }
    }
}

fn describe(fault: AnswerFault) -> String {
    match fault {
        // There is no model answer to wait for here.
        AnswerFault::TooShort => "Please write a sentence or two.".to_owned(),
        other => other.to_string(),
    }
}

impl View for CheckpointPage {
    const TEMPLATE: &'static str = "checkpoints/checkpoint.html";

    fn samples() -> Vec<Self> {
        let html = |text: &str| Html::trusted(text.to_owned());
        let field = |name: &str, kind, error: Option<&str>| QuestionField {
            question: format!("{name}:0"),
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
        let page = |entries_left, current_entry: Option<&str>, faults| Self {
            path: "/checkpoints/m".to_owned(),
            module: "Full service ownership".to_owned(),
            rules: Rules::sample(),
            week_ends_at: Timestamp::UNIX_EPOCH,
            began_in_week: "0".to_owned(),
            is_new_week: faults > 2,
            is_outdated: faults > 1,
            entries_left,
            is_staff: faults == 0 && entries_left == 1,
            current_entry: current_entry.map(str::to_owned),
            mix: MixView { choices: 2, orders: 1, short: faults, texts: 1 },
            questions: vec![
                field("a", "single", None),
                field("b", "multiple", Some("Please choose an answer.")),
                field("c", "text", Some("Please type an answer.")),
                field("d", "short", None),
                field("e", "order", Some("Please give every line a number of its own.")),
            ],
            preserved: match faults {
                2 => vec![PreservedAnswer { name: "answer-z".to_owned(), text: "Whoever <wrote> it.".to_owned() }],
                _ => Vec::new(),
            },
            max_answer_chars: MAX_ANSWER_CHARS,
            saved_at: (faults == 0).then_some(Timestamp::UNIX_EPOCH),
        };
        vec![
            page(3, None, 0),
            page(1, None, 0),
            page(1, None, 2),
            page(1, None, 3),
            page(0, None, 0),
            page(2, Some("/entries/x"), 0),
        ]
    }
}

/// `GET /checkpoints/{module}`
pub async fn checkpoint(
    checkpoints: Data<Checkpoints>,
    lessons: Data<Lessons>,
    drafts: Data<Drafts>,
    learner: Learner,
    slug: Path<String>,
) -> Result<Reply<CheckpointPage>, WebError> {
    let library = lessons.library();
    let module = find(&library, &slug)?;
    let open = checkpoints.open(&learner.0.id, module, None).await?;
    Ok(Reply::Page(match drafts.find(&learner.0.id, &module.checkpoint_path()).await? {
        Some(draft) => CheckpointPage::of_draft(&open, &draft),
        None => CheckpointPage::new(&open, &find_sent_before(&checkpoints, &open).await?, false),
    }))
}

/// `POST /checkpoints/{module}`
pub async fn enter(
    checkpoints: Data<Checkpoints>,
    lessons: Data<Lessons>,
    learner: Learner,
    slug: Path<String>,
    form: Form<Fields>,
) -> Result<Reply<CheckpointPage>, WebError> {
    let (library, began) = (lessons.library(), began(&form.0));
    let module = find(&library, &slug)?;
    let open = checkpoints.open(&learner.0.id, module, began).await?;
    let sent = SentAnswers::read(&open.questions, &form.0);
    let is_new_week = began.is_some_and(|began| began != open.drawn_for);
    let refused = |page: CheckpointPage| Ok(Reply::Invalid(CheckpointPage { is_new_week, ..page }));
    if open.is_staff {
        return refused(CheckpointPage::new(&open, &sent, false));
    }
    if sent.is_outdated || !open.questions.is_complete(&sent.answers) {
        return refused(CheckpointPage::new(&open, &sent, !sent.is_outdated));
    }
    match checkpoints.enter(&open.person, &module.slug, &open.submission(sent.answers.clone())).await {
        Ok(entry) => {
            let is_of_this_week = began.is_none_or(|began| began == open.participation.week.bounds.starts_at);
            let message = if is_of_this_week {
                format!("Your entry is in: it is entry {} of this week.", entry.week_seq)
            } else {
                format!("A new week began while you wrote: your entry is entry {} of that.", entry.week_seq)
            };
            Ok(Reply::SeeOther(Redirect::to(format!("/entries/{}", entry.id)).success(message)))
        }
        Err(EnterError::AlreadyEntered(entry)) => {
            let page = CheckpointPage::new(&open, &sent, false);
            refused(CheckpointPage { current_entry: Some(entry_path(&entry)), ..page })
        }
        Err(EnterError::Staff) => {
            refused(CheckpointPage { is_staff: true, ..CheckpointPage::new(&open, &sent, false) })
        }
        Err(EnterError::LimitReached(_)) => {
            refused(CheckpointPage { entries_left: 0, ..CheckpointPage::new(&open, &sent, false) })
        }
        Err(EnterError::QuestionsExpired) => {
            let open = checkpoints.open_this_week(&open).await?;
            let sent = SentAnswers::read(&open.questions, &form.0);
            Ok(Reply::Invalid(CheckpointPage { is_new_week: true, ..CheckpointPage::new(&open, &sent, false) }))
        }
        Err(EnterError::Fault(fault)) => Err(fault.into()),
    }
}

/// What the person answered in the latest entry from these questions that was withdrawn or not accepted.
async fn find_sent_before(checkpoints: &Checkpoints, open: &OpenCheckpoint<'_>) -> Result<SentAnswers, WebError> {
    let answers = match open.find_earlier() {
        Some(entry) => checkpoints.find_answers(&entry.id).await?,
        None => None,
    };
    Ok(answers.map_or_else(SentAnswers::default, |answers| SentAnswers::of_entry(&open.questions, answers)))
}

fn find<'l>(library: &'l Library, slug: &str) -> Result<&'l Module, WebError> {
    library.find_module(slug).filter(|module| !module.checkpoint.is_empty()).ok_or(WebError::NotFound)
}

pub(super) fn entry_path(entry: &EntryId) -> String {
    format!("/entries/{entry}")
}

impl CheckpointPage {
    /// The page of `open` with what was typed into it before, which may have been in another week.
    fn of_draft(open: &OpenCheckpoint<'_>, draft: &Draft) -> Self {
        let sent = SentAnswers::read(&open.questions, &draft.fields);
        let is_new_week = began(&draft.fields).is_some_and(|began| began != open.drawn_for);
        Self { is_new_week, saved_at: Some(draft.saved_at), ..Self::new(open, &sent, false) }
    }

    /// The page of `open` with what was `sent`; faults are told when the answers were checked.
    fn new(open: &OpenCheckpoint<'_>, sent: &SentAnswers, is_checked: bool) -> Self {
        let (module, participation) = (open.module, &open.participation);
        let questions: Vec<QuestionField> =
            open.questions.questions().map(|asked| QuestionField::new(asked, sent, is_checked)).collect();
        Self {
            path: module.checkpoint_path(),
            module: module.title.clone(),
            week_ends_at: participation.week.bounds.ends_at,
            began_in_week: open.drawn_for.to_string(),
            is_new_week: false,
            is_outdated: sent.is_outdated,
            entries_left: participation.entries_left,
            is_staff: open.is_staff,
            current_entry: participation.find_current(&module.slug).map(|entry| entry_path(&entry.id)),
            preserved: sent.preserved.clone(),
            saved_at: None,
            max_answer_chars: MAX_ANSWER_CHARS,
            rules: participation.week.rules.clone(),
            mix: MixView::new(&open.questions.mix()),
            questions,
        }
    }
}
