//! Takes what learners report.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use super::answer::{Answer, Question};
use super::model::NOT_DONE;
use super::store::{answers, attempts};
use super::tasks::{Task, TaskSet};
use super::{Grading, Reported, RequestError};
use crate::accounts::PersonId;
use crate::db;
use crate::labs::{LabSession, SessionState};
use crate::loads::{LoadState, StartError};

/// What begins a line of the output of a lab's solution by which it reports: `answer: TASK NAME TEXT`.
const REPORT: &str = "answer:";
/// What begins each line by which it reports one line of a text: `answer-line: TASK NAME LINE`.
const REPORT_LINE: &str = "answer-line:";
/// What begins a line by which it has a load applied, and waits for its end: `load: ID`.
const LOAD: &str = "load:";
/// How much longer than its plan a load may take.
const LOAD_GRACE: Duration = Duration::from_secs(30);
/// How often a load is looked at that is waited for.
const LOAD_INTERVAL: Duration = Duration::from_millis(500);

/// What a learner is told whose lab has ended meanwhile.
const NOT_RUNNING: &str = "The lab is not running, so there is nothing to compare this with. Start it first.";

impl Grading {
    /// Keeps the values that a person reports for a task, of `typed` by their names, and requests a check.
    pub async fn report(
        &self,
        person: &PersonId,
        (lab, task): (&str, &str),
        typed: &BTreeMap<String, String>,
    ) -> Result<Reported, RequestError> {
        let task = self.find_tasks(lab).and_then(|tasks| tasks.list().iter().find(|one| one.id == task));
        let asks = |task: &&Task| task.questions.values().any(|question| !question.recorded);
        let task = task.filter(asks).ok_or(RequestError::UnknownLab)?;
        let session = self.labs.find_session(person, lab).await?;
        let session = session.filter(|session| session.state == SessionState::Ready);
        let faults = if session.is_some() { find_faults(task, typed) } else { all_faults(task, NOT_RUNNING) };
        let Some(session) = session.filter(|_| faults.is_empty()) else {
            let mut view = self.find_lab_view(person, lab).await?.ok_or(RequestError::UnknownLab)?;
            view.tasks.refuse(&task.id, typed, &faults);
            return Ok(Reported::Refused(Box::new(view)));
        };
        let is_asked = |name: &String| task.questions.get(name).is_some_and(|question| !question.recorded);
        let asked = typed.iter().filter(|(name, _)| is_asked(name));
        self.keep(&session, (task, true), &asked.map(|(name, text)| (name.clone(), text.clone())).collect()).await?;
        match self.request_check(person, lab, false).await {
            Ok(()) => Ok(Reported::Checking),
            Err(RequestError::TooMany { wait }) => Ok(Reported::TooManyChecks { wait }),
            Err(fault) => Err(fault),
        }
    }

    /// Records what the platform itself knows of a session: each value for every task that has it recorded under that name.
    /// The lab is checked if something is new.
    pub async fn record_values(&self, session: &LabSession, values: &BTreeMap<&'static str, String>) -> db::Result<()> {
        let known = self.list_answers(session).await?;
        let mut is_new = false;
        for task in self.find_tasks(&session.lab).map(TaskSet::list).unwrap_or_default() {
            let recorded = task.questions.iter().filter(|(_, question)| question.recorded);
            let of_task = recorded.filter_map(|(name, _)| Some((name.clone(), values.get(name.as_str())?.clone())));
            let of_task: BTreeMap<String, String> = of_task
                .filter(|(name, text)| known.get(&(task.id.clone(), name.clone())).map(|one| &one.text) != Some(text))
                .collect();
            if !of_task.is_empty() {
                is_new = true;
                let is_work = of_task.values().any(|text| text != NOT_DONE);
                self.keep(session, (task, is_work), &of_task).await?;
            }
        }
        if !is_new {
            return Ok(());
        }
        match self.request_check(&session.person_id, &session.lab, false).await {
            Err(RequestError::Database(fault)) => Err(fault),
            // What is recorded is read by the next check.
            Ok(()) | Err(RequestError::UnknownLab | RequestError::NotRunning | RequestError::TooMany { .. }) => Ok(()),
        }
    }

    /// Does what the lines of a solution's output say, in their order: keeps what they report, and applies loads. The error
    /// names a line that means nothing.
    pub(super) async fn report_lines(&self, session: &LabSession, output: &str) -> anyhow::Result<()> {
        let mut texts: BTreeMap<(&str, &str), String> = BTreeMap::new();
        for line in output.lines().map(str::trim) {
            if let Some(load) = line.strip_prefix(LOAD) {
                self.apply_load(session, load.trim()).await?;
            }
            if let Some(line) = line.strip_prefix(REPORT_LINE) {
                let (asked, text) = split_report(line.trim_start());
                let lines = texts.entry(asked).or_default();
                lines.push_str(text);
                lines.push('\n');
            } else if let Some(line) = line.strip_prefix(REPORT) {
                let (asked, text) = split_report(line.trim());
                self.report_text(session, asked, text).await?;
            }
        }
        for (asked, text) in texts {
            self.report_text(session, asked, &text).await?;
        }
        Ok(())
    }

    /// Keeps what a solution reports under the name of a task and that of one of its questions.
    async fn report_text(&self, session: &LabSession, (id, name): (&str, &str), text: &str) -> anyhow::Result<()> {
        let tasks = self.find_tasks(&session.lab).map(TaskSet::list).unwrap_or_default();
        let task = tasks.iter().find(|task| task.id == id);
        let question = task.and_then(|task| task.questions.get(name));
        let (Some(task), Some(question)) = (task, question) else { anyhow::bail!("no task asks for {id} {name}") };
        if let Err(fault) = question.read(text) {
            anyhow::bail!("{id} {name} {text:?} reports no value: {fault}");
        }
        self.keep(session, (task, true), &BTreeMap::from([(name.to_owned(), text.to_owned())])).await?;
        Ok(())
    }

    /// Begins a load of the session's lab, after the one that runs if any does, and waits for its end.
    async fn apply_load(&self, session: &LabSession, id: &str) -> anyhow::Result<()> {
        let load = self.labs.catalogue().find(&session.lab).and_then(|lab| lab.loads.iter().find(|load| load.id == id));
        let load = load.with_context(|| format!("the lab has no load {id:?}"))?;
        let deadline = Instant::now() + Duration::from_secs(load.plan.seconds().into()) * 2 + LOAD_GRACE;
        let begun = loop {
            match self.loads.start(session, &load.id, &load.plan).await {
                Ok(begun) => break begun,
                Err(StartError::Running(_)) if Instant::now() < deadline => sleep(LOAD_INTERVAL).await,
                Err(fault) => return Err(fault.into()),
            }
        };
        while self.loads.find(&begun.id).await?.is_some_and(|load| load.state == LoadState::Running) {
            anyhow::ensure!(Instant::now() < deadline, "the load {id} does not end");
            sleep(LOAD_INTERVAL).await;
        }
        Ok(())
    }

    /// Keeps answers; `is_work` says that somebody works on the task by them.
    async fn keep(
        &self,
        session: &LabSession,
        (task, is_work): (&Task, bool),
        typed: &BTreeMap<String, String>,
    ) -> db::Result<()> {
        let now = self.core.clock.now();
        let mut tx = self.core.db.write().await?;
        for (name, text) in typed {
            let Some(question) = task.questions.get(name) else { continue };
            let answer = Answer { text: question.keep(text), reported_at: now };
            answers::put(&mut tx, &session.id, (&task.id, name), &answer).await?;
        }
        if is_work {
            attempts::add(&mut tx, &session.person_id, &session.id, (&session.lab, &task.id), now).await?;
        }
        tx.commit().await
    }

    /// The answers of a session, by task and name.
    pub(super) async fn list_answers(&self, session: &LabSession) -> db::Result<answers::Answers> {
        answers::list(&mut *self.core.db.read().await?, &session.id).await
    }
}

/// What a line of a solution reports: the task and the name that it is asked under, and the text.
fn split_report(line: &str) -> ((&str, &str), &str) {
    let (id, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
    ((id, name), text)
}

/// The same fault for each value that the task asks for.
fn all_faults(task: &Task, fault: &str) -> BTreeMap<String, String> {
    let asked = task.questions.iter().filter(|(_, question)| !question.recorded);
    asked.map(|(name, _)| (name.clone(), fault.to_owned())).collect()
}

/// What is wrong with what was typed, by name.
fn find_faults(task: &Task, typed: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fault = |(name, question): (&String, &Question)| {
        let text = typed.get(name).map(String::as_str).unwrap_or_default();
        Some((name.clone(), question.read(&question.keep(text)).err()?))
    };
    task.questions.iter().filter(|(_, question)| !question.recorded).filter_map(fault).collect()
}
