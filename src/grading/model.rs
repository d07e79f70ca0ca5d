//! Requests, verdicts, the input of a check and the links of a chain.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::accounts::PersonId;
use crate::jobs::Job;
use crate::labs::{Lab, LabSession, SessionId};

/// What is recorded of something that is not done, so that nobody has worked on it.
pub(crate) const NOT_DONE: &str = "missing";
/// How often a session is checked after changes at the most.
pub(super) const MIN_CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(1);
/// How long a namespace must be without a change before requests are sent to it.
pub(super) const SETTLE_TIME: SignedDuration = SignedDuration::from_secs(3);
/// How often a session is checked without a change, so that nothing depends on an event having been delivered.
pub(super) const RESYNC_INTERVAL: SignedDuration = SignedDuration::from_mins(15);
/// How often requests are sent to a session without its learner's asking at the most.
const MIN_PROBE_INTERVAL: SignedDuration = SignedDuration::from_secs(20);

crate::id_types! {
    /// One request to have a lab checked.
    GradingRequestId;
}

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The condition holds.
    Pass,
    /// It does not.
    Fail,
    /// It could not be evaluated, for no fault of the learner's.
    CouldNotGrade,
}

impl Verdict {
    /// The verdict as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::CouldNotGrade => "could_not_grade",
        }
    }
}

impl FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Pass, Self::Fail, Self::CouldNotGrade]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a verdict"))
    }
}

/// The input of a check: all that its expressions and hints can use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInput {
    /// What the learner is called.
    pub learner: String,
    /// The session's namespace.
    pub namespace: String,
    /// The secret that marks the session's objects.
    pub nonce: String,
    /// The lab's own values.
    pub values: BTreeMap<String, Value>,
    /// What was read from the cluster, by the names the task gives; null for an object that is not there.
    pub read: BTreeMap<String, Value>,
}

/// The variables of every expression, beside those that its task reads.
pub(super) const BUILT_IN_VARIABLES: [&str; 3] = ["learner", "session", "values"];
/// The variable with the text that a check is about, in a check that has one.
pub(super) const VALUE: &str = "value";

/// The variables of an expression, by name.
pub(super) type Variables = BTreeMap<String, Value>;

impl CheckInput {
    /// The input of a session's checks before anything is read.
    pub fn of(lab: &Lab, session: &LabSession, learner: &str) -> Self {
        Self {
            learner: learner.to_owned(),
            namespace: session.namespace.clone(),
            nonce: session.nonce.clone(),
            values: lab.values.clone(),
            read: BTreeMap::new(),
        }
    }

    /// The input as the variables of an expression.
    pub fn variables(&self) -> Variables {
        let mut variables = self.read.clone();
        variables.insert("learner".to_owned(), json!(self.learner));
        variables.insert("session".to_owned(), json!({ "namespace": self.namespace, "nonce": self.nonce }));
        variables.insert("values".to_owned(), json!(self.values));
        variables
    }
}

/// A verdict with the reason that the learner reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// Where the fault is; none on a pass.
    pub hint: Option<String>,
}

/// What made a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The learner, by the button.
    Learner,
    /// A change in the namespace; it is about the tasks that are judged from objects alone.
    Change,
    /// That the namespace has settled after a change; it is about the other tasks that are not passed.
    Settled,
}

impl Origin {
    /// The origin as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Change => "change",
            Self::Settled => "settled",
        }
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Learner, Self::Change, Self::Settled]
            .into_iter()
            .find(|origin| origin.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not an origin"))
    }
}

/// How far the checks of a session are that run by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LiveState {
    /// Grows with each record of verdicts.
    pub(super) revision: i64,
    /// When it was last checked after a change.
    pub(super) checked_at: Option<Timestamp>,
    /// When what takes requests was last checked.
    pub(super) probed_at: Option<Timestamp>,
}

impl LiveState {
    /// How long until a change may be checked.
    pub(super) fn rest_before_check(&self, now: Timestamp) -> Option<SignedDuration> {
        rest(self.checked_at, MIN_CHECK_INTERVAL, now)
    }

    /// How long until requests may be sent: when the namespace has not changed for a while, and seldom.
    pub(super) fn rest_before_probe(&self, now: Timestamp) -> Option<SignedDuration> {
        rest(self.checked_at, SETTLE_TIME, now).max(rest(self.probed_at, MIN_PROBE_INTERVAL, now))
    }

    /// How long until requests are sent once more without a change: what one brings about may take a while to show, and a
    /// dashboard changes no object; each time the pause is twice what has passed since the change.
    pub(super) fn pause_before_probe(&self, now: Timestamp) -> SignedDuration {
        let past = self.checked_at.map_or(RESYNC_INTERVAL, |at| now.duration_since(at));
        past.saturating_mul(2).clamp(MIN_PROBE_INTERVAL, RESYNC_INTERVAL)
    }
}

/// The rest of a pause after `last`; a time that is ahead of the clock is not waited for.
fn rest(last: Option<Timestamp>, pause: SignedDuration, now: Timestamp) -> Option<SignedDuration> {
    let past = now.duration_since(last?);
    (!past.is_negative() && past < pause).then(|| pause - past)
}

/// A request to have a lab checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradingRequest {
    /// Which one.
    pub id: GradingRequestId,
    /// Whose.
    pub person_id: PersonId,
    /// The session that is to be checked.
    pub session_id: SessionId,
    /// The lab's name.
    pub lab: String,
    /// What made it.
    pub origin: Origin,
    /// Whether a failure of any task counts as one; otherwise only of those that are worked on.
    pub asks_all: bool,
    /// How often it was asked for again while it waited.
    pub asked_again: i64,
    /// Whether it has no verdicts yet.
    pub is_waiting: bool,
    /// When it was made.
    pub requested_at: Timestamp,
}

/// One check's result, on its way into the record of its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// The hash of the check's definition.
    pub check_version: String,
    /// The verdict and its reason.
    pub judged: Judged,
    /// When it was judged.
    pub judged_at: Timestamp,
    /// The input of the check.
    pub input: CheckInput,
}

/// One check's verdict, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictRecord {
    /// The request that it belongs to.
    pub request: GradingRequestId,
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// The verdict and its reason.
    pub judged: Judged,
    /// When it was judged.
    pub judged_at: Timestamp,
}

/// A task that a person has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The request that it is based on.
    pub request: GradingRequestId,
    /// When.
    pub passed_at: Timestamp,
    /// How many of its hints were asked for before.
    pub hints: u32,
}

/// The end of a person's chain of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ChainEnd {
    /// How many records it has covered, the pruned ones included.
    pub(super) length: i64,
    /// The hash of the last one.
    pub(super) hash: String,
}

/// One link of a person's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainLink {
    /// The first of the sequence numbers that it covers, from 1.
    pub(super) first_seq: i64,
    /// The last of them; it differs from the first only where records were pruned.
    pub(super) last_seq: i64,
    /// The hash of the link before.
    pub(super) previous_hash: String,
    /// Its own hash.
    pub(super) hash: String,
    /// The request whose record it seals; none where records were pruned.
    pub(super) request: Option<GradingRequestId>,
    /// That record, as canonical JSON.
    pub(super) record: Option<String>,
}

/// A run of links whose records were pruned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ChainGap {
    /// Its first sequence number.
    pub(super) first_seq: i64,
    /// Its last sequence number.
    pub(super) last_seq: i64,
    /// The hash of its last link.
    pub(super) hash: String,
}

/// Another session's nonce, found in this one's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The session that it was found in.
    pub session_id: SessionId,
    /// The session it belongs to.
    pub other_session_id: SessionId,
    /// Whose session that is.
    pub other_person: PersonId,
    /// The lab of that session.
    pub lab: String,
    /// When it was found.
    pub found_at: Timestamp,
    /// In what object, by its kind and name.
    pub object: Option<String>,
}

/// Verdicts of one check on one person's work that would change alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// Whose.
    pub person: PersonId,
    /// How many there are.
    pub count: usize,
    /// When the newest of them was given.
    pub judged_at: Timestamp,
    /// The task's id.
    pub task: String,
    /// The check's id.
    pub check: String,
    /// The stored verdict.
    pub before: Verdict,
    /// The new one, with the hint for the newest of them.
    pub after: Judged,
}

/// The result of a regrade.
#[derive(Clone, Debug, Default)]
pub struct Regrade {
    /// How many verdicts were replayed.
    pub replayed: usize,
    /// How many belong to a check that is no more.
    pub orphaned: usize,
    /// The verdicts that would change.
    pub changes: Vec<VerdictChange>,
    /// The people whose chain of records is broken, with the sequence number of each break.
    pub broken: Vec<(PersonId, i64)>,
}

/// The job by which higher parts learn that a person has passed the last task of a lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabPassed {
    /// Who.
    pub person: PersonId,
    /// The lab.
    pub lab: String,
}

impl Job for LabPassed {
    const KIND: &'static str = "grading.lab_passed";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn requests_are_sent_again_ever_more_seldom_after_a_change() {
        let state = LiveState { checked_at: Some(at(0)), ..LiveState::default() };
        let pauses = [3, 23, 69, 500].map(|second| state.pause_before_probe(at(second)).as_secs());
        assert_eq!(pauses, [20, 46, 138, RESYNC_INTERVAL.as_secs()]);
        assert_eq!(LiveState::default().pause_before_probe(at(0)), RESYNC_INTERVAL);
    }

    #[test]
    fn a_change_is_checked_once_a_second_at_the_most() {
        let state = LiveState { checked_at: Some(at(10)), ..LiveState::default() };
        assert_eq!(LiveState::default().rest_before_check(at(10)), None);
        assert_eq!(state.rest_before_check(at(10)), Some(SignedDuration::from_secs(1)));
        assert_eq!(state.rest_before_check(at(11)), None);
        assert_eq!(state.rest_before_check(at(9)), None, "another replica's clock is ahead");
    }

    #[test]
    fn requests_are_sent_when_the_namespace_has_settled_and_seldom() {
        let state = LiveState { checked_at: Some(at(30)), probed_at: Some(at(15)), ..LiveState::default() };
        assert_eq!(state.rest_before_probe(at(31)), Some(SignedDuration::from_secs(4)));
        assert_eq!(state.rest_before_probe(at(35)), None);
        let fresh = LiveState { probed_at: None, ..state };
        assert_eq!(fresh.rest_before_probe(at(31)), Some(SignedDuration::from_secs(2)));
    }
}
