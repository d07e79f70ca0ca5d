//! How far the start of the local cluster is, from the file that it writes, and the state that pages show.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How old the file may be before its writer counts as stopped.
const STALE_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Whether labs can run, and what to do if not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "phase", rename_all = "lowercase")]
pub enum ClusterState {
    /// It answers.
    Ready {
        /// The API server's version.
        version: String,
    },
    /// The local cluster is starting.
    Starting {
        /// What it does now.
        step: String,
        /// Steps that are done.
        done: i64,
        /// Steps in all.
        total: i64,
        /// More about the step.
        detail: String,
    },
    /// It is set up but does not answer.
    Unreachable {
        /// What was tried and what came of it.
        why: String,
        /// What to do.
        advice: String,
    },
    /// None is set up.
    Absent {
        /// What to do.
        advice: String,
    },
}

impl ClusterState {
    /// Whether it answers.
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }
}

/// The file's content.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Progress {
    phase: Phase,
    #[serde(default)]
    step: String,
    #[serde(default)]
    done: i64,
    #[serde(default)]
    total: i64,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    updated_at_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Building,
    Starting,
    Ready,
    Failed,
    Stopped,
}

impl Progress {
    /// The file at `path`; `None` when it is missing or half-written.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// The state of a cluster that does not answer, where this file has a better reason than that.
    pub(super) fn state(&self, now: Timestamp) -> Option<ClusterState> {
        match self.phase {
            Phase::Building | Phase::Starting if self.is_stale(now) => Some(ClusterState::Absent {
                advice: format!(
                    "The local cluster stopped on its way at \"{}\". Run \"make run\" again; it goes on from there.",
                    self.step
                ),
            }),
            Phase::Building | Phase::Starting => Some(ClusterState::Starting {
                step: self.step.clone(),
                done: self.done,
                total: self.total.max(self.done).max(1),
                detail: self.detail.clone(),
            }),
            Phase::Failed => Some(ClusterState::Absent {
                advice: format!(
                    "The local cluster could not be started: {} Lessons and checkpoints work without it.",
                    self.detail
                ),
            }),
            Phase::Ready | Phase::Stopped => None,
        }
    }

    /// Why the start failed, if it did.
    pub(super) fn failure(&self) -> Option<&str> {
        (self.phase == Phase::Failed).then_some(self.detail.as_str())
    }

    fn is_stale(&self, now: Timestamp) -> bool {
        Timestamp::from_microsecond(self.updated_at_us).is_ok_and(|updated| now.duration_since(updated) > STALE_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(phase: &str) -> Progress {
        serde_json::from_value(serde_json::json!({
            "phase": phase, "step": "Building kubelet", "done": 3, "total": 9, "detail": "It is not root.",
            "started_at_us": 0, "updated_at_us": 1_000_000,
        }))
        .unwrap()
    }

    #[test]
    fn a_running_start_is_shown_with_its_progress() {
        let now = Timestamp::from_second(5).unwrap();
        let Some(ClusterState::Starting { done: 3, total: 9, .. }) = progress("building").state(now) else {
            panic!("not starting")
        };
    }

    #[test]
    fn a_start_that_writes_no_more_is_shown_as_stopped() {
        let later = Timestamp::from_second(3_600).unwrap();
        assert!(matches!(progress("starting").state(later), Some(ClusterState::Absent { .. })));
    }

    #[test]
    fn a_failed_start_says_why() {
        let Some(ClusterState::Absent { advice }) = progress("failed").state(Timestamp::UNIX_EPOCH) else {
            panic!("not absent")
        };
        assert!(advice.contains("It is not root."), "{advice}");
    }

    #[test]
    fn a_cluster_that_was_ready_gets_no_reason_from_the_file() {
        assert_eq!(progress("ready").state(Timestamp::UNIX_EPOCH), None);
    }
}
