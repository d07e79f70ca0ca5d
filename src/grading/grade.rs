//! Grades a request: judges the checks on what is collected, seals the verdicts with their evidence, and records them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::collector::{Collector, Pace};
use super::evidence::{Record, seal};
use super::model::{ChainEnd, CheckResult, GradingRequest, GradingRequestId, LabPassed};
use super::reader::ObjectSource;
use super::tasks::TaskSet;
use super::{Grading, store};
use crate::db;
use crate::labs::{Lab, LabSession, SessionState};

/// The annotation with a session's nonce.
pub(super) const NONCE_ANNOTATION: &str = "seaworthy.dev/nonce";

/// What a check that runs by itself follows.
pub(super) struct Known {
    /// The number of the last record of verdicts.
    pub(super) revision: i64,
    /// The tasks on which its results show that the learner works.
    pub(super) attempted: BTreeSet<String>,
}

impl Grading {
    /// Collects the objects of a session, and writes the verdicts of a request that waits; once more where it is asked for
    /// again meanwhile, [`store::MAX_ASKED_AGAIN`] times at the most.
    pub async fn grade(&self, id: &GradingRequestId) -> anyhow::Result<()> {
        loop {
            let request = store::find_request(&mut *self.core.db.read().await?, id).await?;
            let Some(request) = request.filter(|request| request.is_waiting) else { return Ok(()) };
            if self.grade_once(&request).await? {
                return Ok(());
            }
        }
    }

    /// Whether the request has its verdicts, or needs none.
    async fn grade_once(&self, request: &GradingRequest) -> anyhow::Result<bool> {
        let session = self.labs.find_session(&request.person_id, &request.lab).await?;
        let session = session.filter(|one| one.id == request.session_id && one.state == SessionState::Ready);
        let person = self.accounts.find_person(&request.person_id).await?;
        let lab = self.labs.catalogue().find(&request.lab);
        let (Some(session), Some(person), Some(lab)) = (session, person, lab) else {
            let mut tx = self.core.db.write().await?;
            let has_ended = store::finish_request(&mut tx, request, None, self.core.clock.now()).await?;
            tx.commit().await?;
            return Ok(has_ended);
        };
        let results = self.collect(lab, &session, &person.name).await?;
        self.record(request, &results, None).await
    }

    /// Judges every check of a lab on the objects of a session as they are now.
    pub(super) async fn collect(&self, lab: &Lab, session: &LabSession, learner: &str) -> db::Result<Vec<CheckResult>> {
        let Some(tasks) = self.find_tasks(&lab.name) else { return Ok(Vec::new()) };
        self.collect_by((lab, tasks), (session, learner), (ObjectSource::Cluster, Pace::Patient)).await
    }

    /// Judges the checks of some tasks, on objects from `source`.
    pub(super) async fn collect_by(
        &self,
        (lab, tasks): (&Lab, &TaskSet),
        (session, learner): (&LabSession, &str),
        (source, pace): (ObjectSource, Pace),
    ) -> db::Result<Vec<CheckResult>> {
        let answers = self.list_answers(session).await?;
        let timeout = Duration::from_secs(self.labs.settings().check_timeout_seconds);
        let (reader, clock) = (self.reader.clone(), self.core.clock.clone());
        let collector = Collector { source, pace, reader, clock, timeout };
        Ok(Box::pin(collector.collect(lab, (tasks, &answers), session, learner)).await)
    }

    /// Seals the verdicts with their evidence, and records the tasks that were passed or worked on; `false` when they come
    /// too late: the request is finished, or verdicts were recorded after those that a check without a learner follows.
    pub(super) async fn record(
        &self,
        request: &GradingRequest,
        results: &[CheckResult],
        after: Option<&Known>,
    ) -> anyhow::Result<bool> {
        let now = self.core.clock.now();
        let (record, evidence) = Record::of(request, results)?;
        let record = record.to_canonical()?;
        let mut tx = self.core.db.write().await?;
        let is_first = match after {
            None => store::finish_request(&mut tx, request, Some(&record), now).await?,
            Some(known) => store::live::add_graded(&mut tx, request, (&record, known.revision), now).await?,
        };
        if !is_first {
            return Ok(false);
        }
        if after.is_none() {
            store::live::raise_revision(&mut tx, &request.session_id, now).await?;
        }
        let old = store::chain::lock_chain(&mut tx, &request.person_id).await?;
        let new = ChainEnd { length: old.length + 1, hash: seal(&old.hash, &record) };
        store::chain::append(&mut tx, request, &old, &new).await?;
        store::chain::add_evidence(&mut tx, request, &evidence).await?;
        for (position, result) in (0..).zip(results) {
            store::add_verdict(&mut tx, request, position, result).await?;
        }
        let tasks = self.find_tasks(&request.lab).map(TaskSet::list).unwrap_or_default();
        let mut attempted: BTreeSet<&String> = match after {
            None => results.iter().filter(|_| request.asks_all).map(|result| &result.task).collect(),
            Some(known) => known.attempted.iter().collect(),
        };
        let mut has_new = false;
        for task in tasks.iter().filter(|task| task.is_passed(results)) {
            if store::passes::add(&mut tx, request, &task.id, now).await? {
                has_new = true;
                attempted.insert(&task.id);
            }
        }
        for task in attempted {
            let (person, session) = (&request.person_id, &request.session_id);
            store::attempts::add(&mut tx, person, session, (&request.lab, task), now).await?;
        }
        let passes = store::passes::list(&mut tx, &request.person_id, &request.lab).await?;
        if has_new && tasks.iter().all(|task| passes.contains_key(&task.id)) {
            let whole = LabPassed { person: request.person_id.clone(), lab: request.lab.clone() };
            self.core.jobs.enqueue(&mut tx, &whole).await?;
        }
        Self::bound_evidence(&mut tx, &request.person_id).await?;
        for (nonce, object) in find_foreign_nonces(results) {
            if store::add_flag(&mut tx, request, (&nonce, &object), now).await? {
                tracing::warn!(session = %request.session_id, "foreign nonce found");
            }
        }
        // So that a learner's every change leaves no more behind than what is shown and what passes are based on.
        let superseded = store::live::list_superseded(&mut tx, &request.session_id).await?;
        store::chain::prune(&mut tx, &superseded).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The nonces in what was read that are not the session's own, each with the first object that has it.
pub(super) fn find_foreign_nonces(results: &[CheckResult]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for result in results {
        let objects = result.input.read.values().flat_map(|value| match value {
            Value::Array(objects) => objects.iter().collect::<Vec<_>>(),
            object => vec![object],
        });
        for object in objects {
            let nonce =
                object.pointer("/metadata/annotations").and_then(|annotations| annotations.get(NONCE_ANNOTATION));
            if let Some(nonce) = nonce.and_then(Value::as_str).filter(|nonce| *nonce != result.input.nonce) {
                let text = |pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
                let described = || format!("{} {}", text("/kind"), text("/metadata/name"));
                found.entry(nonce.to_owned()).or_insert_with(described);
            }
        }
    }
    found
}
