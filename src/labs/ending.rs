//! How far the deletion of a session's namespace is, as the page of its lab shows it.

use serde::Serialize;

use super::step_view::StepState;

/// The deletion of the namespace of a session that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndingView {
    /// Its steps.
    pub steps: Vec<EndingStep>,
    /// Whether the cluster did not say how far it is.
    pub is_unknown: bool,
    /// Whether it takes longer than it should.
    pub is_late: bool,
}

/// A step of the deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndingStep {
    /// The step's name.
    pub name: &'static str,
    /// The step's title.
    pub title: &'static str,
    /// Its state.
    pub state: StepState,
    /// What is left of it.
    pub left: Option<String>,
}

/// What the cluster says of a namespace that is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// It could not be asked.
    Unknown,
    /// The deletion has not begun.
    Requested,
    /// It is under way, with so many pods left.
    Begun {
        /// The pods that are not deleted yet; none where they could not be counted.
        pods: Option<usize>,
    },
    /// The namespace does not exist any more.
    Done,
}

impl EndingView {
    pub(super) fn new(deletion: Deletion, is_late: bool) -> Self {
        let state = |is_done: bool, is_next: bool| match (is_done, is_next) {
            (true, _) => StepState::Done,
            (false, true) => StepState::Running,
            (false, false) => StepState::Waiting,
        };
        let (has_begun, pods) = match deletion {
            Deletion::Unknown | Deletion::Requested => (false, None),
            Deletion::Begun { pods } => (true, pods),
            Deletion::Done => (true, Some(0)),
        };
        let (are_stopped, is_done) = (pods == Some(0), deletion == Deletion::Done);
        let left = pods.filter(|pods| *pods > 0).map(|pods| format!("{pods} left"));
        let step = |name, title, state, left| EndingStep { name, title, state, left };
        let steps = vec![
            step("session", "Your session is over, and its place is free", StepState::Done, None),
            step("access", "Your access is taken back", state(has_begun, deletion != Deletion::Unknown), None),
            step("pods", "Its pods are stopped", state(are_stopped, pods.is_some()), left),
            step("namespace", "Everything else is deleted, with the namespace", state(is_done, are_stopped), None),
        ];
        let is_unknown = matches!(deletion, Deletion::Unknown | Deletion::Begun { pods: None });
        Self { steps, is_unknown, is_late }
    }

    /// Examples of every state.
    pub(super) fn samples() -> Vec<Self> {
        let states = [Deletion::Unknown, Deletion::Requested, Deletion::Begun { pods: Some(2) }, Deletion::Done];
        states.map(|deletion| Self::new(deletion, deletion == Deletion::Unknown)).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(deletion: Deletion) -> Vec<StepState> {
        EndingView::new(deletion, false).steps.iter().map(|step| step.state).collect()
    }

    #[test]
    fn each_step_runs_when_the_one_before_it_is_seen_done() {
        use StepState::{Done, Running, Waiting};
        assert_eq!(states(Deletion::Requested), [Done, Running, Waiting, Waiting]);
        assert_eq!(states(Deletion::Begun { pods: Some(2) }), [Done, Done, Running, Waiting]);
        assert_eq!(states(Deletion::Begun { pods: Some(0) }), [Done, Done, Done, Running]);
        assert_eq!(states(Deletion::Done), [Done, Done, Done, Done]);
    }

    #[test]
    fn nothing_is_said_of_a_cluster_that_does_not_answer() {
        use StepState::{Done, Waiting};
        assert_eq!(states(Deletion::Unknown), [Done, Waiting, Waiting, Waiting]);
        assert_eq!(states(Deletion::Begun { pods: None }), [Done, Done, Waiting, Waiting]);
    }
}
