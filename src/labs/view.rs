//! A lab and a session as pages show them.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::catalogue::{Lab, Workload};
use super::ending::EndingView;
use super::guide::Guide;
use super::model::{LabSession, QueuePosition, SessionId, SessionState, Step, StepRecord, sample_session};
use super::parts::LabParts;
use super::step_view::{StepState, StepView};
use super::web_pages::{PageContext, WebPagesView};
use crate::cluster::{ClusterState, PolicyEnforcement};

/// How long before its end a session's page begins to warn.
const WARN_BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// The state of a view without a session, or with one that ended.
const NO_SESSION: &str = "none";

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
    /// The summary of a lab.
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

/// A session as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each says something that the others do not")]
pub struct SessionView {
    /// The lab's name in addresses.
    pub lab: String,
    /// `none`, `queued`, `provisioning`, `ready` or `failed`.
    pub state: &'static str,
    /// The session's id; none without a session.
    pub id: Option<SessionId>,
    /// The namespace of an admitted session.
    pub namespace: Option<String>,
    /// Why it failed, or why the one before ended.
    pub reason: Option<String>,
    /// What delays it now.
    pub status_message: Option<String>,
    /// Whether the namespace of a session that is over is still being deleted.
    pub is_namespace_terminating: bool,
    /// How far that is.
    pub ending: Option<EndingView>,
    /// Whether the namespace of the session that ended last is deleted.
    pub is_namespace_deleted: bool,
    /// The steps of its provisioning.
    pub steps: Vec<StepView>,
    /// Its position in the queue.
    pub queue: Option<QueuePosition>,
    /// How long a start usually takes, formatted; unknown before the first.
    pub typical_start: Option<String>,
    /// How long the start took, formatted.
    pub start_took: Option<String>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// How long until then, in seconds.
    pub seconds_left: Option<i64>,
    /// Whether it expires soon.
    pub ends_soon: bool,
    /// What an extension adds, in minutes.
    pub extend_minutes: i64,
    /// How many extensions the lab allows.
    pub max_extensions: i64,
    /// How many of them are left.
    pub extensions_left: i64,
    /// How long a session lives, in minutes.
    pub time_to_live_minutes: i64,
    /// Whether labs can run now, and what to do if not.
    pub cluster: ClusterState,
    /// Whether other learners' pods are kept from this session's.
    pub enforcement: PolicyEnforcement,
    /// What the lab requires of the cluster and does not find there, or finds a stand-in for.
    pub parts: LabParts,
    /// The web pages of a running session, where the lab has some.
    pub web: Option<WebPagesView>,
    /// Whether there are traces of a running session to look at.
    pub has_traces: bool,
    /// Whether the page may change by itself, so that it is polled.
    pub is_changing: bool,
    /// Changes whenever something on the page does.
    pub key: String,
}

/// The data of a view beside the session and its lab.
#[derive(Clone, Debug)]
pub(super) struct ViewContext {
    pub(super) steps: Vec<StepRecord>,
    pub(super) queue: Option<QueuePosition>,
    pub(super) ending: Option<EndingView>,
    pub(super) typical_start_seconds: Option<i64>,
    pub(super) cluster: ClusterState,
    pub(super) enforcement: PolicyEnforcement,
    pub(super) parts: LabParts,
    pub(super) pages: PageContext,
    pub(super) has_traces: bool,
    pub(super) now: Timestamp,
}

impl SessionView {
    pub(super) fn new(lab: &Lab, session: Option<&LabSession>, context: ViewContext) -> Self {
        let state = session.map_or(SessionState::Ended, |session| session.state);
        let now = context.now;
        let expires_at = session.and_then(|session| session.expires_at).filter(|_| state == SessionState::Ready);
        let left = expires_at.map(|end| end.duration_since(now).max(SignedDuration::ZERO));
        let start = session.and_then(|session| Some(session.ready_at?.duration_since(session.provisioned_at?)));
        let mut view = Self {
            lab: lab.name.clone(),
            state: if state == SessionState::Ended { NO_SESSION } else { state.as_str() },
            id: session.map(|session| session.id.clone()),
            namespace: session
                .filter(|_| state.is_live() && state != SessionState::Queued)
                .map(|one| one.namespace.clone()),
            reason: session.and_then(|session| session.reason.clone()),
            status_message: session.and_then(|session| session.status_message.clone()),
            is_namespace_terminating: context.ending.is_some(),
            is_namespace_deleted: context.ending.is_none()
                && state == SessionState::Ended
                && session.is_some_and(|session| session.provisioned_at.is_some()),
            steps: list_steps(lab, &context.steps, state),
            queue: context.queue,
            typical_start: context
                .typical_start_seconds
                .map(|seconds| format_length(SignedDuration::from_secs(seconds.max(1)))),
            start_took: start.map(format_length),
            expires_at,
            seconds_left: left.map(|left| left.as_secs()),
            ends_soon: left.is_some_and(|left| left <= WARN_BEFORE),
            extend_minutes: lab.extend_minutes,
            max_extensions: lab.max_extensions,
            extensions_left: (lab.max_extensions - session.map_or(0, |session| session.extensions)).max(0),
            time_to_live_minutes: lab.time_to_live_minutes,
            is_changing: state.is_live()
                || context.ending.is_some()
                || context.parts.is_changing()
                || !context.cluster.is_ready(),
            ending: context.ending,
            cluster: context.cluster,
            enforcement: context.enforcement,
            parts: context.parts,
            web: WebPagesView::new((&lab.web, lab.web_services), context.pages)
                .filter(|_| state == SessionState::Ready),
            has_traces: context.has_traces && state == SessionState::Ready,
            key: String::new(),
        };
        view.key = view.compute_key();
        view
    }

    /// A hash of all that the page shows but the seconds left, which the browser counts down.
    fn compute_key(&self) -> String {
        let mut hashed = self.clone();
        (hashed.seconds_left, hashed.key) = (None, String::new());
        crate::id::content_key(&hashed)
    }

    /// Whether the lab runs, so that it can be worked in and checked.
    pub fn is_ready(&self) -> bool {
        self.state == SessionState::Ready.as_str()
    }

    /// The session whose verdicts the page shows: the live or failed one, and none once it ended.
    pub fn graded_session(&self) -> Option<&SessionId> {
        self.id.as_ref().filter(|_| self.state != NO_SESSION)
    }

    /// Examples that between them reach every state.
    pub fn samples() -> Vec<Self> {
        let lab = sample_lab();
        let now = Timestamp::UNIX_EPOCH;
        let ready = ClusterState::Ready { version: "v1.34.4".to_owned() };
        let context = sample_context;
        let done = |step| StepRecord { step, started_at: now, ended_at: Some(now + SignedDuration::from_millis(12)) };
        let running = StepRecord { step: Step::Access, started_at: now, ended_at: None };
        let in_state = |state| LabSession { state, ..sample_session() };
        let mut samples = vec![
            Self::new(&lab, None, context(&ready, Vec::new())),
            Self::new(&lab, Some(&sample_session()), context(&ready, Step::ALL.map(done).to_vec())),
            Self::new(
                &lab,
                Some(&in_state(SessionState::Provisioning)),
                context(&ready, vec![done(Step::Namespace), running]),
            ),
            Self::new(
                &lab,
                Some(&in_state(SessionState::Failed)),
                context(&ready, vec![done(Step::Namespace), running]),
            ),
            Self::new(&lab, Some(&in_state(SessionState::Ended)), context(&ready, Vec::new())),
        ];
        for ending in EndingView::samples() {
            let context = ViewContext { ending: Some(ending), ..context(&ready, Vec::new()) };
            samples.push(Self::new(&lab, Some(&in_state(SessionState::Ended)), context));
        }
        for max_wait_seconds in [None, Some(300)] {
            let queue = Some(QueuePosition { position: 3, max_wait_seconds });
            let waiting = ViewContext { queue, ..context(&ready, Vec::new()) };
            samples.push(Self::new(&lab, Some(&in_state(SessionState::Queued)), waiting));
        }
        let advice = "Set KUBECONFIG.".to_owned();
        for cluster in [
            ClusterState::Starting { step: "Building".to_owned(), done: 2, total: 9, detail: "kubelet".to_owned() },
            ClusterState::Unreachable { why: "It does not answer.".to_owned(), advice: advice.clone() },
            ClusterState::Absent { advice },
        ] {
            samples.push(Self::new(&lab, None, context(&cluster, Vec::new())));
        }
        for enforcement in PolicyEnforcement::samples() {
            let context = ViewContext { enforcement, ..context(&ready, Vec::new()) };
            samples.push(Self::new(&lab, Some(&sample_session()), context));
        }
        for parts in LabParts::samples() {
            samples.push(Self::new(&lab, None, ViewContext { parts, ..context(&ready, Vec::new()) }));
        }
        let late =
            LabSession { expires_at: Some(now + SignedDuration::from_mins(5)), extensions: 2, ..sample_session() };
        samples.push(Self::new(&lab, Some(&late), context(&ready, Step::ALL.map(done).to_vec())));
        let mut with_pages = Self::new(&lab, Some(&sample_session()), context(&ready, Vec::new()));
        with_pages.web = Some(WebPagesView::sample());
        samples.push(with_pages);
        samples
    }
}

fn sample_context(cluster: &ClusterState, steps: Vec<StepRecord>) -> ViewContext {
    ViewContext {
        steps,
        queue: None,
        ending: None,
        typical_start_seconds: Some(2),
        cluster: cluster.clone(),
        enforcement: PolicyEnforcement::Enforced,
        parts: LabParts::default(),
        pages: PageContext::default(),
        has_traces: true,
        now: Timestamp::UNIX_EPOCH,
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

/// A length in milliseconds below a second, in seconds with one decimal below ten, else in whole seconds.
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
        guide: Guide::default(),
        guide_source: String::new(),
        requires: Vec::new(),
        uses: Vec::new(),
        ready: vec![Workload { kind: "Deployment".to_owned(), name: "qotm".to_owned() }],
        web: Vec::new(),
        web_services: false,
        game_path: None,
        game_files: std::collections::BTreeMap::new(),
        loads: Vec::new(),
        quota: std::collections::BTreeMap::new(),
        values: std::collections::BTreeMap::new(),
        tasks: serde::de::IgnoredAny,
        task_files: Vec::new(),
        objects: Vec::new(),
        solution: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_formatted_by_their_size() {
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
    fn a_step_that_ran_when_the_session_failed_is_marked() {
        let failed = SessionView::samples().into_iter().find(|view| view.state == "failed").unwrap();
        let states: Vec<StepState> = failed.steps.iter().map(|step| step.state).collect();
        assert_eq!(states[..3], [StepState::Done, StepState::Failed, StepState::Waiting]);
    }
}
