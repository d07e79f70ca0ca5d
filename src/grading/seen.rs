//! What the grader saw: the verdicts of a request with the evidence that they were based on, for the learner whose work it
//! is and for those who review it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde_json::Value;

use super::Grading;
use super::chain::ChainVerifier;
use super::evidence::{Evidence, Record, SealedVerdict};
use super::model::{CheckResult, GradingRequestId, Judged, VerdictRecord};
use super::seen_view::{SeenCheck, SeenRead, SeenTask, SeenView};
use super::store::hints::AskedHints;
use super::store::records::GradedRequest;
use super::store::{self, chain, hints, records};
use super::tasks::TaskSet;
use crate::accounts::{Person, PersonId, Role};
use crate::db::{self, Conn};
use crate::labs::LabSession;

/// A request with all that its verdicts were based on.
struct Seen {
    id: GradingRequestId,
    request: GradedRequest,
    record: Record,
    evidence: Evidence,
    shown: Vec<VerdictRecord>,
}

impl Seen {
    async fn find(conn: &mut Conn, id: GradingRequestId) -> anyhow::Result<Option<Self>> {
        let Some(request) = records::find_graded(conn, &id).await? else { return Ok(None) };
        let record = serde_json::from_str(&request.record)?;
        let evidence = chain::list_evidence(conn, &id).await?;
        let shown = store::list_verdicts(conn, &id).await?;
        Ok(Some(Self { id, request, record, evidence, shown }))
    }

    /// Each verdict as it was sealed; records of before hints were sealed have theirs beside them.
    fn verdicts(&self) -> impl Iterator<Item = (&SealedVerdict, Judged)> {
        self.record.verdicts.iter().map(|sealed| {
            let shown = self.shown.iter().find(|one| one.task == sealed.task && one.check == sealed.check);
            let hint = sealed.hint.clone().or_else(|| shown.and_then(|one| one.judged.hint.clone()));
            (sealed, Judged { verdict: sealed.verdict, hint })
        })
    }

    /// Whether nothing of it was changed since it was graded: the record, what it is based on, the verdicts that pages show,
    /// and its place among the person's other records.
    async fn is_sealed(&self, conn: &mut Conn) -> db::Result<bool> {
        let end = chain::find_end(conn, &self.request.person).await?.unwrap_or_default();
        let (mut verifier, mut is_sound, mut is_linked) = (ChainVerifier::default(), true, false);
        for mut link in records::list_hashes(conn, &self.request.person).await? {
            if link.request.as_ref() == Some(&self.id) {
                link.record = Some(self.request.record.clone());
                is_linked = true;
            } else {
                // Its record is not read, so that its own seal is not verified here.
                link.request = None;
            }
            is_sound &= verifier.verify(&link);
        }
        let has_evidence = self.record.verdicts.iter().all(|verdict| verdict.input(&self.evidence).is_some());
        let is_shown = super::regrade::is_as_sealed(&self.record, &self.shown);
        Ok(is_sound && is_linked && verifier.has_reached(&end) && has_evidence && is_shown)
    }
}

impl Grading {
    /// What the grader saw at a request, or at the newest one of the reader's in the lab; `None` when `reader` may not see it.
    ///
    /// Everybody may see their own work; instructors see everybody's, beside what was expected.
    pub async fn find_seen(
        &self,
        reader: &Person,
        lab: &str,
        request: Option<GradingRequestId>,
    ) -> anyhow::Result<Option<SeenView>> {
        let (Some(tasks), Some(title)) = (self.find_tasks(lab), self.labs.catalogue().find(lab)) else {
            return Ok(None);
        };
        let mut conn = self.core.db.read().await?;
        let request = match request {
            Some(request) => Some(request),
            None => records::find_newest(&mut conn, &reader.id, lab).await?,
        };
        let Some(request) = request else { return Ok(Some(SeenView::ungraded(lab.to_owned(), title.title.clone()))) };
        let Some(seen) = Seen::find(&mut conn, request).await? else { return Ok(None) };
        let (is_own, is_reviewer) = (seen.request.person == reader.id, reader.role >= Role::Instructor);
        if seen.request.lab != lab || !(is_own || is_reviewer) {
            return Ok(None);
        }
        let is_sealed = seen.is_sealed(&mut conn).await?;
        let asked = hints::list(&mut conn, &seen.request.session).await?;
        let (tasks, reads) = list_seen(&seen, tasks, (is_reviewer, &asked));
        let graded_at = Some(seen.request.graded_at);
        let (lab, title) = (lab.to_owned(), title.title.clone());
        Ok(Some(SeenView { lab, title, graded_at, is_sealed, is_own, tasks, reads }))
    }

    /// The newest verdicts that the learner of a session asked for, each with what it was based on; `None` before it was graded.
    pub(super) async fn list_newest_results(&self, session: &LabSession) -> anyhow::Result<Option<Vec<CheckResult>>> {
        let mut conn = self.core.db.read().await?;
        let Some(request) = records::find_newest_of_session(&mut conn, &session.id).await? else { return Ok(None) };
        let seen = Seen::find(&mut conn, request).await?.context("a graded request has no record")?;
        let mut results = Vec::new();
        for (sealed, judged) in seen.verdicts() {
            let input = sealed.input(&seen.evidence).context("the evidence of a verdict is missing, or was changed")?;
            results.push(CheckResult {
                task: sealed.task.clone(),
                check: sealed.check.clone(),
                check_version: sealed.check_version.clone(),
                judged,
                judged_at: jiff::Timestamp::from_microsecond(sealed.judged_at)?,
                input,
            });
        }
        Ok(Some(results))
    }

    /// Keeps a person's evidence within its bound: the oldest requests go first, and never one that a pass is based on.
    pub(super) async fn bound_evidence(conn: &mut Conn, person: &PersonId) -> db::Result<()> {
        while records::count_evidence(conn, person).await? > MAX_EVIDENCE_CHARS {
            let oldest = records::list_oldest_prunable(conn, person, PRUNED_AT_ONCE).await?;
            if oldest.is_empty() {
                break;
            }
            chain::prune(conn, &oldest).await?;
        }
        Ok(())
    }
}

/// How many characters of evidence one person may have.
const MAX_EVIDENCE_CHARS: i64 = 32 * 1024 * 1024;
/// How many requests are pruned at a time where a person has more than that.
const PRUNED_AT_ONCE: i64 = 20;

/// The checks of a request by task, and what they read, each once.
fn list_seen(
    seen: &Seen,
    tasks: &TaskSet,
    (is_reviewer, asked): (bool, &AskedHints),
) -> (Vec<SeenTask>, Vec<SeenRead>) {
    let mut by_task: Vec<SeenTask> = Vec::new();
    let mut reads: BTreeMap<(String, String), SeenRead> = BTreeMap::new();
    for (sealed, judged) in seen.verdicts() {
        let task = tasks.list().iter().find(|task| task.id == sealed.task);
        let check = tasks.find_check(&sealed.task, &sealed.check);
        let mut of_check = Vec::new();
        for (name, hash) in &sealed.read {
            let title = task.map_or_else(|| name.clone(), |task| task.describe_input(name));
            let found = seen.evidence.get(hash).and_then(|body| serde_json::from_str::<Value>(body).ok());
            let count = reads.len();
            let key = (title.clone(), hash.clone());
            let read = reads.entry(key).or_insert_with(|| SeenRead::new(count, title, found.as_ref()));
            of_check.push((read.anchor.clone(), read.title.clone()));
        }
        let is_asked = asked.contains(&(sealed.task.clone(), sealed.check.clone()));
        let shown = SeenCheck::new((sealed, judged), check, of_check, (is_reviewer, is_asked));
        match by_task.iter_mut().find(|one| one.id == sealed.task) {
            Some(task) => task.checks.push(shown),
            None => by_task.push(SeenTask {
                id: sealed.task.clone(),
                title: task.map_or_else(|| sealed.task.clone(), |task| task.title.clone()),
                points: task.map(|task| task.points.possible),
                checks: vec![shown],
            }),
        }
    }
    (by_task, reads.into_values().collect())
}
