//! Grading: a learner's work is judged from the state of the cluster, with the platform's own credentials.
//!
//! A lab's tasks are read from its `lab.yaml` ([`TaskSet`]); a task has checks, each an [`Expression`] over the objects that
//! were read. A check passes, fails, or could not be graded, which has no consequence for the learner. The verdicts of a
//! request are sealed in a [`evidence::Record`] with the hashes of their evidence, and chained to the person's record
//! before, so that a changed or missing one is found; a regrade replays the evidence through changed checks. A passed task
//! stays passed.
//!
//! A request is pruned with its verdicts and its evidence after [`RETENTION`], unless a pass is based on it or it is the
//! newest graded one of its person and lab; sooner where a person has more evidence than one may have. The chain stays whole:
//! one link replaces those of the pruned records.
//!
//! A check is requested in one transaction ([`Grading::request`]) and run by a job, [`jobs::Grade`], which may run twice: the
//! second time it finds the request finished. A second request while one waits is the same one. Changes in the namespace
//! bring about checks by themselves; such a request goes as soon as each of its tasks has newer verdicts, unless a pass is
//! based on it.
//!
//! Tables: `grading_requests`, `grading_verdicts`, `grading_chains`, `grading_chain_links`, `grading_evidence`,
//! `grading_evidence_uses`, `grading_passes`, `grading_flags`, `grading_answers`, `grading_live`, `grading_hints`,
//! `grading_attempts`.
//!
//! | file | holds |
//! |---|---|
//! | `tasks.rs`, `source.rs`, `compiler.rs` | tasks and checks, how authors write them, and how they are compiled |
//! | `schema.rs` | the JSON Schemas of what authors write |
//! | `example.rs`, `placeholder.rs` | the examples of a check, and the guide's placeholders, which must not pass |
//! | `expression.rs`, `metadata.rs`, `hint.rs` | CEL with the functions of checks, those that read a Service, and hints |
//! | `read.rs`, `reader/` | what a check reads, and how it is read from the cluster |
//! | `answer/`, `report.rs` | what a learner reports, and how it is taken and kept |
//! | `points.rs`, `asked_hints.rs` | the points of a task, and the hints that learners ask for |
//! | `grade.rs` | a request graded: what is collected, and how its verdicts are sealed and recorded |
//! | `collector.rs`, `judgement.rs` | the rounds in which a request is graded, and the verdict of a check |
//! | `redaction.rs` | secrets taken out of what was read |
//! | `evidence.rs`, `chain.rs`, `store/chain.rs` | what a verdict was based on, and the chain of records |
//! | `seen.rs`, `seen_view.rs` | what the grader saw: a request's verdicts with their evidence |
//! | `work.rs` | a person's work in the labs of a module, and the flags about it, for those who review |
//! | `regrade.rs`, `verification/` | stored evidence replayed, and a lab verified on a cluster: `lab regrade`, `lab verify` |
//! | `live.rs`, `changes.rs`, `store/live.rs` | the checks that changes bring about |
//! | `feed.rs` | the events of a session for its open pages |
//! | `services.rs`, `catalogue/` | the service catalogue |
//! | `statistics.rs`, `statistics_view.rs` | how learners get on with each task, for staff |
//! | `view.rs`, `steps.rs`, `lab_view.rs`, `course_place.rs` | tasks, verdicts, the guide's steps and the way on in the course, as the lab page shows them |

mod answer;
mod asked_hints;
mod catalogue;
mod chain;
mod changes;
mod collector;
mod compiler;
mod course_place;
mod evidence;
mod example;
mod expression;
mod feed;
mod grade;
mod hint;
pub mod jobs;
mod judgement;
mod lab_view;
mod live;
mod metadata;
mod model;
pub mod pages;
mod placeholder;
mod points;
mod read;
mod reader;
mod redaction;
mod regrade;
mod report;
pub mod schema;
mod seen;
mod seen_view;
mod services;
mod source;
mod statistics;
mod statistics_view;
mod steps;
mod store;
mod tasks;
pub mod verification;
mod view;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::accounts::{Accounts, PersonId};
use crate::cluster::Cluster;
use crate::core::Core;
use crate::db;
use crate::labs::{LabSummary, Labs, SessionState, SessionView};
use crate::lessons::ContentStore;
use crate::loads::Loads;

use feed::Feed;
use reader::Reader;
use view::Work;

pub use answer::{Answer, Question, Unit};
pub use catalogue::{
    Annotation, CatalogueQuery, CatalogueView, Choice, DependencyGraph, GraphRow, Neighbour, ServiceCard, ServiceLink,
    ServiceView,
};
pub use course_place::{CourseLink, CoursePlace};
pub use expression::Expression;
pub use feed::{Event, Events};
pub use judgement::{judge, judge_task};
pub use lab_view::LabView;
pub(crate) use model::NOT_DONE;
pub use model::{
    CheckInput, CheckResult, Flag, GradingRequest, GradingRequestId, Judged, LabPassed, Origin, Pass, Regrade, Verdict,
    VerdictChange, VerdictRecord,
};
pub use points::Points;
pub use read::Read;
pub use seen_view::{ExpectedWork, FlagView, LabWork, SeenCheck, SeenRead, SeenTask, SeenView, WorkTask};
pub use statistics_view::{StatisticsView, TaskStatistics};
pub use steps::{GuidePartView, StepLink, StepTask, StepView};
pub use tasks::{Check, Task, TaskSet};
pub use view::{AnswerView, CheckView, TaskState, TaskView, TasksView};

/// How many checks a person may request within [`REQUEST_WINDOW`]: one a minute.
const MAX_REQUESTS: i64 = 60;
/// The time in which requests are counted.
const REQUEST_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How long a request is kept that no pass is based on.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many requests are pruned at a time.
const PRUNE_PAGE: i64 = 200;

/// The grading of labs.
#[derive(Clone, Debug)]
pub struct Grading {
    core: Core,
    accounts: Accounts,
    labs: Labs,
    loads: Loads,
    cluster: Cluster,
    reader: Reader,
    feed: Feed,
    tasks: Arc<BTreeMap<String, TaskSet>>,
    content: ContentStore,
}

/// Why a check was not requested.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such lab, or it has no tasks.
    #[error("no such lab")]
    UnknownLab,
    /// There is nothing to check.
    #[error("the lab is not running")]
    NotRunning,
    /// Too many were requested of late.
    #[error("too many checks of late")]
    TooMany {
        /// How long until the next one may be requested.
        wait: SignedDuration,
    },
    /// A fault of the database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Why a hint is not shown.
#[derive(Debug, thiserror::Error)]
pub enum HintError {
    /// There is no such lab, task or check.
    #[error("no such check")]
    UnknownCheck,
    /// The lab is not running, so that nothing of it fails.
    #[error("the lab is not running")]
    NotRunning,
    /// It is being checked, so that the hint would be about how it was before.
    #[error("the lab is being checked")]
    BeingChecked,
    /// A fault of the database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What became of what a learner reported.
#[derive(Debug)]
pub enum Reported {
    /// It is kept, and the lab is being checked.
    Checking,
    /// It is kept; too many checks were requested of late.
    TooManyChecks {
        /// How long until the next one may be requested.
        wait: SignedDuration,
    },
    /// Something cannot be read: the lab as its page shows it, with what was typed and what is wrong with it.
    Refused(Box<LabView>),
}

impl Grading {
    /// Grading of the labs that `labs` has, by the `tasks` of each; their places in the course are those in `content`.
    pub fn new(
        core: &Core,
        (accounts, labs, cluster): (&Accounts, &Labs, &Cluster),
        loads: &Loads,
        (tasks, content): (Arc<BTreeMap<String, TaskSet>>, &ContentStore),
    ) -> Self {
        Self {
            core: core.clone(),
            accounts: accounts.clone(),
            labs: labs.clone(),
            loads: loads.clone(),
            cluster: cluster.clone(),
            reader: Reader::new((labs, loads), cluster),
            feed: Feed::default(),
            tasks,
            content: content.clone(),
        }
    }

    /// The tasks of a lab.
    pub fn find_tasks(&self, lab: &str) -> Option<&TaskSet> {
        self.tasks.get(lab)
    }

    /// Requests that a person's running lab is checked; a second request while one waits is the same one.
    pub async fn request(&self, person: &PersonId, lab: &str) -> Result<(), RequestError> {
        self.request_check(person, lab, true).await
    }

    async fn request_check(&self, person: &PersonId, lab: &str, asks_all: bool) -> Result<(), RequestError> {
        self.find_tasks(lab).filter(|tasks| !tasks.list().is_empty()).ok_or(RequestError::UnknownLab)?;
        let session = self.labs.find_session(person, lab).await?;
        let session = session.filter(|session| session.state == SessionState::Ready).ok_or(RequestError::NotRunning)?;
        let now = self.core.clock.now();
        let request = GradingRequest {
            id: GradingRequestId::generate(&self.core.random, now),
            person_id: person.clone(),
            session_id: session.id.clone(),
            lab: lab.to_owned(),
            origin: Origin::Learner,
            asks_all,
            asked_again: 0,
            is_waiting: true,
            requested_at: now,
        };
        let mut tx = self.core.db.write().await?;
        if !store::is_waiting(&mut tx, &session.id).await? {
            let since = now - REQUEST_WINDOW;
            if let Some(oldest) = store::find_nth_newest(&mut tx, person, since, MAX_REQUESTS - 1).await? {
                return Err(RequestError::TooMany { wait: oldest.duration_since(since) });
            }
        }
        let waiting = store::add_request(&mut tx, &request).await?;
        self.wake(&mut tx, waiting).await?;
        Ok(tx.commit().await?)
    }

    /// What the page of a lab shows to a person; `None` when there is no such lab.
    pub async fn find_lab_view(&self, person: &PersonId, lab: &str) -> db::Result<Option<LabView>> {
        let Some(lab) = self.labs.catalogue().find(lab) else { return Ok(None) };
        let session = self.labs.session_view(person, lab).await?;
        let tasks = self.tasks_view(person, &lab.name, &session).await?;
        let running = session.id.as_ref().filter(|_| session.is_ready());
        let loads = self.loads.find_view(lab, running).await?;
        let place = CoursePlace::find(&self.content.library(), &lab.name);
        Ok(Some(LabView::new((LabSummary::of(lab), place), &lab.guide, session, tasks, loads)))
    }

    async fn tasks_view(&self, person: &PersonId, lab: &str, session: &SessionView) -> db::Result<TasksView> {
        let mut conn = self.core.db.read().await?;
        let mut work = Work { passes: store::passes::list(&mut conn, person, lab).await?, ..Work::default() };
        let (mut is_checking, mut revision) = (false, 0);
        if let Some(session) = session.graded_session() {
            // Before the verdicts, so that a page that knows too little is told so.
            revision = store::live::find_state(&mut conn, session).await?.revision;
            is_checking = store::is_waiting(&mut conn, session).await?;
            work.answers = store::answers::list(&mut conn, session).await?;
            work.hints = store::hints::list(&mut conn, session).await?;
            work.attempted = store::attempts::list(&mut conn, person, session, lab).await?;
            work.verdicts = store::live::list_newest_verdicts(&mut conn, session).await?;
        }
        let tasks = self.find_tasks(lab).map(TaskSet::list).unwrap_or_default();
        Ok(TasksView::new(tasks, &work, (session.is_ready(), is_checking), revision))
    }

    /// How many tasks of a lab a person has passed, and how many it has.
    pub async fn count_passed(&self, person: &PersonId, lab: &str) -> db::Result<(usize, usize)> {
        let tasks = self.find_tasks(lab).map(TaskSet::list).unwrap_or_default();
        let passes = store::passes::list(&mut *self.core.db.read().await?, person, lab).await?;
        Ok((count(tasks, &passes), tasks.len()))
    }

    /// How many tasks of each lab a person has passed, by one query; labs without a pass are left out.
    pub async fn count_all_passed(&self, person: &PersonId) -> db::Result<BTreeMap<String, usize>> {
        let mut counts = BTreeMap::new();
        for (lab, task) in store::passes::list_all(&mut *self.core.db.read().await?, person).await? {
            // A task that was removed from the lab does not count.
            if self.find_tasks(&lab).is_some_and(|tasks| tasks.list().iter().any(|known| known.id == task)) {
                *counts.entry(lab).or_default() += 1;
            }
        }
        Ok(counts)
    }

    /// How many tasks a lab has.
    pub fn count_tasks(&self, lab: &str) -> usize {
        self.find_tasks(lab).map_or(0, |tasks| tasks.list().len())
    }

    /// Deletes the requests that are kept no longer; answers how many there were.
    pub async fn prune(&self) -> db::Result<usize> {
        let before = self.core.clock.now() - RETENTION;
        let mut count = 0;
        loop {
            let page = store::chain::list_prunable(&mut *self.core.db.read().await?, before, PRUNE_PAGE).await?;
            if page.is_empty() {
                let mut tx = self.core.db.write().await?;
                store::answers::prune(&mut tx, before).await?;
                store::hints::prune(&mut tx, before).await?;
                store::live::prune(&mut tx, before).await?;
                tx.commit().await?;
                return Ok(count);
            }
            count += page.len();
            for of_person in page.chunk_by(|(one, _), (next, _)| one == next) {
                let mut tx = self.core.db.write().await?;
                store::chain::prune(&mut tx, of_person).await?;
                tx.commit().await?;
            }
        }
    }
}

/// How many of the tasks were passed; one that was removed from the lab does not count.
fn count(tasks: &[Task], passes: &BTreeMap<String, Pass>) -> usize {
    tasks.iter().filter(|task| passes.contains_key(&task.id)).count()
}
