//! A session, its states and steps, its position in the queue, and their rules. No I/O.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::accounts::PersonId;
use crate::jobs::Job;

crate::id_types! {
    /// One learner's running copy of a lab.
    SessionId;
}

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// Waits for capacity in the cluster.
    Queued,
    /// Its namespace and objects are being created.
    Provisioning,
    /// The learner can work.
    Ready,
    /// Over, by the learner or by time.
    Ended,
    /// Over, by an error.
    Failed,
}

impl SessionState {
    /// Every state, in the order of a session's life.
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

    /// Whether the session uses, or waits for, capacity in the cluster.
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
    /// A secret in this session's objects alone.
    pub nonce: String,
    /// Its state.
    pub state: SessionState,
    /// Why it ended or failed.
    pub reason: Option<String>,
    /// What delays it now.
    pub status_message: Option<String>,
    /// How often its time was extended.
    pub extensions: i64,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub state_since: Timestamp,
    /// When it was admitted to the cluster.
    pub provisioned_at: Option<Timestamp>,
    /// When its last object was applied.
    pub applied_at: Option<Timestamp>,
    /// When the learner could work.
    pub ready_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// The hash of the rights, limits and network policies that were applied to its namespace.
    pub isolation_hash: Option<String>,
    /// When they began to be applied.
    pub isolated_at: Option<Timestamp>,
    /// When one of them was last seen deleted.
    pub isolation_lost_at: Option<Timestamp>,
}

impl LabSession {
    /// Changes the state of the session.
    pub(super) fn enter(&mut self, state: SessionState, now: Timestamp) {
        self.state = state;
        self.state_since = now;
    }
}

/// The job by which higher parts learn that a session is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionFinished {
    /// The session.
    pub session: SessionId,
}

impl Job for SessionFinished {
    const KIND: &'static str = "labs.session_finished";
}

/// Whether a namespace has a name such as those of sessions, so that an event can be told from one of any other namespace
/// before the session's own namespace was seen: 16 hexadecimal digits. Another installation's are among them.
pub fn is_session_namespace(name: &str) -> bool {
    name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
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

    /// The step's title on the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Namespace => "Your namespace",
            Self::Access => "Your access rights",
            Self::Limits => "Limits and quota",
            Self::Quota => "Quota ready",
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

/// A namespace that no live session needs any more and that is not deleted yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LingeringNamespace {
    /// Its name.
    pub namespace: String,
    /// The session it was made for, if that is known.
    pub session: Option<SessionId>,
    /// The lab of that session.
    pub lab: Option<String>,
    /// Since when it is to be deleted.
    pub released_at: Timestamp,
    /// Why it is not deleted yet, as sentences.
    pub reasons: Vec<String>,
    /// What was done about that, as sentences.
    pub actions: Vec<String>,
}

/// A session's position in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct QueuePosition {
    /// From 1, which is next.
    pub position: i64,
    /// The longest that the wait can be if nobody extends, in seconds; unknown while the sessions ahead have not started.
    pub max_wait_seconds: Option<i64>,
}

/// The position behind `ahead` others, from the times at which the running sessions expire and the length of a start.
///
/// The n-th in the queue is admitted when the n-th session expires. Sessions ahead in the queue are admitted first, so with
/// more sessions waiting than running the wait is unknown.
pub(super) fn queue_position(
    ahead: i64,
    mut expiries: Vec<Timestamp>,
    typical_start_seconds: i64,
    now: Timestamp,
) -> QueuePosition {
    expiries.sort();
    let max_wait_seconds = usize::try_from(ahead)
        .ok()
        .and_then(|index| expiries.get(index))
        .map(|expiry| expiry.duration_since(now).as_secs().max(0) + typical_start_seconds);
    QueuePosition { position: ahead + 1, max_wait_seconds }
}

/// The median of measured lengths; `None` without any.
pub(super) fn median(mut lengths: Vec<i64>) -> Option<i64> {
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

/// An example of a session that is ready, for the samples of views.
pub(super) fn sample_session() -> LabSession {
    let now = Timestamp::UNIX_EPOCH;
    LabSession {
        id: SessionId::from("0198f3c0-0000-7000-8000-000000000001".to_owned()),
        person_id: PersonId::from("0198f3c0-0000-7000-8000-000000000002".to_owned()),
        lab: "service-annotations".to_owned(),
        namespace: "3f9a1c0b7e5d2486".to_owned(),
        nonce: "0".repeat(32),
        state: SessionState::Ready,
        reason: Some("You stopped it.".to_owned()),
        status_message: Some("The cluster does not answer.".to_owned()),
        extensions: 0,
        created_at: now,
        state_since: now,
        provisioned_at: Some(now),
        applied_at: Some(now),
        ready_at: Some(now + SignedDuration::from_millis(1_834)),
        expires_at: Some(now + SignedDuration::from_mins(120)),
        isolation_hash: None,
        isolated_at: None,
        isolation_lost_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_names_of_session_namespaces_are_told_from_others() {
        let random = crate::id::Random::seeded(1);
        assert!((0..100).all(|_| is_session_namespace(&random.name::<8>())));
        for other in ["default", "kube-system", "monitoring-stack", "0123456789abcde", "0123456789ABCDEF"] {
            assert!(!is_session_namespace(other), "{other}");
        }
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
        let position = queue_position(2, vec![at(900), at(300), at(600), at(1_200)], 4, at(0));
        assert_eq!(position, QueuePosition { position: 3, max_wait_seconds: Some(904) });
    }

    #[test]
    fn the_wait_is_unknown_when_more_wait_than_run() {
        assert_eq!(queue_position(1, vec![at(300)], 4, at(0)).max_wait_seconds, None);
    }

    #[test]
    fn the_median_is_the_middle_value() {
        assert_eq!(median(vec![9, 1, 5]), Some(5));
        assert_eq!(median(Vec::new()), None);
    }
}
