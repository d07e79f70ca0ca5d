//! Tasks that are checked by themselves as their learner works.
//!
//! A change in a session's namespace brings about a check of the tasks that are judged from objects alone
//! ([`Origin::Change`]), and, once the namespace has settled, one of those that send requests or wait ([`Origin::Settled`]).
//! Both are jobs under the session's key, so that of several replicas one grades; they write their verdicts only if others
//! were not written meanwhile, and only where one differs from what the learner sees.
//!
//! # When a task is failed
//! A task is open until its learner has it checked by the button, or a check that runs by itself finds it otherwise than
//! before with some of its checks passed ([`find_attempted`]). What is found in a lab that nobody has touched is no failure.
//!
//! # Why an old state does no harm
//! The objects are read from the memory of the process, which its watches keep. What they have not reported yet is a change
//! that will bring about another check when they do, so the last verdict is that of the last state. A pass is for good, so it
//! is not left to that: the tasks that would newly pass are read anew from the API server, and judged by that.

use std::collections::BTreeSet;
use std::future::pending;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Grading;
use super::changes::PendingChanges;
use super::collector::Pace;
use super::feed::Events;
use super::grade::Known;
use super::model::{
    CheckResult, GradingRequest, GradingRequestId, LiveState, MIN_CHECK_INTERVAL, Origin, RESYNC_INTERVAL, SETTLE_TIME,
    Verdict, VerdictRecord,
};
use super::reader::ObjectSource;
use super::redaction::redact;
use super::store::{self, live};
use super::tasks::{Task, TaskSet};
use crate::accounts::PersonId;
use crate::cluster::{CacheRules, CachedKind, NamespaceChange};
use crate::db;
use crate::labs::{Lab, LabSession, Labs, OpenError, SessionId, is_session_namespace};

/// How many changes are buffered before the watches wait.
const MAX_BUFFERED: usize = 256;
/// The pause after the database took nothing.
const AFTER_FAULT: Duration = Duration::from_secs(2);
/// When a task that would pass is read again, after the API server did not answer.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(5);
/// How long the feed waits for a commit, since those of other replicas wake nobody here.
const FEED_INTERVAL: Duration = Duration::from_millis(500);
/// How long commits are collected before what they recorded is read.
const FEED_DEBOUNCE: Duration = Duration::from_millis(100);
/// How far back is read what was recorded: a commit may come later than its time, and replicas' clocks differ.
const FEED_OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// What a check of a session that runs by itself is about.
struct LiveRun<'a> {
    lab: &'a Lab,
    tasks: &'a TaskSet,
    session: LabSession,
    learner: String,
    state: LiveState,
    begun_at: Timestamp,
}

impl Grading {
    /// Watches the objects that checks read, has the sessions checked in which some change, and tells the open pages what was
    /// recorded, until `stop`.
    pub async fn watch(&self, stop: CancellationToken) {
        let (changes, received) = mpsc::channel(MAX_BUFFERED);
        let read = self.tasks.values().flat_map(TaskSet::list_kinds);
        let kinds: BTreeSet<CachedKind> = read.chain(Labs::list_viewed_kinds()).collect();
        let rules = CacheRules { keeps: is_session_namespace, trim: redact };
        let watches = join_all(kinds.iter().map(|kind| self.cluster.cache_objects(kind, rules, &changes, &stop)));
        tokio::select! {
            () = stop.cancelled() => {}
            ((), (), _ended) = async { tokio::join!(self.dispatch(received), self.publish_events(), watches) } => {}
        }
    }

    async fn dispatch(&self, mut received: mpsc::Receiver<NamespaceChange>) {
        let mut changes = PendingChanges::default();
        // What is only shown wakes no check.
        let read: BTreeSet<CachedKind> = self.tasks.values().flat_map(TaskSet::list_kinds).collect();
        let is_read = |kinds: &BTreeSet<CachedKind>| !kinds.is_disjoint(&read);
        loop {
            let due = changes.next_due();
            let next = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                change = received.recv() => match change {
                    Some(change) => changes.add(change, Instant::now()),
                    None => return,
                },
                () = next => {
                    for (namespace, kinds) in changes.take_due(Instant::now()) {
                        self.feed.publish_change(&namespace);
                        if !is_read(&kinds) {
                            continue;
                        }
                        let Err(fault) = self.wake_check_of(&namespace, &kinds).await else { continue };
                        tracing::warn!(error = %fault, "change of a lab session not checked yet");
                        for kind in kinds {
                            changes.add(NamespaceChange { namespace: namespace.clone(), kind }, Instant::now());
                        }
                    }
                }
            }
        }
    }

    /// Has the running session of a namespace checked, if its tasks are about one of these kinds.
    async fn wake_check_of(&self, namespace: &str, kinds: &BTreeSet<CachedKind>) -> db::Result<()> {
        let Some(session) = self.labs.find_running_in(namespace).await? else { return Ok(()) };
        let is_read = |tasks: &TaskSet| !tasks.list_kinds().is_disjoint(kinds);
        if !self.find_tasks(&session.lab).is_some_and(is_read) {
            return Ok(());
        }
        let mut tx = self.core.db.write().await?;
        self.wake_live_check(&mut tx, &session.id).await?;
        tx.commit().await
    }

    /// Checks a session after a change; answers when it is to be done again, for as long as the session runs.
    pub(super) async fn check_live(&self, id: &SessionId) -> anyhow::Result<Option<SignedDuration>> {
        let Some(run) = self.find_live_run(id).await? else { return Ok(None) };
        if let Some(rest) = run.state.rest_before_check(run.begun_at) {
            return Ok(Some(rest));
        }
        let Some(results) = self.judge_objects(&run).await? else { return Ok(Some(RETRY_INTERVAL)) };
        if !self.record_changed(&run, Origin::Change, results).await? {
            return Ok(Some(MIN_CHECK_INTERVAL));
        }
        let has_open = !self.list_open_probes(&run).await?.list().is_empty();
        let mut tx = self.core.db.write().await?;
        live::mark_checked(&mut tx, id, run.begun_at).await?;
        if has_open {
            self.wake_live_probe(&mut tx, id, run.begun_at + SETTLE_TIME).await?;
        }
        tx.commit().await?;
        Ok(Some(RESYNC_INTERVAL))
    }

    /// Checks the tasks of a session that send requests or wait, and are not passed.
    pub(super) async fn probe_live(&self, id: &SessionId) -> anyhow::Result<Option<SignedDuration>> {
        let Some(run) = self.find_live_run(id).await? else { return Ok(None) };
        if let Some(rest) = run.state.rest_before_probe(run.begun_at) {
            return Ok(Some(rest));
        }
        let open = self.list_open_probes(&run).await?;
        if open.list().is_empty() {
            return Ok(None);
        }
        let results = self.collect_live(&run, &open, (ObjectSource::Cluster, Pace::Patient)).await?;
        let is_current = self.record_changed(&run, Origin::Settled, results).await?;
        let mut tx = self.core.db.write().await?;
        live::mark_probed(&mut tx, id, run.begun_at).await?;
        tx.commit().await?;
        Ok(Some(if is_current { run.state.pause_before_probe(run.begun_at) } else { SETTLE_TIME }))
    }

    async fn find_live_run(&self, id: &SessionId) -> anyhow::Result<Option<LiveRun<'_>>> {
        let Some(session) = self.labs.find_running(id).await? else { return Ok(None) };
        let person = self.accounts.find_person(&session.person_id).await?;
        let lab = self.labs.catalogue().find(&session.lab);
        let (Some(person), Some(lab), Some(tasks)) = (person, lab, self.find_tasks(&session.lab)) else {
            return Ok(None);
        };
        let state = live::find_state(&mut *self.core.db.read().await?, id).await?;
        Ok(Some(LiveRun { lab, tasks, session, learner: person.name, state, begun_at: self.core.clock.now() }))
    }

    async fn collect_live(
        &self,
        run: &LiveRun<'_>,
        tasks: &TaskSet,
        how: (ObjectSource, Pace),
    ) -> db::Result<Vec<CheckResult>> {
        self.collect_by((run.lab, tasks), (&run.session, &run.learner), how).await
    }

    /// The results of the tasks that are judged from objects alone; `None` when one that would pass could not be read anew.
    async fn judge_objects(&self, run: &LiveRun<'_>) -> db::Result<Option<Vec<CheckResult>>> {
        let tasks = run.tasks.filter(Task::is_instant);
        let mut results = self.collect_live(run, &tasks, (ObjectSource::Cache, Pace::AtOnce)).await?;
        let passes =
            store::passes::list(&mut *self.core.db.read().await?, &run.session.person_id, &run.lab.name).await?;
        let passing = tasks.filter(|task| !passes.contains_key(&task.id) && task.is_passed(&results));
        if passing.list().is_empty() {
            return Ok(Some(results));
        }
        let anew = self.collect_live(run, &passing, (ObjectSource::Cluster, Pace::AtOnce)).await?;
        if anew.iter().any(|result| result.judged.verdict == Verdict::CouldNotGrade) {
            return Ok(None);
        }
        results.retain(|result| passing.list().iter().all(|task| task.id != result.task));
        results.extend(anew);
        Ok(Some(results))
    }

    /// The tasks that are not judged from objects alone, and not passed yet.
    async fn list_open_probes(&self, run: &LiveRun<'_>) -> db::Result<TaskSet> {
        let passes =
            store::passes::list(&mut *self.core.db.read().await?, &run.session.person_id, &run.lab.name).await?;
        Ok(run.tasks.filter(|task| !task.is_instant() && !passes.contains_key(&task.id)))
    }

    /// Records results where one differs from what the learner sees; `false` when they are outdated by others meanwhile.
    async fn record_changed(
        &self,
        run: &LiveRun<'_>,
        origin: Origin,
        mut results: Vec<CheckResult>,
    ) -> anyhow::Result<bool> {
        // Nobody asked, so nobody is told of a cluster that does not answer; what was known stays.
        let ungraded: BTreeSet<String> = results
            .iter()
            .filter(|result| result.judged.verdict == Verdict::CouldNotGrade)
            .map(|result| result.task.clone())
            .collect();
        results.retain(|result| !ungraded.contains(&result.task));
        let known = live::list_newest_verdicts(&mut *self.core.db.read().await?, &run.session.id).await?;
        if !differs(&results, &known) || self.labs.find_running(&run.session.id).await?.is_none() {
            return Ok(true);
        }
        let request = GradingRequest {
            id: GradingRequestId::generate(&self.core.random, run.begun_at),
            person_id: run.session.person_id.clone(),
            session_id: run.session.id.clone(),
            lab: run.lab.name.clone(),
            origin,
            asks_all: false,
            asked_again: 0,
            is_waiting: false,
            requested_at: run.begun_at,
        };
        let attempted = find_attempted(&results, &known);
        self.record(&request, &results, Some(&Known { revision: run.state.revision, attempted })).await
    }

    /// The events of a person's running session for a page that knows the record of number `known`; `None` when there are
    /// none to come.
    pub async fn open_events(&self, person: &PersonId, lab: &str, known: Option<i64>) -> db::Result<Option<Events>> {
        let session = match self.labs.find_ready_session(person, lab).await {
            Ok(session) => session,
            Err(OpenError::Database(fault)) => return Err(fault),
            Err(_not_running) => return Ok(None),
        };
        let state = live::find_state(&mut *self.core.db.read().await?, &session.id).await?;
        let told = self.feed.subscribe((&session.id, &session.namespace), state.revision);
        Ok(told.map(|told| Events::new(told, known.unwrap_or(state.revision), self.labs.closing())))
    }

    /// Reads what was recorded, here and by other replicas, while a page is open.
    async fn publish_events(&self) {
        loop {
            let committed = self.core.db.next_commit();
            tokio::pin!(committed);
            if !self.feed.is_idle()
                && let Err(fault) = self.publish_recorded().await
            {
                tracing::warn!(error = %fault, "recorded verdicts not read");
                sleep(AFTER_FAULT).await;
            }
            tokio::select! {
                () = &mut committed => {}
                () = sleep(FEED_INTERVAL) => {}
            }
            sleep(FEED_DEBOUNCE).await;
        }
    }

    async fn publish_recorded(&self) -> db::Result<()> {
        let since = self.core.clock.now() - FEED_OVERLAP;
        for (session, revision) in live::list_recorded(&mut *self.core.db.read().await?, since).await? {
            self.feed.publish(&session, revision);
        }
        Ok(())
    }
}

/// Whether a verdict or a hint of these tasks is another than the known one.
fn differs(results: &[CheckResult], known: &[VerdictRecord]) -> bool {
    results.iter().any(|result| task_differs(&result.task, results, known))
}

fn task_differs(task: &str, results: &[CheckResult], known: &[VerdictRecord]) -> bool {
    let new = results.iter().filter(|result| result.task == *task).map(|one| (&one.check, &one.judged));
    let old = known.iter().filter(|record| record.task == *task).map(|one| (&one.check, &one.judged));
    !new.eq(old)
}

/// The tasks that are otherwise than they were found before, with some check passed: somebody works on them.
fn find_attempted(results: &[CheckResult], known: &[VerdictRecord]) -> BTreeSet<String> {
    let passed = results.iter().filter(|result| result.judged.verdict == Verdict::Pass);
    let is_known = |task: &str| known.iter().any(|record| record.task == task);
    passed
        .filter(|result| is_known(&result.task) && task_differs(&result.task, results, known))
        .map(|result| result.task.clone())
        .collect()
}
