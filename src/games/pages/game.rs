//! `/games/{id}`

use actix_web::web::{Data, Path};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::Person;
use crate::accounts::guards::Learner;
use crate::drafts::Drafts;
use crate::games::{
    Comparison, EndError, EntryKind, EntryView, FaultView, FiguresView, GameId, GameState, GameView, Games, LogEntryId,
    LogError, MAX_ENTRY_CHARS, Part, PlanError, PlanningView, PostmortemState, StartError,
};
use crate::view::View;
use crate::web::{Confirmation, Field, Form, NoFields, Redirect, Reply, WebError};

/// `games/game.html`
#[derive(Debug, Serialize)]
pub struct GamePage {
    /// The game.
    pub game: GameView,
    /// The kinds of entries that the reader may write: key and title.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// The entry as it was typed.
    pub entry: EntryFields,
    /// The plan as it was typed.
    pub plan: PlanFields,
    /// How long an entry may be.
    pub max_entry_chars: usize,
}

/// The fields of an entry.
#[derive(Debug, Default, Serialize)]
pub struct EntryFields {
    /// What was written.
    pub text: Field,
    /// When it happened.
    pub time: Field,
}

/// The fields of a plan.
#[derive(Debug, Default, Serialize)]
pub struct PlanFields {
    /// The fault.
    pub fault: Field,
    /// After how many minutes.
    pub minutes: Field,
}

impl GamePage {
    fn new(game: GameView) -> Self {
        let may_write = |kind: &&EntryKind| game.part == Part::OnCall || **kind == EntryKind::Note;
        let kinds = match game.part {
            Part::Staff => Vec::new(),
            _ => EntryKind::ALL.iter().filter(may_write).map(|kind| (kind.as_str(), kind.title())).collect(),
        };
        let (entry, plan) = (EntryFields::default(), PlanFields::default());
        Self { game, kinds, entry, plan, max_entry_chars: MAX_ENTRY_CHARS }
    }

    async fn find(games: &Games, person: &Person, id: &GameId) -> Result<Self, WebError> {
        Ok(Self::new(games.find_view(person, id).await?.ok_or(WebError::NotFound)?))
    }
}

impl View for GamePage {
    const TEMPLATE: &'static str = "games/game.html";

    fn samples() -> Vec<Self> {
        let fault = || FaultView {
            id: "scaled-to-zero".to_owned(),
            title: "Scaled to zero".to_owned(),
            shows: "Every request gets a 503.".to_owned(),
            mitigation: "Scale it.".to_owned(),
        };
        let mut pages = Vec::new();
        for state in GameState::ALL {
            for part in [Part::OnCall, Part::Planner, Part::Staff] {
                let is_over = *state == GameState::Over;
                let compared = |others: Option<&str>| Comparison {
                    title: "Time to detect",
                    own: "45 s".to_owned(),
                    others: others.map(str::to_owned),
                };
                let figures = FiguresView {
                    availability: "98.70 %".to_owned(),
                    requests: 1_000,
                    failed: 13,
                    failed_after: "1 s".to_owned(),
                    compared: vec![compared(Some("Half of the others took 1 min or less.")), compared(None)],
                    others: 5,
                };
                let is_planning = *state == GameState::Open && part == Part::Planner;
                let view = GameView {
                    id: GameId::from("0198f3c0-0000-7000-8000-000000000001".to_owned()),
                    lab: "day-2-game-day".to_owned(),
                    lab_title: "A game day".to_owned(),
                    part,
                    state: *state,
                    is_injected: is_over,
                    on_call: "Ada Quist".to_owned(),
                    planner: (part == Part::Planner).then(|| "Bea Lind".to_owned()),
                    code: (*state == GameState::Open && part == Part::OnCall).then(|| "0123456789".to_owned()),
                    created_at: Timestamp::UNIX_EPOCH,
                    ended_at: is_over.then_some(Timestamp::UNIX_EPOCH),
                    reason: (*state == GameState::Cancelled).then(|| "You ended it.".to_owned()),
                    commitment: (*state != GameState::Open).then(|| "0".repeat(64)),
                    fault: is_over.then(fault),
                    inject_at: is_over.then_some(Timestamp::UNIX_EPOCH),
                    salt: is_over.then(|| "0".repeat(32)),
                    recent: (*state == GameState::Running).then_some((150, 140)),
                    figures: is_over.then_some(figures),
                    log: sample_log(),
                    planning: is_planning.then(|| PlanningView { faults: vec![fault()], window: (2, 10) }),
                    postmortem: is_over.then_some(PostmortemState::Submitted),
                };
                pages.push(Self::new(view));
            }
        }
        if let Some(first) = pages.first_mut() {
            first.entry.text = Field::new("<b>").refused("Write what it is.");
            first.entry.time = Field::new("25:00").refused("Write a time of day, such as 14:05.");
        }
        pages
    }
}

fn sample_log() -> Vec<EntryView> {
    let entry = |number: u32, is_own| EntryView {
        id: LogEntryId::from(format!("0198f3c0-0000-7000-8000-00000000000{number}")),
        kind: EntryKind::Action,
        title: EntryKind::Action.title(),
        text: "Rolled <back>".to_owned(),
        who: "Ada Quist".to_owned(),
        is_own,
        happened_at: Timestamp::UNIX_EPOCH,
        written_at: Timestamp::UNIX_EPOCH,
        earlier: if is_own { vec![Timestamp::UNIX_EPOCH] } else { Vec::new() },
    };
    vec![entry(1, true), entry(2, false)]
}

/// Shows a game.
pub async fn game(
    games: Data<Games>,
    drafts: Data<Drafts>,
    id: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<GamePage>, WebError> {
    let id = GameId::from(id.into_inner());
    let mut page = GamePage::find(&games, &person, &id).await?;
    if let Some(draft) = drafts.find(&person.id, &format!("/games/{id}/entries")).await? {
        let typed = |name| Field::new(draft.text(name).unwrap_or_default());
        page.entry = EntryFields { text: typed("text"), time: typed("time") };
    }
    Ok(Reply::Page(page))
}

/// What the form of an entry sends.
#[derive(Debug, Deserialize)]
pub struct EntryForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    time: String,
}

/// Adds an entry to the log.
pub async fn log(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
    form: Form<EntryForm>,
) -> Result<Reply<GamePage>, WebError> {
    let id = GameId::from(id.into_inner());
    let EntryForm { kind, text, time } = form.0;
    let kind: EntryKind = kind.parse().map_err(|_unknown| WebError::BadRequest("Choose what the entry is."))?;
    let refusal = match games.log(&person.id, &id, kind, (&text.replace("\r\n", "\n"), &time)).await {
        Ok(()) => {
            let told = format!("In the log: {}.", kind.title().to_lowercase());
            return Ok(Reply::SeeOther(Redirect::to(format!("/games/{id}#log")).success(told)));
        }
        Err(LogError::Unknown) => return Err(WebError::NotFound),
        Err(LogError::Database(fault)) => return Err(fault.into()),
        Err(refusal) => refusal,
    };
    let mut page = GamePage::find(&games, &person, &id).await?;
    let (mut text, mut time) = (Field::new(text), Field::new(time));
    match refusal {
        LogError::Time | LogError::Outside => time = time.refused(describe(&refusal)),
        _ => text = text.refused(describe(&refusal)),
    }
    page.entry = EntryFields { text, time };
    Ok(Reply::Invalid(page))
}

fn describe(refusal: &LogError) -> &'static str {
    match refusal {
        LogError::Empty => "Write what it is, in a few words.",
        LogError::TooLong => "That is more than 2000 characters. Make two entries of it.",
        LogError::Full => "The log takes no more.",
        LogError::Time => "Write a time of day, such as 14:05 or 14:05:30.",
        LogError::Outside => "That is before the game, or has not come yet.",
        LogError::Planner => "You know the fault, so write a note.",
        LogError::Cancelled => "This game was cancelled, so its log takes no more.",
        LogError::Unknown | LogError::Database(_) => "It was not taken.",
    }
}

/// What the form of a correction sends.
#[derive(Debug, Deserialize)]
pub struct TimeForm {
    #[serde(default)]
    time: String,
}

/// Corrects when what an entry tells happened.
pub async fn correct_time(
    games: Data<Games>,
    path: Path<(String, String)>,
    Learner(person): Learner,
    form: Form<TimeForm>,
) -> Result<Redirect, WebError> {
    let (id, entry) = path.into_inner();
    let (id, entry) = (GameId::from(id), LogEntryId::from(entry));
    let page = Redirect::to(format!("/games/{id}#log"));
    match games.correct_time(&person.id, &id, (&entry, &form.0.time)).await {
        Ok(()) => Ok(page.success("The time is corrected. What stood there before is kept.")),
        Err(LogError::Unknown) => Err(WebError::NotFound),
        Err(LogError::Database(fault)) => Err(fault.into()),
        Err(refusal) => Ok(page.error(describe(&refusal))),
    }
}

/// Asks whether a game is to end before its end, and says what that costs.
pub async fn confirm_end(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<Confirmation>, WebError> {
    let id = GameId::from(id.into_inner());
    let game = games.find_view(&person, &id).await?.ok_or(WebError::NotFound)?;
    let back = format!("/games/{id}");
    if game.part != Part::OnCall {
        return Err(WebError::NotFound);
    }
    if !game.state.is_live() {
        return Ok(Reply::SeeOther(Redirect::to(back).error("The game was over already.")));
    }
    Ok(Reply::Page(Confirmation {
        title: "End the game now?".to_owned(),
        lost: vec![
            "The rest of the game: what is not detected or mitigated by now doesn't count.".to_owned(),
            "The fault, if it hasn't come yet: then the game is cancelled, and nothing is measured.".to_owned(),
        ],
        kept: vec!["The log, and what was measured until now.".to_owned(), "Your lab, and what is in it.".to_owned()],
        action: format!("{back}/end"),
        confirm: "End the game".to_owned(),
        cancel: "Play on".to_owned(),
        back,
        ..Confirmation::default()
    }))
}

/// Ends a game before its end.
pub async fn end(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let id = GameId::from(id.into_inner());
    let page = Redirect::to(format!("/games/{id}"));
    match games.stop(&person.id, &id).await {
        Ok(()) => Ok(page.success("The game is ended.")),
        Err(EndError::Over) => Ok(page.error("The game was over already.")),
        Err(EndError::Unknown) => Err(WebError::NotFound),
        Err(EndError::Database(fault)) => Err(fault.into()),
    }
}

/// What the form of a plan sends.
#[derive(Debug, Deserialize)]
pub struct PlanForm {
    #[serde(default)]
    fault: String,
    #[serde(default)]
    minutes: String,
}

/// Sets the fault of a game and its moment.
pub async fn plan(
    games: Data<Games>,
    id: Path<String>,
    Learner(person): Learner,
    form: Form<PlanForm>,
) -> Result<Reply<GamePage>, WebError> {
    let id = GameId::from(id.into_inner());
    let PlanForm { fault, minutes } = form.0;
    let refusal = match games.plan(&person.id, &id, (&fault, minutes.trim().parse().ok())).await {
        Ok(()) => {
            let page = Redirect::to(format!("/games/{id}")).success("It is planned. Keep it to yourself.");
            return Ok(Reply::SeeOther(page));
        }
        Err(refusal) => refusal,
    };
    let (mut fault, mut minutes) = (Field::new(fault), Field::new(minutes));
    match refusal {
        PlanError::Unknown | PlanError::Start(StartError::Unknown) => return Err(WebError::NotFound),
        PlanError::Start(StartError::Fault(reason)) => return Err(reason.into()),
        PlanError::Planned | PlanError::Start(StartError::Live) => {
            fault = fault.refused("This game is planned already, or over.");
        }
        PlanError::Start(StartError::NotRunning) => {
            fault = fault.refused("The lab of whoever is on call is not running any more.");
        }
        PlanError::Start(StartError::Load(why)) => fault = fault.refused(why),
        PlanError::Fault => fault = fault.refused("Choose one of these."),
        PlanError::Moment(first, last) => minutes = minutes.refused(format!("Write a number from {first} to {last}.")),
    }
    let mut page = GamePage::find(&games, &person, &id).await?;
    page.plan = PlanFields { fault, minutes };
    Ok(Reply::Invalid(page))
}
