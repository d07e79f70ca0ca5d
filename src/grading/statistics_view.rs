//! How learners get on with the tasks of a lab, as a page shows it.

use serde::Serialize;

/// How learners get on with a lab.
#[derive(Clone, Debug, Serialize)]
pub struct StatisticsView {
    /// The lab's name.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// How many learners have worked on it.
    pub learners: i64,
    /// Each task, in the order of the lab.
    pub tasks: Vec<TaskStatistics>,
}

/// How learners get on with a task.
#[derive(Clone, Debug, Serialize)]
pub struct TaskStatistics {
    /// What it is called.
    pub title: String,
    /// How many learners have passed it or the one before it.
    pub reached: i64,
    /// How many of them have worked on it.
    pub tried: i64,
    /// How many have passed it.
    pub passed: i64,
    /// After how many checks that the learner asked for it was passed, in the middle.
    pub asked_checks: Option<i64>,
    /// After how many checks that ran by themselves it was passed, in the middle.
    pub live_checks: Option<i64>,
    /// After how many seconds of the lab it was passed, in the middle.
    pub seconds: Option<i64>,
    /// How many hints were asked for.
    pub hints: i64,
    /// The title of the check that fails most often, and how often it did.
    pub failing: Option<(String, i64)>,
    /// Whether more than half of those who tried have not passed it.
    pub is_hard: bool,
}

impl StatisticsView {
    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let sample = |learners, tasks| Self {
            lab: "service-annotations".to_owned(),
            title: "Annotate a service".to_owned(),
            learners,
            tasks,
        };
        let hard = TaskStatistics {
            title: "Say whose it is".to_owned(),
            reached: 12,
            tried: 11,
            passed: 5,
            asked_checks: Some(3),
            live_checks: Some(14),
            seconds: Some(1_260),
            hints: 9,
            failing: Some(("Owner".to_owned(), 21)),
            is_hard: true,
        };
        let untried = TaskStatistics {
            tried: 0,
            passed: 0,
            asked_checks: None,
            live_checks: None,
            seconds: None,
            hints: 0,
            failing: None,
            is_hard: false,
            ..hard.clone()
        };
        vec![sample(12, vec![hard, untried]), sample(0, Vec::new())]
    }
}
