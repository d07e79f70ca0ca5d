//! Replays stored evidence through the checks as they are now.

use jiff::Timestamp;

use super::Grading;
use super::chain::ChainVerifier;
use super::evidence::{Record, SealedVerdict};
use super::judgement::judge;
use super::model::{ChainLink, CheckInput, Regrade, Verdict, VerdictChange, VerdictRecord};
use super::store::{self, chain};
use super::tasks::TaskSet;
use crate::accounts::PersonId;

/// How many people are read at a time.
const PEOPLE_PAGE: i64 = 100;
/// How many links of a chain are read at a time with their records; their evidence is read for one at a time.
const LINKS_PAGE: i64 = 50;

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
            let page = store::list_people(&mut *self.core.db.read().await?, lab, &after, PEOPLE_PAGE).await?;
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
        let mut verifier = ChainVerifier::default();
        let mut after = 0;
        loop {
            let page = chain::list_links(&mut *self.core.db.read().await?, person, after, LINKS_PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.first_seq;
            for link in page.iter().filter(|link| link.first_seq <= end.length) {
                let is_sound = verifier.verify(link) && self.regrade_link(person, link, (lab, tasks), found).await?;
                if !is_sound {
                    found.broken.push((person.clone(), link.first_seq));
                }
            }
        }
        if !verifier.has_reached(&end) {
            found.broken.push((person.clone(), verifier.next_seq()));
        }
        Ok(())
    }

    /// Replays one record; answers whether its evidence and verdicts are those that were sealed.
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
        let mut is_sound = is_as_sealed(&record, &shown);
        let evidence = chain::list_evidence(&mut conn, request).await?;
        for verdict in &record.verdicts {
            match verdict.input(&evidence) {
                Some(input) => replay(person, verdict, &input, tasks, found),
                None => is_sound = false,
            }
        }
        Ok(is_sound)
    }
}

/// Whether the verdicts that pages show are those that were sealed, with their hints where these were sealed too.
pub(super) fn is_as_sealed(record: &Record, shown: &[VerdictRecord]) -> bool {
    let is_same = |(sealed, shown): (&SealedVerdict, &VerdictRecord)| {
        (&sealed.task, &sealed.check, sealed.verdict) == (&shown.task, &shown.check, shown.judged.verdict)
            && (sealed.hint.is_none() || sealed.hint == shown.judged.hint)
    };
    record.verdicts.len() == shown.len() && record.verdicts.iter().zip(shown).all(is_same)
}

fn replay(person: &PersonId, sealed: &SealedVerdict, input: &CheckInput, tasks: &TaskSet, found: &mut Regrade) {
    // Its input is incomplete, so there is nothing to judge again.
    if sealed.verdict == Verdict::CouldNotGrade {
        return;
    }
    let Some(check) = tasks.find_check(&sealed.task, &sealed.check) else {
        found.orphaned += 1;
        return;
    };
    found.replayed += 1;
    let after = judge(check, input);
    if after.verdict == sealed.verdict {
        return;
    }
    let change = VerdictChange {
        person: person.clone(),
        count: 1,
        judged_at: Timestamp::from_microsecond(sealed.judged_at).unwrap_or_default(),
        task: sealed.task.clone(),
        check: sealed.check.clone(),
        before: sealed.verdict,
        after,
    };
    let is_alike = |one: &&mut VerdictChange| {
        (&one.person, &one.task, &one.check, one.before, one.after.verdict)
            == (&change.person, &change.task, &change.check, change.before, change.after.verdict)
    };
    match found.changes.iter_mut().find(is_alike) {
        // The chain is read from its beginning, so that this one is newer.
        Some(known) => *known = VerdictChange { count: known.count + 1, ..change },
        None => found.changes.push(change),
    }
}
