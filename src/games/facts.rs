//! What grading is told of games: values that the platform reports, by the names that a lab's tasks read.

use std::collections::BTreeMap;

use super::model::{Game, GameState};
use super::store::{documents, games};
use super::{Document, DocumentKind, Games};
use crate::accounts::PersonId;
use crate::db;
use crate::grading::NOT_DONE;
use crate::labs::OpenError;

/// How many of the newest games are looked at.
const MAX_GAMES: i64 = 50;

impl Games {
    /// Records what a person has done, for the tasks of their running lab.
    pub(super) async fn record_facts(&self, person: &PersonId, lab: &str) -> db::Result<()> {
        let session = match self.labs.find_ready_session(person, lab).await {
            Ok(session) => session,
            Err(OpenError::Database(fault)) => return Err(fault),
            // The next session is told when something is done in it.
            Err(_) => return Ok(()),
        };
        let Some(plan) = self.find_plan(lab) else { return Ok(()) };
        let mut conn = self.core.db.read().await?;
        let runbook = documents::find_runbook(&mut conn, person, lab).await?;
        let template = Document::read(&plan.runbook);
        let is_whole = runbook
            .is_some_and(|(text, _)| Document::read(&text).find_faults(DocumentKind::Runbook, &template).is_empty());
        let mut facts = BTreeMap::from([("runbook", word(is_whole))]);
        let all = games::list_of_person(&mut conn, person, MAX_GAMES).await?;
        let played: Vec<&Game> = all
            .iter()
            .filter(|game| game.person == *person && game.lab == lab && game.state == GameState::Over)
            .collect();
        let is_submitted = documents::has_submitted(&mut conn, person, lab).await?;
        drop(conn);
        facts.insert("postmortem", word(is_submitted));
        facts.insert("played", word(!played.is_empty()));
        if let Some(figures) = choose(&played).and_then(|game| game.figures.as_ref()) {
            let seconds = |milliseconds: i64| (milliseconds / 1_000).to_string();
            facts.extend(figures.detected_after_ms.map(|after| ("detected", seconds(after))));
            facts.extend(figures.mitigated_after_ms.map(|after| ("mitigated", seconds(after))));
        }
        self.grading.record_values(&session, &facts).await
    }
}

/// The newest game that was detected and mitigated, or else the newest.
fn choose<'g>(played: &[&'g Game]) -> Option<&'g Game> {
    let is_whole = |game: &&&Game| {
        let figures = game.figures.as_ref();
        figures.is_some_and(|one| one.detected_after_ms.is_some() && one.mitigated_after_ms.is_some())
    };
    played.iter().find(is_whole).or_else(|| played.first()).copied()
}

fn word(is_whole: bool) -> String {
    if is_whole { "whole" } else { NOT_DONE }.to_owned()
}
