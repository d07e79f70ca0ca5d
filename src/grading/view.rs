//! The tasks and verdicts of the lab page.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Answer, Question, Unit};
use super::model::{GradingRequestId, Pass, Verdict, VerdictRecord};
use super::store::answers::Answers;
use super::store::hints::AskedHints;
use super::tasks::{Check, Task};
use crate::drafts::Draft;
use crate::view::Html;
use crate::web::Field;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Passed, now or before.
    Passed,
    /// A check of it failed, on which the learner works.
    Failed,
    /// It could not be graded.
    CouldNotGrade,
    /// Neither checked at the learner's request nor worked on.
    Open,
}

/// One check with its last verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// Its id within the task, for anchors.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The verdict; `None` before it is checked, and while its task is open.
    pub verdict: Option<Verdict>,
    /// The hint of a failure that was asked for, or why it could not be graded.
    pub hint: Option<String>,
    /// Whether it fails and its hint can be asked for.
    pub has_more: bool,
}

/// A value that a task asks for, with what was reported last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerView {
    /// The name of its field.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// What stands behind a number.
    pub unit: &'static str,
    /// Each key and text, where it is a choice.
    pub choices: Vec<(String, String)>,
    /// Whether it is a text of several lines.
    pub is_text: bool,
    /// How many characters it may have.
    pub max_chars: usize,
    /// What was reported, or typed and refused.
    pub field: Field,
    /// When it was reported; none before that.
    pub reported_at: Option<Timestamp>,
}

impl AnswerView {
    fn new(name: &str, question: &Question, answer: Option<&Answer>) -> Self {
        Self {
            name: name.to_owned(),
            label: question.label.clone(),
            unit: question.unit.map(Unit::symbol).unwrap_or_default(),
            choices: question.choices.iter().map(|(key, text)| (key.clone(), text.clone())).collect(),
            is_text: question.text,
            max_chars: question.max_chars(),
            field: Field::new(answer.map(|answer| answer.text.as_str()).unwrap_or_default()),
            reported_at: answer.map(|answer| answer.reported_at),
        }
    }
}

/// One task with its checks.
#[derive(Clone, Debug, Serialize)]
pub struct TaskView {
    /// Its id, for anchors.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What the learner should do.
    pub text: Html,
    /// How far it is.
    pub state: TaskState,
    /// Whether it passes in the running session as it was checked last; `None` before that.
    pub holds: Option<bool>,
    /// When it was passed first.
    pub passed_at: Option<Timestamp>,
    /// How many points it has.
    pub points: u32,
    /// How many it brought, or would bring with no further hint.
    pub points_left: u32,
    /// What the next hint costs of them; `None` when it is the first, or the task is passed.
    pub hint_cost: Option<u32>,
    /// What it asks the learner to report.
    pub answers: Vec<AnswerView>,
    /// Its checks.
    pub checks: Vec<CheckView>,
    /// The request that its verdicts belong to; none before it was checked.
    pub request: Option<GradingRequestId>,
}

/// The tasks of a lab.
#[derive(Clone, Debug, Serialize)]
pub struct TasksView {
    /// Each task.
    pub tasks: Vec<TaskView>,
    /// How many are passed.
    pub passed: usize,
    /// How many of these pass in the running session as it was checked last.
    pub holding: usize,
    /// How many points these brought.
    pub points_reached: u32,
    /// How many all tasks have.
    pub points: u32,
    /// Whether there is a running lab to check.
    pub can_check: bool,
    /// Whether it is being checked now.
    pub is_checking: bool,
    /// When it was last checked.
    pub judged_at: Option<Timestamp>,
    /// The number of the last record of verdicts.
    pub revision: i64,
    /// Changes whenever something of this does.
    pub key: String,
}

impl TasksView {
    pub(super) fn new(tasks: &[Task], work: &Work, (can_check, is_checking): (bool, bool), revision: i64) -> Self {
        let tasks = tasks.iter().map(|task| view_of(task, work)).collect();
        let judged_at = work.verdicts.iter().map(|verdict| verdict.judged_at).max();
        let mut view = Self::of(tasks, (can_check, is_checking), judged_at, revision);
        view.key = crate::id::content_key(&view);
        view
    }

    fn of(
        tasks: Vec<TaskView>,
        (can_check, is_checking): (bool, bool),
        judged_at: Option<Timestamp>,
        revision: i64,
    ) -> Self {
        let passed = || tasks.iter().filter(|task| task.state == TaskState::Passed);
        Self {
            passed: passed().count(),
            holding: passed().filter(|task| task.holds == Some(true)).count(),
            points_reached: passed().map(|task| task.points_left).sum(),
            points: tasks.iter().map(|task| task.points).sum(),
            judged_at,
            tasks,
            can_check,
            is_checking,
            revision,
            key: String::new(),
        }
    }

    /// Shows what was typed for a task and not reported yet.
    pub(super) fn fill(&mut self, task: &str, draft: &Draft) {
        let answers = self.tasks.iter_mut().filter(|one| one.id == task).flat_map(|one| &mut one.answers);
        for answer in answers {
            if let Some(text) = draft.text(&answer.name) {
                answer.field = Field::new(text);
            }
        }
    }

    /// Shows what was typed for a task again, with what is wrong with it.
    pub(super) fn refuse(&mut self, task: &str, typed: &BTreeMap<String, String>, faults: &BTreeMap<String, String>) {
        let answers = self.tasks.iter_mut().filter(|one| one.id == task).flat_map(|one| &mut one.answers);
        for answer in answers {
            let text = typed.get(&answer.name).cloned().unwrap_or_default();
            answer.field = Field { value: text, error: faults.get(&answer.name).cloned() };
        }
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let check = |id: &str, verdict: Option<Verdict>, has_more: bool| CheckView {
            id: id.to_owned(),
            title: "It names you".to_owned(),
            verdict,
            hint: verdict
                .filter(|verdict| *verdict != Verdict::Pass && !has_more)
                .map(|_fail| "Look at the owner.".to_owned()),
            has_more,
        };
        let task = |state: TaskState, verdict: Option<Verdict>| TaskView {
            id: format!("owner-{state:?}-{verdict:?}").to_lowercase().replace(['(', ')'], ""),
            title: "Say whose it is".to_owned(),
            text: Html::trusted("The annotation <code>a8r.io/owner</code> names you.".to_owned()),
            state,
            holds: verdict.map(|verdict| verdict == Verdict::Pass),
            passed_at: (state == TaskState::Passed).then_some(Timestamp::UNIX_EPOCH),
            points: 10,
            points_left: if state == TaskState::Failed { 8 } else { 10 },
            hint_cost: (state == TaskState::Failed).then_some(2),
            answers: if state == TaskState::Open { sample_answers() } else { Vec::new() },
            checks: vec![check("you", verdict, false), check("us", verdict, verdict == Some(Verdict::Fail))],
            request: verdict.map(|_| GradingRequestId::from("0".to_owned())),
        };
        let tasks = vec![
            task(TaskState::Passed, Some(Verdict::Pass)),
            task(TaskState::Passed, Some(Verdict::Fail)),
            task(TaskState::Failed, Some(Verdict::Fail)),
            task(TaskState::CouldNotGrade, Some(Verdict::CouldNotGrade)),
            task(TaskState::Open, None),
        ];
        let sample = |tasks: Vec<TaskView>, can_check, is_checking, judged_at| Self {
            key: "0123456789abcdef".to_owned(),
            ..Self::of(tasks, (can_check, is_checking), judged_at, 7)
        };
        vec![
            sample(tasks.clone(), true, false, Some(Timestamp::UNIX_EPOCH)),
            sample(tasks.clone(), true, true, None),
            sample(tasks[..1].to_vec(), true, false, Some(Timestamp::UNIX_EPOCH)),
            sample(tasks, false, false, None),
            sample(Vec::new(), false, false, None),
        ]
    }
}

/// A number that was refused, a choice, and a number that was reported.
fn sample_answers() -> Vec<AnswerView> {
    let answer = |name: &str, unit, choices: Vec<(String, String)>, field, reported_at| AnswerView {
        name: name.to_owned(),
        label: "The success rate that you found".to_owned(),
        unit,
        choices,
        is_text: name == "output",
        max_chars: 100,
        field,
        reported_at,
    };
    let choices = vec![("a".to_owned(), "By its Service".to_owned()), ("b".to_owned(), "By its endpoints".to_owned())];
    vec![
        answer("rate", "%", Vec::new(), Field::new("many").refused("Write a number, such as 98.5."), None),
        answer("by", "", choices, Field::default(), None),
        answer("count", "", Vec::new(), Field::new("3"), Some(Timestamp::UNIX_EPOCH)),
        answer("output", "", Vec::new(), Field::new("Name:  qotm\nEvents:  <none>"), None),
    ]
}

/// What is known of a person's work on the tasks of a lab.
#[derive(Debug, Default)]
pub(super) struct Work {
    /// The tasks that were passed.
    pub(super) passes: BTreeMap<String, Pass>,
    /// The newest verdicts of the session.
    pub(super) verdicts: Vec<VerdictRecord>,
    /// What was reported in it.
    pub(super) answers: Answers,
    /// The hints that were asked for in it.
    pub(super) hints: AskedHints,
    /// The tasks on which the learner has worked in it.
    pub(super) attempted: BTreeSet<String>,
}

impl Work {
    /// How many hints of a task count: those that were asked for before it was passed.
    fn count_hints(&self, task: &str) -> u32 {
        let asked = || self.hints.iter().filter(|(of, _)| of == task).count();
        self.passes.get(task).map_or_else(|| u32::try_from(asked()).unwrap_or(u32::MAX), |pass| pass.hints)
    }

    fn view_check(&self, task: &Task, check: &Check) -> CheckView {
        let is_of_check = |record: &&VerdictRecord| record.task == task.id && record.check == check.id;
        let judged = self.verdicts.iter().find(is_of_check).map(|record| record.judged.clone());
        let is_open = !self.passes.contains_key(&task.id) && !self.attempted.contains(&task.id);
        let (id, title) = (check.id.clone(), check.title.clone());
        match judged {
            // What could not be graded says why, which is no hint.
            Some(judged) if judged.verdict == Verdict::CouldNotGrade && !is_open => {
                CheckView { id, title, verdict: Some(judged.verdict), hint: judged.hint, has_more: false }
            }
            Some(judged) if !is_open => {
                let is_asked = self.hints.contains(&(task.id.clone(), check.id.clone()));
                let has_more = judged.verdict == Verdict::Fail && !is_asked;
                CheckView { id, title, verdict: Some(judged.verdict), hint: judged.hint.filter(|_| is_asked), has_more }
            }
            _ => CheckView { id, title, verdict: None, hint: None, has_more: false },
        }
    }
}

fn view_of(task: &Task, work: &Work) -> TaskView {
    let checks: Vec<CheckView> = task.checks.iter().map(|check| work.view_check(task, check)).collect();
    let passed_at = work.passes.get(&task.id).map(|pass| pass.passed_at);
    let has = |verdict| checks.iter().any(|check| check.verdict == Some(verdict));
    let state = match passed_at {
        Some(_) => TaskState::Passed,
        None if has(Verdict::CouldNotGrade) => TaskState::CouldNotGrade,
        None if has(Verdict::Fail) => TaskState::Failed,
        None => TaskState::Open,
    };
    let hints = work.count_hints(&task.id);
    let find = |name: &String| work.answers.get(&(task.id.clone(), name.clone()));
    let mut asked: Vec<_> = task.questions.iter().filter(|(_, question)| !question.recorded).collect();
    asked.sort_by_key(|(_, question)| question.line);
    TaskView {
        id: task.id.clone(),
        title: task.title.clone(),
        text: task.text.clone(),
        state,
        holds: (!checks.is_empty() && checks.iter().all(|check| check.verdict.is_some()))
            .then(|| checks.iter().all(|check| check.verdict == Some(Verdict::Pass))),
        passed_at,
        points: task.points.possible,
        points_left: task.points.after(hints),
        hint_cost: (hints > 0 && passed_at.is_none()).then(|| task.points.cost_of_next(hints)),
        answers: asked.into_iter().map(|(name, one)| AnswerView::new(name, one, find(name))).collect(),
        checks,
        request: work.verdicts.iter().find(|record| record.task == task.id).map(|record| record.request.clone()),
    }
}
