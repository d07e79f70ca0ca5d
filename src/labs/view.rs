//! What pages show of a lab and a session.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::catalogue::no_guide;
use super::model::{LabSession, QueuePlace, SessionId, SessionState, Step, StepRecord};
use super::{Lab, Workload};
use crate::accounts::PersonId;
use crate::cluster::ClusterState;

/// How long before its end a session's page begins to warn.
const WARN_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// A lab in a list or at the head of its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabSummary {
    /// The name in addresses.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// One sentence on what the learner does.
    pub summary: String,
    /// How long it takes, in minutes.
    pub minutes: i64,
}

impl LabSummary {
    /// The lab's own words about itself.
    pub fn of(lab: &Lab) -> Self {
        Self { name: lab.name.clone(), title: lab.title.clone(), summary: lab.summary.clone(), minutes: lab.minutes }
    }

    /// An example.
    pub fn sample() -> Self {
        Self {
            name: "service-annotations".to_owned(),
            title: "Annotate a service".to_owned(),
            summary: "Give a running Service its annotations.".to_owned(),
            minutes: 30,
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
    /// Under way when the session failed.
    Failed,
}

/// A step as the page lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepView {
    /// The step's name in the stored form.
    pub name: &'static str,
    /// The step in words.
    pub title: &'static str,
    /// How far it is.
    pub state: StepState,
    /// How long it took, in words; none before it is done.
    pub took: Option<String>,
}

/// A session as the learner sees it; the parts of the page around a terminal are made from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionView {
    /// The lab's name in addresses.
    pub lab: String,
    /// `none`, `queued`, `provisioning`, `ready` or `failed`.
    pub state: &'static str,
    /// The session's id; none without a session.
    pub id: Option<SessionId>,
    /// The namespace, once it exists.
    pub namespace: Option<String>,
    /// Why it failed, or why the one before ended.
    pub reason: Option<String>,
    /// What is in its way at the moment.
    pub status_message: Option<String>,
    /// Whether the namespace of a session that is over is still to go.
    pub is_namespace_left: bool,
    /// The steps of its provisioning.
    pub steps: Vec<StepView>,
    /// Its place among those that wait.
    pub queue: Option<QueuePlace>,
    /// How long a start usually takes, in words; unknown before the first.
    pub typical_start: Option<String>,
    /// How long the start took, in words.
    pub start_took: Option<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How much of that is left, in seconds.
    pub seconds_left: Option<i64>,
    /// Whether the end is near.
    pub ends_soon: bool,
    /// What an extension adds, in minutes.
    pub extend_minutes: i64,
    /// How many extensions are left.
    pub extensions_left: i64,
    /// How long a session lives, in minutes.
    pub time_to_live_minutes: i64,
    /// Whether labs can run now, and what to do if not.
    pub cluster: ClusterState,
    /// Whether the page may change by itself, so that it is asked again.
    pub is_changing: bool,
    /// Changes whenever something on the page does.
    pub key: String,
}

/// What a view is made from, beside the session and its lab.
#[derive(Clone, Debug)]
pub(super) struct ViewContext {
    pub(super) steps: Vec<StepRecord>,
    pub(super) queue: Option<QueuePlace>,
    pub(super) is_namespace_left: bool,
    pub(super) typical_start_seconds: Option<i64>,
    pub(super) cluster: ClusterState,
    pub(super) now: Timestamp,
}

impl SessionView {
    pub(super) fn new(lab: &Lab, session: Option<&LabSession>, around: ViewContext) -> Self {
        let state = session.map_or(SessionState::Ended, |session| session.state);
        let now = around.now;
        let expires_at = session.and_then(|session| session.expires_at).filter(|_| state == SessionState::Ready);
        let left = expires_at.map(|end| end.duration_since(now).max(SignedDuration::ZERO));
        let start = session.and_then(|session| Some(session.ready_at?.duration_since(session.provisioned_at?)));
        let mut view = Self {
            lab: lab.name.clone(),
            state: if state == SessionState::Ended { "none" } else { state.as_str() },
            id: session.map(|session| session.id.clone()),
            namespace: session
                .filter(|_| state.is_live() && state != SessionState::Queued)
                .map(|one| one.namespace.clone()),
            reason: session.and_then(|session| session.reason.clone()),
            status_message: session.and_then(|session| session.status_message.clone()),
            is_namespace_left: around.is_namespace_left,
            steps: list_steps(lab, &around.steps, state),
            queue: around.queue,
            typical_start: around
                .typical_start_seconds
                .map(|seconds| format_length(SignedDuration::from_secs(seconds.max(1)))),
            start_took: start.map(format_length),
            expires_at,
            seconds_left: left.map(|left| left.as_secs()),
            ends_soon: left.is_some_and(|left| left <= WARN_BEFORE),
            extend_minutes: lab.extend_minutes,
            extensions_left: (lab.max_extensions - session.map_or(0, |session| session.extensions)).max(0),
            time_to_live_minutes: lab.time_to_live_minutes,
            is_changing: state.is_live() || around.is_namespace_left || !around.cluster.is_ready(),
            cluster: around.cluster,
            key: String::new(),
        };
        view.key = view.compute_key();
        view
    }

    /// A hash of all that the page shows but the seconds left, which count down by themselves.
    fn compute_key(&self) -> String {
        let mut still = self.clone();
        (still.seconds_left, still.key) = (None, String::new());
        let text = serde_json::to_string(&still).unwrap_or_default();
        crate::id::hash_token(&text)[..16].to_owned()
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let lab = sample_lab();
        let now = Timestamp::UNIX_EPOCH;
        let ready = ClusterState::Ready { version: "v1.34.4".to_owned() };
        let around = |cluster: &ClusterState, steps: Vec<StepRecord>| ViewContext {
            steps,
            queue: None,
            is_namespace_left: false,
            typical_start_seconds: Some(2),
            cluster: cluster.clone(),
            now,
        };
        let done = |step| StepRecord { step, started_at: now, ended_at: Some(now + SignedDuration::from_millis(12)) };
        let running = StepRecord { step: Step::Access, started_at: now, ended_at: None };
        let in_state = |state| LabSession { state, ..sample_session() };
        let mut samples = vec![
            Self::new(&lab, None, around(&ready, Vec::new())),
            Self::new(&lab, Some(&sample_session()), around(&ready, Step::ALL.map(done).to_vec())),
            Self::new(
                &lab,
                Some(&in_state(SessionState::Provisioning)),
                around(&ready, vec![done(Step::Namespace), running]),
            ),
            Self::new(
                &lab,
                Some(&in_state(SessionState::Ended)),
                ViewContext { is_namespace_left: true, ..around(&ready, Vec::new()) },
            ),
            Self::new(
                &lab,
                Some(&in_state(SessionState::Failed)),
                around(&ready, vec![done(Step::Namespace), running]),
            ),
            Self::new(&lab, Some(&in_state(SessionState::Ended)), around(&ready, Vec::new())),
        ];
        for at_most_seconds in [None, Some(300)] {
            let queue = Some(QueuePlace { place: 3, at_most_seconds });
            let waiting = ViewContext { queue, ..around(&ready, Vec::new()) };
            samples.push(Self::new(&lab, Some(&in_state(SessionState::Queued)), waiting));
        }
        let advice = "Set KUBECONFIG.".to_owned();
        for cluster in [
            ClusterState::Starting { step: "Building".to_owned(), done: 2, total: 9, detail: "kubelet".to_owned() },
            ClusterState::Unreachable { why: "It does not answer.".to_owned(), advice: advice.clone() },
            ClusterState::Absent { advice },
        ] {
            samples.push(Self::new(&lab, None, around(&cluster, Vec::new())));
        }
        let late =
            LabSession { expires_at: Some(now + SignedDuration::from_mins(5)), extensions: 2, ..sample_session() };
        samples.push(Self::new(&lab, Some(&late), around(&ready, Step::ALL.map(done).to_vec())));
        samples
    }
}

fn list_steps(lab: &Lab, records: &[StepRecord], state: SessionState) -> Vec<StepView> {
    if records.is_empty() && state != SessionState::Provisioning {
        return Vec::new();
    }
    Step::ALL
        .into_iter()
        .filter(|step| *step != Step::Workload || !lab.ready.is_empty())
        .map(|step| {
            let record = records.iter().find(|record| record.step == step);
            let ended_at = record.and_then(|record| record.ended_at);
            let step_state = match (record, ended_at) {
                (None, _) => StepState::Waiting,
                (Some(_), Some(_)) => StepState::Done,
                (Some(_), None) if state == SessionState::Failed => StepState::Failed,
                (Some(_), None) => StepState::Running,
            };
            let took = record.and_then(|record| Some(format_length(ended_at?.duration_since(record.started_at))));
            StepView { name: step.as_str(), title: step.title(), state: step_state, took }
        })
        .collect()
}

/// A length in milliseconds below a second, then in seconds with one decimal, then in whole seconds.
fn format_length(length: SignedDuration) -> String {
    let millis = length.as_millis().max(0);
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..10_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} s", millis / 1_000),
    }
}

fn sample_lab() -> Lab {
    Lab {
        name: "service-annotations".to_owned(),
        title: "Annotate a service".to_owned(),
        summary: "Give a running Service its annotations.".to_owned(),
        minutes: 30,
        time_to_live_minutes: 120,
        extend_minutes: 60,
        max_extensions: 2,
        guide_file: "guide.md".to_owned(),
        guide: no_guide(),
        guide_source: String::new(),
        ready: vec![Workload { kind: "Deployment".to_owned(), name: "qotm".to_owned() }],
        quota: std::collections::BTreeMap::new(),
        values: std::collections::BTreeMap::new(),
        tasks: serde_json::Value::Null,
        objects: Vec::new(),
        solution: None,
    }
}

/// A session that is ready.
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

    #[test]
    fn lengths_are_told_by_their_size() {
        let format = |millis| format_length(SignedDuration::from_millis(millis));
        assert_eq!([format(12), format(1_834), format(61_000)], ["12 ms", "1.8 s", "61 s"]);
    }

    #[test]
    fn the_key_changes_with_what_is_shown_and_not_with_the_seconds() {
        let view = SessionView::samples().remove(1);
        let later = SessionView { seconds_left: Some(1), ..view.clone() };
        assert_eq!(later.compute_key(), view.key);
        let other = SessionView { status_message: None, ..view.clone() };
        assert_ne!(other.compute_key(), view.key);
    }

    #[test]
    fn a_step_under_way_when_it_failed_is_marked() {
        let failed = SessionView::samples().into_iter().find(|view| view.state == "failed").unwrap();
        let states: Vec<StepState> = failed.steps.iter().map(|step| step.state).collect();
        assert_eq!(states[..3], [StepState::Done, StepState::Failed, StepState::Waiting]);
    }
}
