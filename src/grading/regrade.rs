//! Plays stored evidence back through the checks as they are now.

use super::evidence::{self, Evidence};
use super::judgement::judge;
use super::model::{Judged, Verdict, VerdictRecord};
use super::store;
use super::{Grading, TaskSet};
use crate::accounts::PersonId;

/// How many verdicts are read at a time.
const PAGE: i64 = 500;

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
    /// The people whose chain of verdicts is broken, with the place of the break.
    pub broken: Vec<(PersonId, i64)>,
}

impl Grading {
    /// Judges all stored evidence of a lab by its checks as they are now; nothing is written.
    pub async fn regrade(&self, lab: &str) -> anyhow::Result<Regrade> {
        let tasks = self.find_tasks(lab).ok_or_else(|| anyhow::anyhow!("there is no lab called {lab}"))?;
        let mut found = Regrade::default();
        let mut place = (PersonId::from(String::new()), 0);
        loop {
            let page = store::list_of_lab(&mut *self.db.read().await?, lab, (&place.0, place.1), PAGE).await?;
            let Some(last) = page.last() else { break };
            let next = (last.person_id.clone(), last.seq);
            for record in &page {
                if record.person_id != place.0 {
                    place.0 = record.person_id.clone();
                    let chain = store::list_chain(&mut *self.db.read().await?, &record.person_id).await?;
                    found.broken.extend(find_break(&chain).map(|seq| (record.person_id.clone(), seq)));
                }
                play_back(record, tasks, &mut found)?;
            }
            place = next;
        }
        Ok(found)
    }
}

fn play_back(record: &VerdictRecord, tasks: &TaskSet, found: &mut Regrade) -> anyhow::Result<()> {
    let evidence: Evidence = serde_json::from_str(&record.evidence)?;
    // Nothing was seen, so there is nothing to judge again.
    if evidence.verdict == Verdict::CouldNotGrade {
        return Ok(());
    }
    let Some(check) = tasks.find_check(&record.task, &record.check) else {
        found.orphaned += 1;
        return Ok(());
    };
    found.played += 1;
    let after = judge(check, &evidence.facts);
    if after.verdict != evidence.verdict {
        found.changes.push(Change {
            person: record.person_id.clone(),
            task: record.task.clone(),
            check: record.check.clone(),
            before: evidence.verdict,
            after,
        });
    }
    Ok(())
}

/// The place of the first verdict that does not follow from the one before it, if any.
pub fn find_break(chain: &[VerdictRecord]) -> Option<i64> {
    let mut previous_hash = "";
    for (expected, record) in (1..).zip(chain) {
        let sealed = evidence::seal(&record.previous_hash, &record.evidence);
        if record.seq != expected || record.previous_hash != previous_hash || record.hash != sealed {
            return Some(record.seq);
        }
        previous_hash = &record.hash;
    }
    None
}
