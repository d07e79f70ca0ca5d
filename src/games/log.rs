//! The incident log: entries with times, never changed.

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use super::model::{EntryKind, EntryTimeId, GameId, GameState, LogEntry, LogEntryId};
use super::store::{entries, games};
use super::{Games, part_of};
use crate::accounts::PersonId;
use crate::db;
use crate::text::count_visible;

/// How long an entry may be, in characters.
pub const MAX_CHARS: usize = 2_000;
/// How many entries a game may have.
const MAX_ENTRIES: i64 = 300;
/// How often the time of an entry may be corrected.
const MAX_TIMES: i64 = 20;

/// Why an entry was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The person does not play such a game, or it has no such entry.
    #[error("no such game")]
    Unknown,
    /// It was cancelled.
    #[error("the game was cancelled")]
    Cancelled,
    /// It says nothing, and its kind alone is not enough.
    #[error("it says nothing")]
    Empty,
    /// It is too long.
    #[error("it has more than {MAX_CHARS} characters")]
    TooLong,
    /// The log is full.
    #[error("the log is full")]
    Full,
    /// It is no time of day.
    #[error("no time of day")]
    Time,
    /// It lies in the future, or before the game.
    #[error("the time is not one of the game")]
    Outside,
    /// Who plans the fault knows it, and so detects nothing.
    #[error("whoever plans the fault writes notes alone")]
    Planner,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Games {
    /// Adds an entry to the log of a game; `time` is a time of day at which it happened, or empty where it has just happened.
    pub async fn log(
        &self,
        person: &PersonId,
        id: &GameId,
        kind: EntryKind,
        (text, time): (&str, &str),
    ) -> Result<(), LogError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let game = games::lock(&mut tx, id).await?.ok_or(LogError::Unknown)?;
        let part = part_of(&game, person).ok_or(LogError::Unknown)?;
        if game.state == GameState::Cancelled {
            return Err(LogError::Cancelled);
        }
        if part == super::Part::Planner && kind != EntryKind::Note {
            return Err(LogError::Planner);
        }
        let needs_words = matches!(kind, EntryKind::Hypothesis | EntryKind::Action | EntryKind::Note);
        if needs_words && count_visible(text) == 0 {
            return Err(LogError::Empty);
        }
        if text.chars().count() > MAX_CHARS {
            return Err(LogError::TooLong);
        }
        if entries::count(&mut tx, id).await? >= MAX_ENTRIES {
            return Err(LogError::Full);
        }
        let happened_at = if time.trim().is_empty() { None } else { Some(self.time_of(time, now, game.created_at)?) };
        let entry = LogEntry {
            id: LogEntryId::generate(&self.core.random, now),
            person: person.clone(),
            kind,
            text: text.trim().to_owned(),
            written_at: now,
            happened_at: Vec::new(),
        };
        entries::add(&mut tx, id, &entry).await?;
        if let Some(at) = happened_at {
            let time = EntryTimeId::generate(&self.core.random, now);
            entries::add_time(&mut tx, (&time, &entry.id), at, now).await?;
        }
        if game.state.is_live() {
            // A detection may end the game.
            self.wake(&mut tx, id).await?;
        }
        Ok(tx.commit().await?)
    }

    /// States when what an entry of one's own tells happened; what was stated before is kept.
    pub async fn correct_time(
        &self,
        person: &PersonId,
        id: &GameId,
        (entry, time): (&LogEntryId, &str),
    ) -> Result<(), LogError> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let game = games::lock(&mut tx, id).await?.ok_or(LogError::Unknown)?;
        part_of(&game, person).ok_or(LogError::Unknown)?;
        let log = entries::list(&mut tx, id).await?;
        let found = log.iter().find(|one| one.id == *entry && one.person == *person).ok_or(LogError::Unknown)?;
        let at = self.time_of(time, found.written_at, game.created_at)?;
        if entries::count_times(&mut tx, entry).await? >= MAX_TIMES {
            return Err(LogError::Full);
        }
        let time = EntryTimeId::generate(&self.core.random, now);
        entries::add_time(&mut tx, (&time, entry), at, now).await?;
        Ok(tx.commit().await?)
    }

    /// The last instant up to `before` at which it was such a time of day, unless that lies before the game.
    fn time_of(&self, text: &str, before: Timestamp, begun: Timestamp) -> Result<Timestamp, LogError> {
        let time: Time = text.trim().parse().map_err(|_unreadable| LogError::Time)?;
        let day = before.to_zoned(self.zone.clone()).date();
        let days = [Some(day), day.yesterday().ok()];
        let instants =
            days.into_iter().flatten().filter_map(|day| day.to_datetime(time).to_zoned(self.zone.clone()).ok());
        // A time without seconds is the minute in which the game began, too.
        let earliest = begun - SignedDuration::from_mins(1);
        let found = instants.map(|zoned| zoned.timestamp()).find(|at| *at <= before && *at >= earliest);
        found.ok_or(LogError::Outside)
    }
}
