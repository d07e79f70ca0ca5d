//! The steps of a lab's guide that lead to its tasks, and their state as the page shows it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::tasks::Task;
use super::view::{TaskState, TaskView};
use crate::labs::{Guide, GuidePart};
use crate::lessons::Faults;
use crate::view::Html;

/// Adds a fault for each step that leads to no task, or to one that another step leads to, and for each task that no step
/// leads to. A guide whose steps lead to no task at all is one without tasks in it.
pub(super) fn check(guide: &Guide, tasks: &[Task], faults: &mut Faults) {
    let known: Vec<&str> = tasks.iter().map(|task| task.id.as_str()).collect();
    let mut led_to = BTreeSet::new();
    let mut last_line = None;
    for step in guide.steps() {
        last_line = Some(step.line);
        for task in &step.tasks {
            if !known.contains(&task.as_str()) {
                let known = known.join(", ");
                faults.add(&guide.file, step.line, format!("there is no task {task} in this lab; there are: {known}"));
            } else if !led_to.insert(task.as_str()) {
                faults.add(&guide.file, step.line, format!("two steps lead to the task {task}"));
            }
        }
    }
    let Some(line) = last_line else { return };
    for task in known.into_iter().filter(|task| !led_to.contains(task)) {
        let text = format!("no step leads to the task {task}; add {{task={task}}} behind a heading");
        faults.add(&guide.file, line, text);
    }
}

/// A part of the guide as the lab page shows it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GuidePartView {
    /// Text.
    Text {
        /// It, as HTML.
        html: Html,
    },
    /// What the heading before it leads to.
    Step(StepView),
}

/// The tasks of a step.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// The anchor of its heading.
    pub anchor: String,
    /// The text of its heading.
    pub title: String,
    /// Its tasks.
    pub tasks: Vec<StepTask>,
    /// Changes whenever the state of one of them does.
    pub key: String,
}

/// A task as a step shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepTask {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// How far it is.
    pub state: TaskState,
}

/// The step that leads to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepLink {
    /// The anchor of its heading.
    pub anchor: String,
    /// The text of its heading.
    pub title: String,
}

impl StepView {
    fn new(anchor: &str, title: &str, tasks: Vec<StepTask>) -> Self {
        let key = crate::id::content_key(&tasks);
        Self { anchor: anchor.to_owned(), title: title.to_owned(), tasks, key }
    }
}

impl GuidePartView {
    /// The parts of a guide, with the tasks as they are.
    pub(super) fn list(guide: &Guide, tasks: &[TaskView]) -> Vec<Self> {
        let find = |id: &String| {
            let task = tasks.iter().find(|task| task.id == *id)?;
            Some(StepTask { id: id.clone(), title: task.title.clone(), state: task.state })
        };
        let view = |part: &GuidePart| match part {
            GuidePart::Text(html) => Self::Text { html: html.clone() },
            GuidePart::Step(step) => {
                Self::Step(StepView::new(&step.anchor, &step.title, step.tasks.iter().filter_map(find).collect()))
            }
        };
        guide.parts.iter().map(view).collect()
    }

    /// Examples that lead to tasks in every state.
    pub fn samples(tasks: &[TaskView]) -> Vec<Self> {
        let task = |task: &TaskView| StepTask { id: task.id.clone(), title: task.title.clone(), state: task.state };
        let html = Html::trusted("<h3 id=\"_begin\">Begin</h3>".to_owned());
        let step = StepView::new("_begin", "Begin", tasks.iter().map(task).collect());
        vec![Self::Text { html }, Self::Step(step)]
    }
}

/// The step that leads to each task, by the task's id.
pub(super) fn list_links(parts: &[GuidePartView]) -> BTreeMap<String, StepLink> {
    let steps = parts.iter().filter_map(|part| match part {
        GuidePartView::Step(step) => Some(step),
        GuidePartView::Text { .. } => None,
    });
    let links = steps.flat_map(|step| {
        let link = StepLink { anchor: step.anchor.clone(), title: step.title.clone() };
        step.tasks.iter().map(move |task| (task.id.clone(), link.clone()))
    });
    links.collect()
}
