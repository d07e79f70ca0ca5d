//! A game of two: one is on call, the other plans the fault.

use jiff::SignedDuration;

use super::jobs::SendInvitation;
use super::model::{self, GameId, GameState};
use super::store::games;
use super::{Games, StartError};
use crate::accounts::{Email, PersonId};
use crate::db;
use crate::mail::MailId;

/// Why somebody did not become the planner of a game.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No game waits for that code.
    #[error("no such code")]
    Unknown,
    /// It is their own.
    #[error("the game is their own")]
    Own,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a game was not planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The person does not plan such a game.
    #[error("no such game")]
    Unknown,
    /// It is planned, or over.
    #[error("the game is planned already")]
    Planned,
    /// There is no such fault, or whoever is on call has had it.
    #[error("no such fault is left")]
    Fault,
    /// The moment lies outside of the window; its bounds, in minutes.
    #[error("the moment is outside of the window")]
    Moment(i64, i64),
    /// The game cannot begin.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl From<db::Error> for PlanError {
    fn from(fault: db::Error) -> Self {
        Self::Start(fault.into())
    }
}

impl Games {
    /// Begins a game that somebody else is to plan. `partner`, if they have an account, is sent a mail with the code; whether
    /// they have one is not told.
    pub async fn invite(&self, person: &PersonId, lab: &str, partner: Option<&Email>) -> Result<GameId, StartError> {
        self.find_plan(lab).ok_or(StartError::Unknown)?;
        let session = self.find_session(person, lab).await?;
        let now = self.core.clock.now();
        let invited = match partner {
            Some(email) => self.accounts.find_person_by_email(email).await?,
            None => None,
        };
        let mut tx = self.core.db.write().await?;
        let game = self.add(&mut tx, &session, (true, now)).await?;
        if let Some(invited) = invited.filter(|one| one.id != *person && one.closed_at.is_none()) {
            let mail = MailId::generate(&self.core.random, now);
            let job = SendInvitation { mail, game: game.id.clone(), person: invited.id };
            self.core.jobs.enqueue(&mut tx, &job).await?;
        }
        self.wake(&mut tx, &game.id).await?;
        tx.commit().await?;
        Ok(game.id)
    }

    /// Makes a person the planner of the game that waits for the code.
    pub async fn join(&self, person: &PersonId, code: &str) -> Result<GameId, JoinError> {
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let mut tx = self.core.db.write().await?;
        let id = games::find_by_code(&mut tx, &crate::id::hash_token(&code)).await?.ok_or(JoinError::Unknown)?;
        let game = games::lock(&mut tx, &id).await?.ok_or(JoinError::Unknown)?;
        if game.person == *person {
            return Err(JoinError::Own);
        }
        if !games::set_planner(&mut tx, &id, person).await? {
            return Err(JoinError::Unknown);
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Sets the fault of a game, and after how many minutes it comes.
    pub async fn plan(
        &self,
        person: &PersonId,
        id: &GameId,
        (fault, minutes): (&str, Option<i64>),
    ) -> Result<(), PlanError> {
        let found = games::find(&mut *self.core.db.read().await?, id).await?;
        let game = found.filter(|game| game.planner.as_ref() == Some(person)).ok_or(PlanError::Unknown)?;
        let plan = self.find_plan(&game.lab).ok_or(PlanError::Unknown)?;
        let session = self.labs.find_running(&game.session).await?.ok_or(StartError::NotRunning)?;
        let seconds = minutes.unwrap_or(-1).saturating_mul(60);
        let (earliest, latest) = self.window_minutes();
        if minutes.is_none() || !(earliest..=latest).contains(&minutes.unwrap_or(-1)) {
            return Err(PlanError::Moment(earliest, latest));
        }
        let mut tx = self.core.db.write().await?;
        let locked = games::lock(&mut tx, id).await?.ok_or(PlanError::Unknown)?;
        if locked.state != GameState::Open {
            return Err(PlanError::Planned);
        }
        let all: Vec<&str> = plan.faults.iter().map(|fault| fault.id.as_str()).collect();
        let (left, round) = model::remaining(&all, &games::list_had(&mut tx, &game.person, &game.lab).await?);
        if !left.contains(&fault) {
            return Err(PlanError::Fault);
        }
        let inject_at = self.core.clock.now() + SignedDuration::from_secs(seconds);
        self.set_plan(&mut tx, (&locked, &session), (fault, round), inject_at).await?;
        tx.commit().await?;
        Ok(self.record_facts(&game.person, &game.lab).await?)
    }

    /// The window in which a fault may come, in whole minutes.
    pub(super) fn window_minutes(&self) -> (i64, i64) {
        let (earliest, latest) = (self.settings.earliest_seconds, self.settings.latest_seconds);
        let first = (earliest + 59) / 60;
        (first, (latest / 60).max(first))
    }
}
