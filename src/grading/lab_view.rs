//! A lab as its page shows it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::course_place::CoursePlace;
use super::steps::{GuidePartView, StepLink, list_links};
use super::view::TasksView;
use crate::labs::{Guide, LabSummary, SessionView};
use crate::loads::LoadsView;

/// A lab as its page shows it to a person.
#[derive(Clone, Debug, Serialize)]
pub struct LabView {
    /// The lab.
    pub lab: LabSummary,
    /// Where it stands in the course, if it does.
    pub place: Option<CoursePlace>,
    /// The guide.
    pub guide: Vec<GuidePartView>,
    /// The step of the guide that leads to each task, by the task's id.
    pub steps: BTreeMap<String, StepLink>,
    /// The person's session.
    pub session: SessionView,
    /// The person's tasks.
    pub tasks: TasksView,
    /// What the platform sends to the session.
    pub loads: LoadsView,
}

impl LabView {
    pub(super) fn new(
        (lab, place): (LabSummary, Option<CoursePlace>),
        guide: &Guide,
        session: SessionView,
        tasks: TasksView,
        loads: LoadsView,
    ) -> Self {
        let guide = GuidePartView::list(guide, &tasks.tasks);
        Self { lab, place, steps: list_links(&guide), guide, session, tasks, loads }
    }

    /// Examples that between them reach every state of the session and of the tasks.
    pub fn samples() -> Vec<Self> {
        let (tasks, loads) = (TasksView::samples(), LoadsView::samples());
        let sample = |((session, tasks), loads): ((SessionView, &TasksView), &LoadsView)| {
            let guide = GuidePartView::samples(&tasks.tasks);
            let (lab, steps) = (LabSummary::sample(), list_links(&guide));
            let place = (!tasks.is_checking).then(CoursePlace::sample);
            Self { lab, place, steps, guide, session, tasks: tasks.clone(), loads: loads.clone() }
        };
        SessionView::samples().into_iter().zip(tasks.iter().cycle()).zip(loads.iter().cycle()).map(sample).collect()
    }
}
