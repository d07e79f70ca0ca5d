//! A step of a session as its page shows it.

use serde::Serialize;

/// The state of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Not started.
    Waiting,
    /// Started.
    Running,
    /// Done.
    Done,
    /// Started when the session failed.
    Failed,
}

/// A step as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// The step's name in the stored form.
    pub name: &'static str,
    /// The step's title.
    pub title: &'static str,
    /// Its state.
    pub state: StepState,
    /// How long it took, formatted; `None` before it is done.
    pub took: Option<String>,
}
