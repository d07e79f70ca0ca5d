//! Plays stored evidence back through the checks as they are now.

use super::chain::Walk;
use super::evidence::{Record, SealedVerdict};
use super::judgement::judge;
use super::model::{ChainLink, Facts, Judged, Verdict};
use super::store::{self, chain};
use super::{Grading, TaskSet};
use crate::accounts::PersonId;

/// How many people are read at a time.
const PEOPLE: i64 = 100;
/// How many links of a chain are read at a time; each brings its record, and evidence comes for one at a time.
const LINKS: i64 = 50;

/// One verdict that would be another today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub person: PersonId,
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// What it was.
    pub before: Verdict,
    /// What it would be.
    pub after: Judged,
}

/// What a regrade found.
#[derive(Clone, Debug, Default)]
pub struct Regrade {
    /// How many verdicts were played back.
    pub played: usize,
    /// How many belong to a check that is no more.
    pub orphaned: usize,
    /// Those that would be another.
    pub changes: Vec<Change>,
    /// The people whose chain of records is broken, with the place of each break.
    pub broken: Vec<(PersonId, i64)>,
}

impl Grading {
    /// Judges all stored evidence of a lab by its checks as they are now; nothing is written.
    pub async fn regrade(&self, lab: &str) -> anyhow::Result<Regrade> {
        let tasks = self.find_tasks(lab).ok_or_else(|| anyhow::anyhow!("there is no lab called {lab}"))?;
        self.regrade_by(lab, tasks).await
    }

    /// Judges all stored evidence of a lab by the checks of `tasks`; nothing is written.
    pub async fn regrade_by(&self, lab: &str, tasks: &TaskSet) -> anyhow::Result<Regrade> {
        let mut found = Regrade::default();
        let mut after = String::new();
        loop {
            let page = store::list_people(&mut *self.core.db.read().await?, lab, &after, PEOPLE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            last.as_str().clone_into(&mut after);
            for person in &page {
                self.regrade_person(person, (lab, tasks), &mut found).await?;
            }
        }
    }

    async fn regrade_person(
        &self,
        person: &PersonId,
        (lab, tasks): (&str, &TaskSet),
        found: &mut Regrade,
    ) -> anyhow::Result<()> {
        // The end first: the chain may grow meanwhile.
        let end = chain::find_end(&mut *self.core.db.read().await?, person).await?.unwrap_or_default();
        let mut walk = Walk::default();
        let mut after = 0;
        loop {
            let page = chain::list_links(&mut *self.core.db.read().await?, person, after, LINKS).await?;
            let Some(last) = page.last() else { break };
            after = last.first_seq;
            for link in page.iter().filter(|link| link.first_seq <= end.length) {
                let is_sound = walk.take(link) && self.regrade_link(person, link, (lab, tasks), found).await?;
                if !is_sound {
                    found.broken.push((person.clone(), link.first_seq));
                }
            }
        }
        if !walk.is_at(&end) {
            found.broken.push((person.clone(), walk.next_seq()));
        }
        Ok(())
    }

    /// Answers whether the evidence and the verdicts are those that were sealed.
    async fn regrade_link(
        &self,
        person: &PersonId,
        link: &ChainLink,
        (lab, tasks): (&str, &TaskSet),
        found: &mut Regrade,
    ) -> anyhow::Result<bool> {
        let (Some(request), Some(record)) = (&link.request, &link.record) else { return Ok(true) };
        let record: Record = serde_json::from_str(record)?;
        if record.lab != lab {
            return Ok(true);
        }
        let mut conn = self.core.db.read().await?;
        let shown = store::list_verdicts(&mut conn, request).await?;
        let shown = shown.iter().map(|one| (&one.task, &one.check, one.judged.verdict));
        let mut is_sound = shown.eq(record.verdicts.iter().map(|one| (&one.task, &one.check, one.verdict)));
        let evidence = chain::list_evidence(&mut conn, request).await?;
        for verdict in &record.verdicts {
            match verdict.facts(&evidence) {
                Some(facts) => play_back(person, verdict, &facts, tasks, found),
                None => is_sound = false,
            }
        }
        Ok(is_sound)
    }
}

fn play_back(person: &PersonId, sealed: &SealedVerdict, facts: &Facts, tasks: &TaskSet, found: &mut Regrade) {
    // Nothing was seen as a whole, so there is nothing to judge again.
    if sealed.verdict == Verdict::CouldNotGrade {
        return;
    }
    let Some(check) = tasks.find_check(&sealed.task, &sealed.check) else {
        found.orphaned += 1;
        return;
    };
    found.played += 1;
    let after = judge(check, facts);
    if after.verdict != sealed.verdict {
        found.changes.push(Change {
            person: person.clone(),
            task: sealed.task.clone(),
            check: sealed.check.clone(),
            before: sealed.verdict,
            after,
        });
    }
}
