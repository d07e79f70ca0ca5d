//! A lab as its page shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::steps::{GuidePartView, StepLink, list_links};
use super::view::TasksView;
use crate::labs::{Guide, LabSummary, SessionView};

/// A lab as its page shows it to a person.
#[derive(Clone, Debug, Serialize)]
pub struct LabView {
    /// The lab.
    pub lab: LabSummary,
    /// The guide.
    pub guide: Vec<GuidePartView>,
    /// The step of the guide that leads to each task, by the task's id.
    pub steps: BTreeMap<String, StepLink>,
    /// The person's session.
    pub session: SessionView,
    /// The person's tasks.
    pub tasks: TasksView,
}

impl LabView {
    pub(super) fn new(lab: LabSummary, guide: &Guide, session: SessionView, tasks: TasksView) -> Self {
        Self::of_parts(lab, GuidePartView::list(guide, &tasks.tasks), session, tasks)
    }

    fn of_parts(lab: LabSummary, guide: Vec<GuidePartView>, session: SessionView, tasks: TasksView) -> Self {
        Self { lab, steps: list_links(&guide), guide, session, tasks }
    }

    /// Examples that between them reach every state of the session and of the tasks.
    pub fn samples() -> Vec<Self> {
        let tasks = TasksView::samples();
        let sample = |(session, tasks): (SessionView, &TasksView)| {
            Self::of_parts(LabSummary::sample(), GuidePartView::samples(&tasks.tasks), session, tasks.clone())
        };
        SessionView::samples().into_iter().zip(tasks.iter().cycle()).map(sample).collect()
    }
}
