//! Grading: a learner's work is judged from the state of the cluster, by the platform, outside the learner's reach.
//!
//! A lab's tasks stand in its `lab.yaml` ([`TaskSet`]); a task has checks, each an [`expression::Expression`] over what
//! was read. A check passes, fails, or could not be graded, which costs nothing. Each verdict is stored with its
//! [`Evidence`] and chained to the person's verdict before it, so that a changed or missing one shows; [`regrade`] plays
//! the evidence back through changed checks. A passed task stays passed.
//!
//! A check is asked for in one transaction ([`Grading::ask`]) and done by a job, [`jobs::Grade`], which may run twice: the
//! second time finds the attempt ended.
//!
//! Tables: `grading_attempts`, `grading_chains`, `grading_verdicts`, `grading_passes`, `grading_flags`.

mod address;
pub mod evidence;
mod example;
pub mod expression;
mod hint;
mod jobs;
mod judgement;
mod looking;
mod model;
pub mod pages;
mod placeholder;
pub mod regrade;
mod services;
pub mod store;
mod tasks;
pub mod verification;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::accounts::{Accounts, Person, PersonId};
use crate::clock::Clock;
use crate::cluster::Cluster;
use crate::db::{self, Db};
use crate::id::Random;
use crate::jobs::Jobs;
use crate::labs::{Lab, LabSession, Labs, SessionState};
use crate::lessons::Highlighter;

use looking::Looker;

pub use evidence::Evidence;
pub use jobs::{Grade, LabPassed, register_jobs};
pub use judgement::{judge, judge_task};
pub use model::{Attempt, AttemptId, CheckResult, Facts, Flag, Judged, Verdict, VerdictRecord};
pub use services::{ServiceCard, ServiceLink};
pub use tasks::{Check, Read, Task, TaskSet};
pub use view::{CheckView, TaskState, TaskView, TasksView};

/// How long an attempt may wait for its verdicts before another click replaces it.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// The annotation that carries a session's nonce.
const NONCE: &str = "seaworthy.dev/nonce";

/// The grading of labs.
#[derive(Clone, Debug)]
pub struct Grading {
    db: Db,
    clock: Clock,
    random: Random,
    jobs: Jobs,
    accounts: Accounts,
    labs: Labs,
    cluster: Cluster,
    tasks: Arc<BTreeMap<String, TaskSet>>,
}

/// What the service is made of.
#[derive(Debug)]
pub struct GradingParts {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Ids.
    pub random: Random,
    /// The queue of background work.
    pub jobs: Jobs,
    /// People.
    pub accounts: Accounts,
    /// Labs and their sessions.
    pub labs: Labs,
    /// Where sessions run.
    pub cluster: Cluster,
}

/// Why a check was not asked for.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such lab, or it has no tasks.
    #[error("no such lab")]
    UnknownLab,
    /// There is nothing to look at.
    #[error("the lab is not running")]
    NotRunning,
    /// A fault of the database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Grading {
    /// Grading of the labs that the parts have; a fault in a lab's tasks names its file.
    pub fn new(parts: GradingParts, highlighter: &Highlighter) -> anyhow::Result<Self> {
        let GradingParts { db, clock, random, jobs, accounts, labs, cluster } = parts;
        let mut tasks = BTreeMap::new();
        for lab in labs.catalogue().list() {
            tasks.insert(lab.name.clone(), TaskSet::compile(lab, highlighter)?);
        }
        Ok(Self { db, clock, random, jobs, accounts, labs, cluster, tasks: Arc::new(tasks) })
    }

    /// The tasks of a lab.
    pub fn find_tasks(&self, lab: &str) -> Option<&TaskSet> {
        self.tasks.get(lab)
    }

    /// Asks for a person's running lab to be checked; a second click while one waits is the same attempt.
    pub async fn ask(&self, person: &PersonId, lab: &str) -> Result<(), AskError> {
        self.find_tasks(lab).filter(|tasks| !tasks.list().is_empty()).ok_or(AskError::UnknownLab)?;
        let session = self.labs.find_session(person, lab).await?;
        let session = session.filter(|session| session.state == SessionState::Ready).ok_or(AskError::NotRunning)?;
        let now = self.clock.now();
        let attempt = Attempt {
            id: AttemptId::generate(&self.random, now),
            person_id: person.clone(),
            session_id: session.id.clone(),
            lab: lab.to_owned(),
            is_waiting: true,
            asked_at: now,
        };
        let mut tx = self.db.write().await?;
        store::abandon_lost(&mut tx, &session.id, now - LOST_AFTER, now).await?;
        if store::add_attempt(&mut tx, &attempt).await? {
            self.jobs.enqueue(&mut tx, &Grade { attempt: attempt.id }).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Looks at the cluster and writes the verdicts of an attempt that waits for them.
    pub(crate) async fn grade(&self, id: &AttemptId) -> anyhow::Result<()> {
        let attempt = store::find_attempt(&mut *self.db.read().await?, id).await?;
        let Some(attempt) = attempt.filter(|attempt| attempt.is_waiting) else { return Ok(()) };
        let session = self.labs.find_session(&attempt.person_id, &attempt.lab).await?;
        let session = session.filter(|one| one.id == attempt.session_id && one.state == SessionState::Ready);
        let person = self.accounts.find_person(&attempt.person_id).await?;
        let lab = self.labs.catalogue().find(&attempt.lab);
        let (Some(session), Some(person), Some(lab)) = (session, person, lab) else {
            let mut tx = self.db.write().await?;
            store::end_attempt(&mut tx, id, "abandoned", self.clock.now()).await?;
            return Ok(tx.commit().await?);
        };
        let results = self.look(lab, &session, &person.name).await;
        self.record(&attempt, &results).await
    }

    /// Judges every check of a lab by what is in a session's namespace now.
    async fn look(&self, lab: &Lab, session: &LabSession, learner: &str) -> Vec<CheckResult> {
        let Some(tasks) = self.find_tasks(&lab.name) else { return Vec::new() };
        let looker = Looker { cluster: self.cluster.clone(), clock: self.clock.clone() };
        looker.look(lab, tasks, session, learner).await
    }

    /// Chains the verdicts, and writes down the tasks that they pass.
    async fn record(&self, attempt: &Attempt, results: &[CheckResult]) -> anyhow::Result<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if !store::end_attempt(&mut tx, &attempt.id, "graded", now).await? {
            return Ok(());
        }
        let (mut seq, mut hash) = store::lock_chain(&mut tx, &attempt.person_id).await?;
        for result in results {
            let evidence = Evidence::of(&attempt.id, &attempt.lab, result).to_canonical()?;
            seq += 1;
            let link = store::Link { seq, previous_hash: &hash, evidence: &evidence };
            hash = store::add_verdict(&mut tx, attempt, result, link).await?;
        }
        store::set_chain(&mut tx, &attempt.person_id, seq, &hash).await?;
        let tasks = self.find_tasks(&attempt.lab).map(TaskSet::list).unwrap_or_default();
        let mut has_new = false;
        for task in tasks.iter().filter(|task| is_passed(task, results)) {
            has_new |= store::add_pass(&mut tx, attempt, &task.id, now).await?;
        }
        if has_new && count(tasks, &store::list_passes(&mut tx, &attempt.person_id, &attempt.lab).await?) == tasks.len()
        {
            let passed = LabPassed { person: attempt.person_id.clone(), lab: attempt.lab.clone() };
            self.jobs.enqueue(&mut tx, &passed).await?;
        }
        for nonce in find_foreign_nonces(results) {
            if store::add_flag(&mut tx, attempt, &nonce, now).await? {
                tracing::warn!(session = %attempt.session_id, "another learner's nonce is in this session's objects");
            }
        }
        Ok(tx.commit().await?)
    }

    /// The tasks of a lab as its page shows them to a person.
    pub async fn tasks_view(&self, person: &PersonId, lab: &str) -> db::Result<TasksView> {
        let session = self.labs.find_session(person, lab).await?;
        let mut conn = self.db.read().await?;
        let passes = store::list_passes(&mut conn, person, lab).await?;
        let mut verdicts = Vec::new();
        let mut is_checking = false;
        if let Some(session) = &session {
            let newest = store::find_newest_attempt(&mut conn, &session.id).await?;
            let lost = self.clock.now() - LOST_AFTER;
            is_checking = newest.is_some_and(|attempt| attempt.is_waiting && attempt.asked_at >= lost);
            if let Some(graded) = store::find_newest_graded(&mut conn, &session.id).await? {
                verdicts = store::list_verdicts(&mut conn, &graded).await?;
            }
        }
        let can_check = session.is_some_and(|session| session.state == SessionState::Ready);
        let tasks = self.find_tasks(lab).map(TaskSet::list).unwrap_or_default();
        Ok(TasksView::new(tasks, &passes, &verdicts, (can_check, is_checking)))
    }

    /// How many tasks of a lab a person has passed, and how many it has.
    pub async fn count_passed(&self, person: &PersonId, lab: &str) -> db::Result<(usize, usize)> {
        let tasks = self.find_tasks(lab).map(TaskSet::list).unwrap_or_default();
        let passes = store::list_passes(&mut *self.db.read().await?, person, lab).await?;
        Ok((count(tasks, &passes), tasks.len()))
    }

    /// The Services in a person's running labs, why some are not known, and whether no lab runs.
    pub async fn list_services(&self, person: &Person) -> db::Result<(Vec<ServiceCard>, Option<String>, bool)> {
        let sessions = self.labs.list_live_of_person(&person.id).await?;
        let running: Vec<LabSession> =
            sessions.into_iter().filter(|session| session.state == SessionState::Ready).collect();
        let mut cards = Vec::new();
        let mut fault = None;
        for session in &running {
            let known = self.labs.catalogue().find(&session.lab).map(|lab| Facts::of(lab, session, &person.name));
            let (known, tasks) = (known.unwrap_or_default(), self.find_tasks(&session.lab).map(TaskSet::list));
            let card = |service: &Value| ServiceCard::of(service, &session.lab, tasks.unwrap_or_default(), &known);
            match self.cluster.list_objects("v1", "Service", &session.namespace, None).await {
                Ok(services) => cards.extend(services.iter().map(card)),
                Err(reason) => fault = Some(reason.to_string()),
            }
        }
        Ok((cards, fault, running.is_empty()))
    }

    /// What a reviewer should see of a person's sessions.
    pub async fn list_flags(&self, person: &PersonId) -> db::Result<Vec<Flag>> {
        store::list_flags(&mut *self.db.read().await?, person).await
    }
}

/// How many of the tasks were passed; one that the lab no longer has does not count.
fn count(tasks: &[Task], passes: &BTreeMap<String, Timestamp>) -> usize {
    tasks.iter().filter(|task| passes.contains_key(&task.id)).count()
}

/// Whether every check of the task passed in one attempt.
fn is_passed(task: &Task, results: &[CheckResult]) -> bool {
    task.checks.iter().all(|check| {
        let of_check = |result: &&CheckResult| result.task == task.id && result.check == check.id;
        results.iter().find(of_check).is_some_and(|result| result.judged.verdict == Verdict::Pass)
    })
}

/// The nonces in what was read that are not the session's own.
fn find_foreign_nonces(results: &[CheckResult]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for result in results {
        let objects = result.facts.read.values().flat_map(|value| match value {
            Value::Array(objects) => objects.iter().collect::<Vec<_>>(),
            object => vec![object],
        });
        for object in objects {
            let nonce = object.pointer("/metadata/annotations").and_then(|annotations| annotations.get(NONCE));
            if let Some(nonce) = nonce.and_then(Value::as_str).filter(|nonce| *nonce != result.facts.nonce) {
                found.insert(nonce.to_owned());
            }
        }
    }
    found
}
