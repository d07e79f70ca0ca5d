//! Runbooks and postmortems: saved while they are written, their structure told, the latter submitted for review.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::Games;
use super::comparison::{format_availability, format_length};
use super::document::{Document, DocumentKind, MAX_BYTES};
use super::model::{Figures, Game, GameId, GameState, LogEntry, PostmortemState};
use super::store::{documents, entries, games};
use crate::accounts::PersonId;
use crate::db;

/// Why a text was not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is nothing of theirs to write.
    #[error("no such text")]
    Unknown,
    /// It is too long.
    #[error("it has more than {MAX_BYTES} bytes")]
    TooLong,
    /// It is accepted, and stays as it is.
    #[error("it is accepted")]
    Accepted,
    /// A fault.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a postmortem was not submitted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It was not saved either.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// It is saved, and lacks something, as its page says.
    #[error("it is not whole")]
    Incomplete,
}

impl From<db::Error> for SubmitError {
    fn from(fault: db::Error) -> Self {
        Self::Save(fault.into())
    }
}

/// A text as it is being written.
#[derive(Clone, Debug, Serialize)]
pub struct Writing {
    /// The text.
    pub text: String,
    /// When it was saved last.
    pub saved_at: Option<Timestamp>,
    /// What its structure lacks.
    pub faults: Vec<String>,
}

impl Games {
    /// A person's runbook for a lab, or what it begins as; `None` where there are no games.
    pub async fn find_writing(&self, person: &PersonId, lab: &str) -> db::Result<Option<Writing>> {
        let Some(plan) = self.find_plan(lab) else { return Ok(None) };
        let saved = documents::find_runbook(&mut *self.core.db.read().await?, person, lab).await?;
        let (text, saved_at) = saved.map_or_else(|| (plan.runbook.clone(), None), |(text, at)| (text, Some(at)));
        let faults = Document::read(&text).find_faults(DocumentKind::Runbook, &Document::read(&plan.runbook));
        Ok(Some(Writing { text, saved_at, faults }))
    }

    /// Saves a person's runbook for a lab, whether or not it is whole.
    pub async fn save_runbook(&self, person: &PersonId, lab: &str, text: &str) -> Result<(), SaveError> {
        self.find_plan(lab).ok_or(SaveError::Unknown)?;
        check_length(text)?;
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        documents::put_runbook(&mut tx, (person, lab), text, now).await?;
        tx.commit().await?;
        Ok(self.record_facts(person, lab).await?)
    }

    /// The postmortem of a game as it is being written, or what it begins as: log and figures are in it.
    pub async fn find_postmortem_writing(&self, game: &Game) -> db::Result<Writing> {
        let mut conn = self.core.db.read().await?;
        let template = self.find_plan(&game.lab).map(|plan| plan.postmortem.clone()).unwrap_or_default();
        let saved = documents::find_postmortem(&mut conn, &game.id).await?;
        let (text, saved_at) = if let Some(saved) = saved {
            (saved.text, Some(saved.saved_at))
        } else {
            let log = entries::list(&mut conn, &game.id).await?;
            let timeline = describe_log(game, &log, &self.zone);
            let impact = describe_impact(game.figures.as_ref());
            (template.replace("{{ timeline }}", &timeline).replace("{{ impact }}", &impact), None)
        };
        let faults = Document::read(&text).find_faults(DocumentKind::Postmortem, &Document::read(&template));
        Ok(Writing { text, saved_at, faults })
    }

    /// Saves the draft of the postmortem of a game that is over.
    pub async fn save_postmortem(&self, person: &PersonId, id: &GameId, text: &str) -> Result<Game, SaveError> {
        check_length(text)?;
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        let game = games::lock(&mut tx, id).await?.filter(|game| game.person == *person);
        let game = game.filter(|game| game.state == GameState::Over).ok_or(SaveError::Unknown)?;
        let saved = documents::find_postmortem(&mut tx, id).await?;
        if saved.is_some_and(|saved| saved.state == PostmortemState::Accepted) {
            return Err(SaveError::Accepted);
        }
        documents::put_postmortem(&mut tx, id, text, now).await?;
        tx.commit().await?;
        Ok(game)
    }

    /// Saves a postmortem, and submits it for review when its structure is whole; again as often as it takes.
    pub async fn submit_postmortem(&self, person: &PersonId, id: &GameId, text: &str) -> Result<(), SubmitError> {
        let game = self.save_postmortem(person, id, text).await?;
        let template = self.find_plan(&game.lab).map(|plan| plan.postmortem.clone()).unwrap_or_default();
        let faults = Document::read(text).find_faults(DocumentKind::Postmortem, &Document::read(&template));
        if !faults.is_empty() {
            return Err(SubmitError::Incomplete);
        }
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        if !documents::submit(&mut tx, id, now).await? {
            return Err(SaveError::Accepted.into());
        }
        tx.commit().await?;
        Ok(self.record_facts(person, &game.lab).await?)
    }
}

fn check_length(text: &str) -> Result<(), SaveError> {
    if text.len() > MAX_BYTES { Err(SaveError::TooLong) } else { Ok(()) }
}

/// The log as a list in Markdown, with what the platform did.
fn describe_log(game: &Game, log: &[LogEntry], zone: &TimeZone) -> String {
    let mut lines: Vec<(Timestamp, String)> = log
        .iter()
        .map(|entry| {
            let words = entry.text.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = if words.is_empty() { String::new() } else { format!(": {words}") };
            (entry.when(), format!("{}{text}", entry.kind.title()))
        })
        .collect();
    lines.extend(game.injected_at.map(|at| (at, "The fault came".to_owned())));
    if let Some((at, after)) = game.injected_at.zip(game.figures.as_ref().and_then(|one| one.mitigated_after_ms)) {
        lines.push((at + jiff::SignedDuration::from_millis(after), "Requests succeeded again".to_owned()));
    }
    lines.sort_by_key(|(at, _)| *at);
    let line =
        |(at, text): &(Timestamp, String)| format!("- {} {text}", at.to_zoned(zone.clone()).strftime("%H:%M:%S"));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What was measured, as a list in Markdown.
fn describe_impact(figures: Option<&Figures>) -> String {
    let Some(figures) = figures else { return "- Nothing was measured.".to_owned() };
    let length = |after: Option<i64>, none: &str| after.map_or_else(|| none.to_owned(), format_length);
    [
        format!("- Availability over the game: {}", format_availability(figures)),
        format!("- Requests: {}, of which {} failed", figures.requests, figures.requests - figures.succeeded),
        format!("- Time to detect: {}", length(figures.detected_after_ms, "it was not declared")),
        format!("- Time to mitigate: {}", length(figures.mitigated_after_ms, "it was not mitigated")),
    ]
    .join("\n")
}
