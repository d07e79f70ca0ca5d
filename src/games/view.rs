//! Games as their pages show them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::comparison::FiguresView;
use super::fault::Fault;
use super::model::{self, EntryKind, Game, GameId, GameState, LogEntry, LogEntryId, PostmortemState};
use super::store::{documents, entries, games};
use super::{Games, Part, Writing};
use crate::accounts::{Person, PersonId};
use crate::db;

/// How many of a person's games are listed.
const MAX_LISTED: i64 = 50;
/// How many games of others a figure is compared with.
const MAX_COMPARED: i64 = 500;
/// How many of the last seconds of a load are told of a game that is being played.
const RECENT_SECONDS: usize = 30;

/// A fault, told after its game or to whoever plans it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultView {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What shows.
    pub shows: String,
    /// What mitigates it.
    pub mitigation: String,
}

impl FaultView {
    fn new(fault: &Fault) -> Self {
        let Fault { id, title, shows, mitigation, changes: _ } = fault.clone();
        Self { id, title, shows, mitigation }
    }
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryView {
    /// Which one.
    pub id: LogEntryId,
    /// What it is.
    pub kind: EntryKind,
    /// What that is called.
    pub title: &'static str,
    /// What was written.
    pub text: String,
    /// Who wrote it.
    pub who: String,
    /// Whether the reader did.
    pub is_own: bool,
    /// When it happened, as its writer says, else when it was written.
    pub happened_at: Timestamp,
    /// When the server took it.
    pub written_at: Timestamp,
    /// What was said before of when it happened.
    pub earlier: Vec<Timestamp>,
}

/// What whoever plans a game can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanningView {
    /// The faults that whoever is on call has not had.
    pub faults: Vec<FaultView>,
    /// After how many minutes the fault may come, at the earliest and at the latest.
    pub window: (i64, i64),
}

/// A game as its page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct GameView {
    /// Which one.
    pub id: GameId,
    /// Its lab.
    pub lab: String,
    /// What that is called.
    pub lab_title: String,
    /// What the reader is to it.
    pub part: Part,
    /// How far it is.
    pub state: GameState,
    /// Whether the reader may know that the fault has come: whoever is on call finds out.
    pub is_injected: bool,
    /// Who is on call.
    pub on_call: String,
    /// Who plans the fault, where it is not the platform.
    pub planner: Option<String>,
    /// What a second person joins with, while the game waits for one.
    pub code: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it was cancelled, or ended without a mitigation.
    pub reason: Option<String>,
    /// The hash of fault and moment.
    pub commitment: Option<String>,
    /// The fault with its moment, where the reader may know it.
    pub fault: Option<FaultView>,
    /// When the fault was to come, where the reader may know it.
    pub inject_at: Option<Timestamp>,
    /// What the hash is made with, told after the game.
    pub salt: Option<String>,
    /// The requests of the last seconds, sent and succeeded, for those who look on: whoever is on call measures by themselves.
    pub recent: Option<(u64, u64)>,
    /// What was measured, once it is over.
    pub figures: Option<FiguresView>,
    /// The log.
    pub log: Vec<EntryView>,
    /// What can be chosen, for whoever plans an open game.
    pub planning: Option<PlanningView>,
    /// How far the postmortem is.
    pub postmortem: Option<PostmortemState>,
}

/// A game in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GameRow {
    /// Which one.
    pub id: GameId,
    /// What the reader is to it.
    pub part: Part,
    /// How far it is.
    pub state: GameState,
    /// When it was begun.
    pub created_at: Timestamp,
    /// What its fault is called, once it is over.
    pub fault: Option<String>,
    /// How far its postmortem is.
    pub postmortem: Option<PostmortemState>,
}

/// The games of a lab, and what precedes them, as a person finds them.
#[derive(Clone, Debug, Serialize)]
pub struct LabGamesView {
    /// The lab.
    pub lab: String,
    /// What it is called.
    pub title: String,
    /// Whether it runs for the reader.
    pub is_running: bool,
    /// The reader's runbook.
    pub runbook: Writing,
    /// The reader's games of the lab.
    pub games: Vec<GameRow>,
    /// Whether one of them is being played.
    pub has_live: bool,
    /// After how many minutes a fault comes, at the earliest and at the latest.
    pub window: (i64, i64),
    /// How many faults there are.
    pub faults: usize,
}

impl Games {
    /// The games of a lab as a person finds them; `None` where there are none to play.
    pub async fn find_lab_view(&self, person: &PersonId, lab: &str) -> db::Result<Option<LabGamesView>> {
        let Some(plan) = self.find_plan(lab) else { return Ok(None) };
        let Some(runbook) = self.find_writing(person, lab).await? else { return Ok(None) };
        let is_running = self.labs.find_ready_session(person, lab).await.is_ok();
        let mut conn = self.core.db.read().await?;
        let mut rows = Vec::new();
        let all = games::list_of_person(&mut conn, person, MAX_LISTED).await?;
        for game in all.iter().filter(|game| game.lab == lab) {
            let part = if game.person == *person { Part::OnCall } else { Part::Planner };
            let postmortem = documents::find_postmortem(&mut conn, &game.id).await?.map(|one| one.state);
            let fault = plan.find(game.fault.as_deref().unwrap_or_default());
            let is_told = !game.state.is_live();
            rows.push(GameRow {
                id: game.id.clone(),
                part,
                state: told_state(game, part),
                created_at: game.created_at,
                fault: fault.filter(|_| is_told && game.injected_at.is_some()).map(|fault| fault.title.clone()),
                postmortem,
            });
        }
        let has_live = rows.iter().any(|row| row.part == Part::OnCall && row.state.is_live());
        Ok(Some(LabGamesView {
            lab: lab.to_owned(),
            title: self.title_of(lab),
            is_running,
            runbook,
            games: rows,
            has_live,
            window: self.window_minutes(),
            faults: plan.faults.len(),
        }))
    }

    /// A game as its page shows it to a person; `None` when it is not theirs to see.
    pub async fn find_view(&self, person: &Person, id: &GameId) -> db::Result<Option<GameView>> {
        let Some((game, part)) = self.find_game(person, id).await? else { return Ok(None) };
        let names = self.find_names(&game).await?;
        let log = entries::list(&mut *self.core.db.read().await?, id).await?;
        let postmortem = self.find_postmortem(id).await?.map(|one| one.state);
        let is_over = !game.state.is_live();
        let is_told = is_over || part != Part::OnCall;
        let fault = self.find_plan(&game.lab).and_then(|plan| plan.find(game.fault.as_deref()?)).map(FaultView::new);
        let name = |of: &PersonId| names.get(of).cloned().unwrap_or_default();
        let is_open = game.state == GameState::Open && game.planner.is_none();
        Ok(Some(GameView {
            id: id.clone(),
            lab_title: self.title_of(&game.lab),
            part,
            state: told_state(&game, part),
            is_injected: is_told && game.injected_at.is_some(),
            on_call: name(&game.person),
            planner: game.planner.as_ref().map(name),
            code: (is_open && part == Part::OnCall).then(|| self.code_of(id)),
            created_at: game.created_at,
            ended_at: game.ended_at,
            reason: game.reason.clone(),
            commitment: game.commitment.clone(),
            // The fault of a cancelled game may still come in another one.
            fault: fault.filter(|_| is_told && (game.state != GameState::Cancelled || part == Part::Planner)),
            inject_at: game.inject_at.filter(|_| is_told && game.state != GameState::Cancelled),
            salt: (game.state == GameState::Over).then(|| game.salt.clone()),
            recent: if is_over || part == Part::OnCall { None } else { self.find_recent(&game).await? },
            figures: self.find_figures(&game).await?,
            log: log.into_iter().map(|entry| describe_entry(entry, &names, &person.id)).collect(),
            planning: if part == Part::Planner { self.find_planning(&game).await? } else { None },
            postmortem,
            lab: game.lab,
        }))
    }

    async fn find_names(&self, game: &Game) -> db::Result<BTreeMap<PersonId, String>> {
        let mut names = BTreeMap::new();
        for id in std::iter::once(&game.person).chain(&game.planner) {
            if let Some(person) = self.accounts.find_person(id).await? {
                names.insert(id.clone(), person.name);
            }
        }
        Ok(names)
    }

    /// The requests of the last seconds of a game.
    async fn find_recent(&self, game: &Game) -> db::Result<Option<(u64, u64)>> {
        let (seconds, _) = self.list_all_seconds(game).await?;
        let last = seconds.get(seconds.len().saturating_sub(RECENT_SECONDS)..).unwrap_or_default();
        let sum = last.iter().fold((0, 0), |sum, one| (sum.0 + one.sent, sum.1 + one.succeeded));
        Ok(Some(sum).filter(|(sent, _)| *sent > 0))
    }

    async fn find_planning(&self, game: &Game) -> db::Result<Option<PlanningView>> {
        let Some(plan) = self.find_plan(&game.lab).filter(|_| game.state == GameState::Open) else { return Ok(None) };
        let all: Vec<&str> = plan.faults.iter().map(|fault| fault.id.as_str()).collect();
        let had = games::list_had(&mut *self.core.db.read().await?, &game.person, &game.lab).await?;
        let (left, _) = model::remaining(&all, &had);
        let faults = plan.faults.iter().filter(|fault| left.contains(&fault.id.as_str())).map(FaultView::new).collect();
        Ok(Some(PlanningView { faults, window: self.window_minutes() }))
    }

    /// What was measured of a game that is over, beside others' games with the same fault.
    pub async fn find_figures(&self, game: &Game) -> db::Result<Option<FiguresView>> {
        let Some(figures) = game.figures.as_ref() else { return Ok(None) };
        let fault = game.fault.as_deref().unwrap_or_default();
        let mut conn = self.core.db.read().await?;
        let others = games::list_figures(&mut conn, (&game.lab, fault), &game.person, MAX_COMPARED).await?;
        Ok(Some(FiguresView::new(figures, &others)))
    }
}

/// How far a game is, as far as somebody may know: whoever is on call finds out that the fault has come.
fn told_state(game: &Game, part: Part) -> GameState {
    match game.state {
        GameState::Injecting | GameState::Running if part == Part::OnCall => GameState::Waiting,
        state => state,
    }
}

fn describe_entry(entry: LogEntry, names: &BTreeMap<PersonId, String>, reader: &PersonId) -> EntryView {
    let happened_at = entry.when();
    let LogEntry { id, person, kind, text, written_at, happened_at: mut earlier } = entry;
    earlier.pop();
    EntryView {
        id,
        kind,
        title: kind.title(),
        text,
        who: names.get(&person).cloned().unwrap_or_default(),
        is_own: person == *reader,
        happened_at,
        written_at,
        earlier,
    }
}
