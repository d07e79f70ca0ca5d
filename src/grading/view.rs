//! The tasks and verdicts of the lab page.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::answer::{Answer, Question, Unit};
use super::model::{GradingRequestId, Judged, Verdict, VerdictRecord};
use super::store::answers::Answers;
use super::tasks::Task;
use crate::labs::{LabSummary, SessionView};
use crate::view::Html;
use crate::web::Field;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Passed, now or before.
    Passed,
    /// A check of it failed.
    Failed,
    /// It could not be graded.
    CouldNotGrade,
    /// Not checked yet.
    Open,
}

/// One check with its last verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckView {
    /// What it is called.
    pub title: String,
    /// The verdict; `None` before it is checked.
    pub verdict: Option<Verdict>,
    /// The hint of a failure.
    pub hint: Option<String>,
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
    /// When it was passed first.
    pub passed_at: Option<Timestamp>,
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

/// A lab as its page shows it to a person.
#[derive(Clone, Debug, Serialize)]
pub struct LabView {
    /// The lab.
    pub lab: LabSummary,
    /// The guide.
    pub guide: Html,
    /// The person's session.
    pub session: SessionView,
    /// The person's tasks.
    pub tasks: TasksView,
}

impl TasksView {
    pub(super) fn new(
        tasks: &[Task],
        passes: &BTreeMap<String, Timestamp>,
        (verdicts, answers): (&[VerdictRecord], &Answers),
        (can_check, is_checking): (bool, bool),
        revision: i64,
    ) -> Self {
        let tasks: Vec<TaskView> = tasks.iter().map(|task| view_of(task, passes, (verdicts, answers))).collect();
        let mut view = Self {
            passed: tasks.iter().filter(|task| task.state == TaskState::Passed).count(),
            judged_at: verdicts.iter().map(|verdict| verdict.judged_at).max(),
            tasks,
            can_check,
            is_checking,
            revision,
            key: String::new(),
        };
        let text = serde_json::to_string(&view).unwrap_or_default();
        crate::id::hash_token(&text)[..16].clone_into(&mut view.key);
        view
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
        let check = |verdict: Option<Verdict>| CheckView {
            title: "It names you".to_owned(),
            verdict,
            hint: verdict.filter(|verdict| *verdict != Verdict::Pass).map(|_fail| "Look at the owner.".to_owned()),
        };
        let task = |state: TaskState, verdict: Option<Verdict>| TaskView {
            id: format!("owner-{state:?}-{verdict:?}").to_lowercase().replace(['(', ')'], ""),
            title: "Say whose it is".to_owned(),
            text: Html::trusted("The annotation <code>a8r.io/owner</code> names you.".to_owned()),
            state,
            passed_at: (state == TaskState::Passed).then_some(Timestamp::UNIX_EPOCH),
            answers: if state == TaskState::Open { sample_answers() } else { Vec::new() },
            checks: vec![check(verdict), check(None)],
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
            passed: tasks.iter().filter(|task| task.state == TaskState::Passed).count(),
            tasks,
            can_check,
            is_checking,
            judged_at,
            revision: 7,
            key: "0123456789abcdef".to_owned(),
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
        field,
        reported_at,
    };
    let choices = vec![("a".to_owned(), "By its Service".to_owned()), ("b".to_owned(), "By its endpoints".to_owned())];
    vec![
        answer("rate", "%", Vec::new(), Field::new("many").refused("Write a number, such as 98.5."), None),
        answer("by", "", choices, Field::default(), None),
        answer("count", "", Vec::new(), Field::new("3"), Some(Timestamp::UNIX_EPOCH)),
    ]
}

fn view_of(
    task: &Task,
    passes: &BTreeMap<String, Timestamp>,
    (verdicts, answers): (&[VerdictRecord], &Answers),
) -> TaskView {
    let checks: Vec<CheckView> = task
        .checks
        .iter()
        .map(|check| {
            let record = verdicts.iter().find(|record| record.task == task.id && record.check == check.id);
            let Judged { verdict, hint } = match record {
                Some(record) => record.judged.clone(),
                None => return CheckView { title: check.title.clone(), verdict: None, hint: None },
            };
            CheckView { title: check.title.clone(), verdict: Some(verdict), hint }
        })
        .collect();
    let passed_at = passes.get(&task.id).copied();
    let has = |verdict| checks.iter().any(|check| check.verdict == Some(verdict));
    let state = match passed_at {
        Some(_) => TaskState::Passed,
        None if has(Verdict::CouldNotGrade) => TaskState::CouldNotGrade,
        None if has(Verdict::Fail) => TaskState::Failed,
        None => TaskState::Open,
    };
    let find = |name: &String| answers.get(&(task.id.clone(), name.clone()));
    TaskView {
        id: task.id.clone(),
        title: task.title.clone(),
        text: task.text.clone(),
        state,
        passed_at,
        answers: task.questions.iter().map(|(name, one)| AnswerView::new(name, one, find(name))).collect(),
        checks,
        request: verdicts.iter().find(|record| record.task == task.id).map(|record| record.request.clone()),
    }
}
