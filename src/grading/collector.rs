//! The rounds in which the checks of a request are graded.
//!
//! Each round reads what its checks need, once for all of them. A check that has failed and may still pass, or that has
//! passed and must hold, waits for a later round; meanwhile the request holds no worker slot. All rounds together end by one
//! deadline, so that a service which hangs holds no request for longer; what was not known by then could not be graded.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::judgement::judge;
use super::model::{CheckInput, CheckResult, Judged, Verdict};
use super::read::Read;
use super::reader::{Deadline, NOTHING_HELD, ObjectSource, Reader};
use super::store::answers::Answers;
use super::tasks::{Check, Task, TaskSet};
use crate::clock::Clock;
use crate::jobs::without_slot;
use crate::labs::{Lab, LabSession};

/// The pause between two rounds for a check that failed.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// Whether a check may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// For as long as its author says: it is retried, and asserted twice.
    Patient,
    /// Not at all.
    AtOnce,
}

/// What collecting needs.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    /// Where objects are read.
    pub(super) source: ObjectSource,
    /// Whether checks wait.
    pub(super) pace: Pace,
    /// Reads what checks are about.
    pub(super) reader: Reader,
    /// The time.
    pub(super) clock: Clock,
    /// How long a request may take.
    pub(super) timeout: Duration,
}

/// What was read for a task so far.
struct Collected {
    input: CheckInput,
    /// Why something could not be read, for the learner, by its name.
    faults: BTreeMap<String, String>,
}

/// How far the checks of one task are.
struct TaskRun<'a> {
    task: &'a Task,
    collected: Collected,
    /// The check that is judged next.
    next: usize,
    passed: Vec<&'a str>,
    /// When that check was judged first.
    first_judged_at: Option<Instant>,
    /// Since when it has held.
    held_since: Option<Instant>,
    /// When the task is looked at again.
    due: Option<Instant>,
    /// When it is looked at no more.
    deadline: Deadline,
    pace: Pace,
}

impl Collector {
    /// Judges every check of every task; a check whose `needs` did not pass is left out.
    pub(super) async fn collect(
        &self,
        lab: &Lab,
        (tasks, answers): (&TaskSet, &Answers),
        session: &LabSession,
        learner: &str,
    ) -> Vec<CheckResult> {
        let deadline = Deadline::after(self.timeout);
        let now = self.clock.now();
        let input = CheckInput::of(lab, session, learner);
        let start = |task| TaskRun::new(task, input.clone(), (answers, now), (deadline, self.pace));
        let mut runs: Vec<TaskRun<'_>> = tasks.list().iter().map(start).collect();
        let mut results: Vec<Vec<CheckResult>> = runs.iter().map(|_| Vec::new()).collect();
        while let Some(due) = runs.iter().filter_map(|run| run.due).min() {
            if due > Instant::now() {
                without_slot(sleep_until(due)).await;
            }
            let now = Instant::now();
            let wanted: BTreeSet<&Read> =
                runs.iter().filter(|run| run.is_due(now)).flat_map(TaskRun::wanted_reads).collect();
            let outcomes = self.reader.read(wanted, self.source, session, deadline).await;
            for (run, results) in runs.iter_mut().zip(&mut results).filter(|(run, _)| run.is_due(now)) {
                run.take(&outcomes);
                run.judge(&self.clock, results);
            }
        }
        results.into_iter().flatten().collect()
    }
}

impl<'a> TaskRun<'a> {
    fn new(
        task: &'a Task,
        input: CheckInput,
        (answers, now): (&Answers, Timestamp),
        (deadline, pace): (Deadline, Pace),
    ) -> Self {
        let input = CheckInput { read: task.answered(answers, now), ..input };
        Self {
            task,
            collected: Collected { input, faults: BTreeMap::new() },
            next: 0,
            passed: Vec::new(),
            first_judged_at: None,
            held_since: None,
            due: Some(Instant::now()),
            deadline,
            pace,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// In the first round all that the task reads, later what the waiting check does.
    fn wanted_reads(&self) -> impl Iterator<Item = &'a Read> {
        let waiting = self.first_judged_at.and_then(|_| self.task.checks.get(self.next));
        let is_wanted = move |name: &String| waiting.is_none_or(|check| check.reads.contains(name));
        self.task.reads.iter().filter(move |(name, _)| is_wanted(name)).map(|(_, read)| read)
    }

    fn take(&mut self, outcomes: &BTreeMap<&Read, Result<Value, String>>) {
        for (name, read) in &self.task.reads {
            match outcomes.get(read) {
                Some(Ok(value)) => {
                    self.collected.input.read.insert(name.clone(), value.clone());
                    self.collected.faults.remove(name);
                }
                Some(Err(fault)) => {
                    self.collected.faults.insert(name.clone(), fault.clone());
                }
                None => {}
            }
        }
    }

    /// Judges check after check, up to one that must wait.
    fn judge(&mut self, clock: &Clock, results: &mut Vec<CheckResult>) {
        self.due = None;
        while let Some(check) = self.task.checks.get(self.next) {
            if check.has_needs(&self.passed) {
                let Some(judged) = self.judge_one(check) else { return };
                if judged.verdict == Verdict::Pass {
                    self.passed.push(&check.id);
                }
                results.push(CheckResult {
                    task: self.task.id.clone(),
                    check: check.id.clone(),
                    check_version: check.version.clone(),
                    judged,
                    judged_at: clock.now(),
                    input: self.collected.input_of(check),
                });
            }
            self.next += 1;
            (self.first_judged_at, self.held_since) = (None, None);
        }
    }

    /// The verdict, or `None` where a later round decides.
    fn judge_one(&mut self, check: &Check) -> Option<Judged> {
        let mut judged = self.collected.judge(check);
        if self.pace == Pace::AtOnce {
            return Some(judged);
        }
        let now = Instant::now();
        let deadline = *self.first_judged_at.get_or_insert(now) + check.retry_for;
        match (judged.verdict, self.held_since) {
            (Verdict::Pass, None) if !check.stable_for.is_zero() => {
                if now + check.stable_for > self.deadline.at {
                    return Some(could_not_hold(check, self.deadline));
                }
                self.held_since = Some(now);
                self.due = Some(now + check.stable_for);
                return None;
            }
            (Verdict::Fail | Verdict::CouldNotGrade, None) if now + RETRY_INTERVAL <= deadline => {
                if now + RETRY_INTERVAL <= self.deadline.at {
                    self.due = Some(now + RETRY_INTERVAL);
                    return None;
                }
                let hint = judged.hint.unwrap_or_default();
                judged.hint = Some(format!("{hint} It was not tried again, since {}.", self.deadline.describe()));
            }
            (Verdict::Fail, Some(_)) => {
                let hint = judged.hint.unwrap_or_default();
                judged.hint = Some(format!("It held at first, and not {} s later. {hint}", check.stable_for.as_secs()));
            }
            (Verdict::Pass | Verdict::Fail | Verdict::CouldNotGrade, _) => {}
        }
        Some(judged)
    }
}

/// The verdict on a check that holds, when there is no time left to see whether it stays so.
fn could_not_hold(check: &Check, deadline: Deadline) -> Judged {
    let seconds = check.stable_for.as_secs();
    let hint =
        format!("It holds. Whether it still does {seconds} s later was not seen, since {}.", deadline.describe());
    Judged { verdict: Verdict::CouldNotGrade, hint: Some(format!("{hint} {NOTHING_HELD}")) }
}

impl Collected {
    fn judge(&self, check: &Check) -> Judged {
        match check.reads.iter().find_map(|name| self.faults.get(name)) {
            None => judge(check, &self.input),
            Some(fault) => Judged { verdict: Verdict::CouldNotGrade, hint: Some(fault.clone()) },
        }
    }

    /// The input with what the check reads alone.
    fn input_of(&self, check: &Check) -> CheckInput {
        let CheckInput { learner, namespace, nonce, values, read } = &self.input;
        let read = read.iter().filter(|(name, _)| check.reads.contains(*name));
        CheckInput {
            learner: learner.clone(),
            namespace: namespace.clone(),
            nonce: nonce.clone(),
            values: values.clone(),
            read: read.map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }
}
