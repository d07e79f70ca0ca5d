//! A game begun, planned and ended.

use jiff::{SignedDuration, Timestamp};

use super::model::{self, Game, GameId, GameState, MAX_PLAYED};
use super::store::games::{self, Planned};
use super::{Games, jobs};
use crate::accounts::PersonId;
use crate::audit::Event;
use crate::db::{self, Conn};
use crate::labs::{LabSession, LoadPhase, LoadPlan, OpenError};
use crate::loads;

/// What the load of a game is called.
pub(super) const LOAD: &str = "game";
/// How many requests a game sends in a second.
const PER_SECOND: u32 = 5;
/// How long one phase of a load may be, in seconds.
const PHASE_SECONDS: i64 = 600;
/// How many bytes a code has, each two characters.
const CODE_BYTES: usize = 5;

/// Why a game was not begun.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The lab is not there, or has no games.
    #[error("no such lab")]
    Unknown,
    /// There is no system to break.
    #[error("the lab is not running")]
    NotRunning,
    /// The session has a game already.
    #[error("a game is being played already")]
    Live,
    /// No load can begin; the sentence says why.
    #[error("{0}")]
    Load(String),
    /// A fault.
    #[error(transparent)]
    Fault(#[from] anyhow::Error),
}

/// Why a game was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// The person is not on call in such a game.
    #[error("no such game")]
    Unknown,
    /// It has ended.
    #[error("the game is over")]
    Over,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<db::Error> for StartError {
    fn from(fault: db::Error) -> Self {
        Self::Fault(fault.into())
    }
}

impl From<loads::StartError> for StartError {
    fn from(refusal: loads::StartError) -> Self {
        match refusal {
            loads::StartError::NotRunning | loads::StartError::Unknown => Self::NotRunning,
            loads::StartError::Running(_) => {
                Self::Load("Another load is running in your lab. Stop it, or wait for its end.".to_owned())
            }
            loads::StartError::TooMany { wait } => {
                let minutes = (wait.as_secs() + 59) / 60;
                Self::Load(format!("That were many loads within an hour. The next game may begin in {minutes} min."))
            }
            loads::StartError::Plan(fault) => Self::Fault(anyhow::anyhow!("the load of a game: {fault}")),
            loads::StartError::Database(fault) => fault.into(),
        }
    }
}

impl Games {
    /// Begins a game of a person's running lab whose fault and moment the platform draws.
    pub async fn start(&self, person: &PersonId, lab: &str) -> Result<GameId, StartError> {
        let plan = self.find_plan(lab).ok_or(StartError::Unknown)?;
        let session = self.find_session(person, lab).await?;
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let game = self.add(&mut tx, &session, (false, now)).await?;
        let all: Vec<&str> = plan.faults.iter().map(|fault| fault.id.as_str()).collect();
        let (left, round) = model::remaining(&all, &games::list_had(&mut tx, person, lab).await?);
        let drawn = self.core.random.below(u64::try_from(left.len()).unwrap_or(0));
        let fault = usize::try_from(drawn).ok().and_then(|at| left.get(at)).ok_or(StartError::Unknown)?;
        let (earliest, latest) = (self.settings.earliest_seconds, self.settings.latest_seconds);
        let span = u64::try_from(latest - earliest).unwrap_or(0) * 1_000;
        let wait = earliest * 1_000 + i64::try_from(self.core.random.below(span + 1)).unwrap_or(0);
        let inject_at = now + SignedDuration::from_millis(wait);
        self.set_plan(&mut tx, (&game, &session), (fault, round), inject_at).await?;
        tx.commit().await?;
        self.record_facts(&game.person, &game.lab).await?;
        Ok(game.id)
    }

    pub(super) async fn find_session(&self, person: &PersonId, lab: &str) -> Result<LabSession, StartError> {
        self.labs.find_ready_session(person, lab).await.map_err(|refusal| match refusal {
            OpenError::Database(fault) => fault.into(),
            _ => StartError::NotRunning,
        })
    }

    /// Adds an open game, with a code for whoever is to plan it if `has_code`.
    pub(super) async fn add(
        &self,
        conn: &mut Conn,
        session: &LabSession,
        (has_code, now): (bool, Timestamp),
    ) -> Result<Game, StartError> {
        let game = Game {
            id: GameId::generate(&self.core.random, now),
            session: session.id.clone(),
            lab: session.lab.clone(),
            person: session.person_id.clone(),
            planner: None,
            state: GameState::Open,
            fault: None,
            salt: self.core.random.hex::<16>(),
            commitment: None,
            inject_at: None,
            before_hash: None,
            injected_at: None,
            load: None,
            reason: None,
            figures: None,
            created_at: now,
            ended_at: None,
        };
        let code_hash = has_code.then(|| crate::id::hash_token(&self.code_of(&game.id)));
        let is_added = games::add(conn, &game, code_hash.as_deref()).await?;
        if is_added { Ok(game) } else { Err(StartError::Live) }
    }

    /// What whoever plans a game joins it with.
    pub(super) fn code_of(&self, game: &GameId) -> String {
        let hash = crate::id::keyed_hash(&self.code_key, game.as_str().as_bytes());
        hex::encode(hash.get(..CODE_BYTES).unwrap_or_default())
    }

    /// Sets fault and moment of an open game, seals them, and begins its load.
    pub(super) async fn set_plan(
        &self,
        conn: &mut Conn,
        (game, session): (&Game, &LabSession),
        (fault, round): (&str, i64),
        inject_at: Timestamp,
    ) -> Result<(), StartError> {
        let path = self.find_plan(&game.lab).map(|plan| plan.path.clone()).ok_or(StartError::Unknown)?;
        let now = self.core.clock.now();
        let seconds = inject_at.duration_since(now).as_secs() + MAX_PLAYED.as_secs() + 2 * PHASE_SECONDS / 10;
        let plan = LoadPlan { subdomain: None, path, phases: phases(seconds) };
        let load = self.loads.start_in(conn, session, LOAD, &plan).await?;
        let commitment = model::commitment(&game.id, fault, inject_at, &game.salt);
        let planned = Planned { fault, round, inject_at, commitment: &commitment, load: load.id.as_str() };
        if !games::plan(conn, &game.id, &planned).await? {
            return Err(StartError::Live);
        }
        let actor = game.planner.as_ref().unwrap_or(&game.person).as_str();
        let detail = serde_json::json!({ "commitment": commitment });
        let event = Event { actor, action: "game.plan", subject: game.id.as_str(), detail };
        self.core.audit.record(conn, event, now).await?;
        Ok(self.wake(conn, &game.id).await?)
    }

    /// Ends a game of a person who is on call in it, before its end.
    pub async fn stop(&self, person: &PersonId, id: &GameId) -> Result<(), EndError> {
        let found = games::find(&mut *self.core.db.read().await?, id).await?;
        let game = found.filter(|game| game.person == *person).ok_or(EndError::Unknown)?;
        if !game.state.is_live() {
            return Err(EndError::Over);
        }
        if self.finish(&game, "You ended it.").await? { Ok(()) } else { Err(EndError::Over) }
    }

    /// Ends a game: one whose fault has come is over, with what was measured; another is cancelled.
    pub(super) async fn finish(&self, game: &Game, reason: &str) -> db::Result<bool> {
        let figures = self.measure(game).await?;
        let end = match game.injected_at {
            Some(_) => GameState::Over,
            None => GameState::Cancelled,
        };
        self.end(game, (end, Some(reason)), figures.as_ref()).await
    }

    /// Writes the end of a game, stops its load, and tells grading; `false` when it has ended.
    pub(super) async fn end(
        &self,
        game: &Game,
        (state, reason): (GameState, Option<&str>),
        figures: Option<&super::Figures>,
    ) -> db::Result<bool> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if !games::end(&mut tx, &game.id, (state, reason), figures, now).await? {
            return Ok(false);
        }
        // With the game, so that the next one may begin at once. A game that was never planned has no load.
        if let Some(load) = &game.load {
            self.loads.stop_in(&mut tx, &load.clone().into(), "The game is over.").await?;
        }
        let detail = serde_json::json!({ "state": state, "fault": game.fault, "salt": game.salt, "figures": figures });
        let event = Event { actor: "system", action: "game.end", subject: game.id.as_str(), detail };
        self.core.audit.record(&mut tx, event, now).await?;
        self.core.jobs.enqueue(&mut tx, &jobs::Ended { game: game.id.clone() }).await?;
        tx.commit().await?;
        tracing::info!(game = %game.id, state = state.as_str(), "game ended");
        Ok(true)
    }
}

/// The phases of a load of so many seconds.
fn phases(seconds: i64) -> Vec<LoadPhase> {
    let mut left = seconds.max(1);
    let mut phases = Vec::new();
    while left > 0 {
        let length = left.min(PHASE_SECONDS);
        phases.push(LoadPhase { per_second: PER_SECOND, seconds: u32::try_from(length).unwrap_or(1) });
        left -= length;
    }
    phases
}
