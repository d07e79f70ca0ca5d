//! A session, its states and steps, and the rules that need no database and no cluster.

use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;

use crate::accounts::PersonId;

crate::id_types! {
    /// One learner's running copy of a lab.
    SessionId;
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// Waits for a place in the cluster.
    Queued,
    /// Its namespace is being filled.
    Provisioning,
    /// The learner can work.
    Ready,
    /// Over as it should be.
    Ended,
    /// Over, since something went wrong.
    Failed,
}

impl SessionState {
    /// Every state, in the order that a session passes them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Provisioning, Self::Ready, Self::Ended, Self::Failed];

    /// The state as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Provisioning => "provisioning",
            Self::Ready => "ready",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    /// Whether the session still takes, or waits for, a place in the cluster.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Ended | Self::Failed)
    }
}

impl FromStr for SessionState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| format!("{text:?} is not a state"))
    }
}

/// One learner's running copy of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabSession {
    /// Which one.
    pub id: SessionId,
    /// Whose.
    pub person_id: PersonId,
    /// The lab's name.
    pub lab: String,
    /// The namespace's name, which says nothing about the learner.
    pub namespace: String,
    /// A secret that stands in this session's objects alone.
    pub nonce: String,
    /// Where it stands.
    pub state: SessionState,
    /// Why it ended or failed.
    pub reason: Option<String>,
    /// What is in its way at the moment.
    pub status_message: Option<String>,
    /// How often its time was extended.
    pub extensions: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub state_since: Timestamp,
    /// When it got its place in the cluster.
    pub provisioned_at: Option<Timestamp>,
    /// When its last object was applied.
    pub applied_at: Option<Timestamp>,
    /// When the learner could work.
    pub ready_at: Option<Timestamp>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// What rights, limits and network policies its namespace was given, as a hash.
    pub isolation_hash: Option<String>,
    /// When they began to be applied.
    pub isolated_at: Option<Timestamp>,
    /// When one of them was last seen to go.
    pub isolation_lost_at: Option<Timestamp>,
}

impl LabSession {
    /// Puts the session into another state.
    pub(super) fn enter(&mut self, state: SessionState, now: Timestamp) {
        self.state = state;
        self.state_since = now;
    }
}

/// A step of provisioning, in the order of their starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// The namespace, with its labels.
    Namespace,
    /// The `ServiceAccount`s and what the learner's may do.
    Access,
    /// Defaults for containers, and the quota.
    Limits,
    /// The quota's controller has counted.
    Quota,
    /// The network policies.
    Network,
    /// The lab's own objects and the toolbox.
    Objects,
    /// The lab's workloads are ready.
    Workload,
    /// The toolbox is ready.
    Toolbox,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 8] = [
        Self::Namespace,
        Self::Access,
        Self::Limits,
        Self::Quota,
        Self::Network,
        Self::Objects,
        Self::Workload,
        Self::Toolbox,
    ];

    /// The step as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Access => "access",
            Self::Limits => "limits",
            Self::Quota => "quota",
            Self::Network => "network",
            Self::Objects => "objects",
            Self::Workload => "workload",
            Self::Toolbox => "toolbox",
        }
    }

    /// The step in words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Namespace => "Your namespace",
            Self::Access => "Your access rights",
            Self::Limits => "Limits and quota",
            Self::Quota => "Quota counted",
            Self::Network => "Network policies",
            Self::Objects => "The lab's objects",
            Self::Workload => "The lab's pods are ready",
            Self::Toolbox => "The terminal is ready",
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|step| step.as_str() == text).ok_or_else(|| format!("{text:?} is not a step"))
    }
}

/// When a step happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Which one.
    pub step: Step,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was done.
    pub ended_at: Option<Timestamp>,
}

/// A session's place among those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QueuePlace {
    /// From 1, which is next.
    pub place: i64,
    /// The longest the wait can be if nobody stops or extends, in seconds; unknown while the sessions ahead have not
    /// started.
    pub at_most_seconds: Option<i64>,
}

/// The place behind `ahead` others, given when the running sessions end by themselves and how long a start takes.
///
/// The n-th in the queue gets the place of the n-th session to end. Sessions that wait ahead take places too, so with
/// more people waiting than sessions running no time can be promised.
pub(super) fn queue_place(
    ahead: i64,
    mut ends: Vec<Timestamp>,
    typical_start_seconds: i64,
    now: Timestamp,
) -> QueuePlace {
    ends.sort();
    let at_most_seconds = usize::try_from(ahead)
        .ok()
        .and_then(|index| ends.get(index))
        .map(|end| end.duration_since(now).as_secs().max(0) + typical_start_seconds);
    QueuePlace { place: ahead + 1, at_most_seconds }
}

/// The middle of measured lengths; none without any.
pub(super) fn median(mut lengths: Vec<i64>) -> Option<i64> {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn states_and_steps_read_back_as_stored() {
        for state in SessionState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
        for step in Step::ALL {
            assert_eq!(step.as_str().parse(), Ok(step));
        }
    }

    #[test]
    fn the_third_in_the_queue_waits_for_the_third_session_to_end() {
        let place = queue_place(2, vec![at(900), at(300), at(600), at(1_200)], 4, at(0));
        assert_eq!(place, QueuePlace { place: 3, at_most_seconds: Some(904) });
    }

    #[test]
    fn nothing_is_promised_when_more_wait_than_run() {
        assert_eq!(queue_place(1, vec![at(300)], 4, at(0)).at_most_seconds, None);
    }

    #[test]
    fn the_median_is_of_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(Vec::new()), None);
    }
}
