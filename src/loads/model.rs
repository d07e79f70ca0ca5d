//! A load, its seconds, and what became of its requests. No I/O.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::labs::{LoadPlan, SessionId};

/// How many different faults a second keeps apart.
const MAX_FAULTS: usize = 4;
/// How many characters of a fault are kept.
const MAX_FAULT_CHARS: usize = 200;

crate::id_types! {
    /// One load of a session.
    LoadId;
}

/// How far a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoadState {
    /// Its requests are being sent.
    Running,
    /// It has come to the end of its plan.
    Done,
    /// It was ended before.
    Stopped,
}

impl LoadState {
    /// The state as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }
}

impl FromStr for LoadState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut states = [Self::Running, Self::Done, Self::Stopped].into_iter();
        states.find(|state| state.as_str() == text).ok_or_else(|| format!("{text:?} is not a state"))
    }
}

/// One load of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Load {
    /// Which one.
    pub id: LoadId,
    /// The session that it is sent to.
    pub session_id: SessionId,
    /// The load of `lab.yaml` that it is, or what else began it.
    pub name: String,
    /// What is sent.
    pub plan: LoadPlan,
    /// How far it is.
    pub state: LoadState,
    /// Why it was stopped, for the learner.
    pub reason: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When its first second began; unknown until a worker has taken it up.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Load {
    /// The second of the plan at `now`, from 0 on.
    pub fn second_at(&self, now: Timestamp) -> u32 {
        let passed = self.started_at.map_or(SignedDuration::ZERO, |started| now.duration_since(started));
        u32::try_from(passed.as_secs().max(0)).unwrap_or(u32::MAX)
    }

    /// When the second of that number began, from 0 on.
    pub fn time_of(&self, second: u32) -> Option<Timestamp> {
        Some(self.started_at? + SignedDuration::from_secs(second.into()))
    }
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was answered with this status after so many milliseconds.
    Answered(u16, u32),
    /// It got no answer, for this reason.
    Unanswered(String),
    /// It was not sent, since the platform did not reach the ingress, or not in time.
    Unsent,
}

/// What became of the requests of a second; one whose end is not known is in none of the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadCounts {
    /// The answers by their status.
    pub statuses: BTreeMap<u16, u32>,
    /// The requests without an answer by the reason.
    pub faults: BTreeMap<String, u32>,
    /// The requests that the platform could not send, for which the learner's system is not at fault.
    pub unsent: u32,
    /// How long each answer took, in milliseconds.
    pub milliseconds: Vec<u32>,
}

impl LoadCounts {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered(status, milliseconds) => {
                *self.statuses.entry(status).or_default() += 1;
                self.milliseconds.push(milliseconds);
            }
            Outcome::Unanswered(fault) => {
                let fault: String = fault.chars().filter(|letter| !letter.is_control()).take(MAX_FAULT_CHARS).collect();
                let is_new = !self.faults.contains_key(&fault);
                let fault = if is_new && self.faults.len() >= MAX_FAULTS { "other".to_owned() } else { fault };
                *self.faults.entry(fault).or_default() += 1;
            }
            Outcome::Unsent => self.unsent += 1,
        }
    }

    /// How many were answered.
    pub fn answered(&self) -> u32 {
        self.statuses.values().sum()
    }

    /// How many were answered with a status below 500.
    pub fn succeeded(&self) -> u32 {
        self.statuses.iter().filter(|(status, _)| **status < 500).map(|(_, count)| count).sum()
    }

    /// How many were sent, as far as their end is known.
    pub fn sent(&self) -> u32 {
        self.answered() + self.faults.values().sum::<u32>()
    }
}

/// One second of a load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LoadSecond {
    /// Its number, from 0 on.
    pub second: u32,
    /// How many requests it has.
    pub planned: u32,
    /// What became of them.
    pub counts: LoadCounts,
}

/// What became of the requests of several seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadSummary {
    /// How many were sent.
    pub sent: u32,
    /// How many were answered with a status below 500.
    pub succeeded: u32,
    /// The answers by their status.
    pub statuses: BTreeMap<u16, u32>,
    /// How many got no answer.
    pub unanswered: u32,
    /// How many the platform could not send.
    pub unsent: u32,
    /// How long half of the answers took at the most, in milliseconds; none without an answer.
    pub median: Option<u32>,
    /// How long 95 % of them took at the most.
    pub p95: Option<u32>,
}

impl LoadSummary {
    /// The summary of these seconds.
    pub fn of(seconds: &[LoadSecond]) -> Self {
        let mut summary = Self::default();
        let mut milliseconds = Vec::new();
        for LoadSecond { counts, .. } in seconds {
            summary.sent += counts.sent();
            summary.succeeded += counts.succeeded();
            summary.unanswered += counts.faults.values().sum::<u32>();
            summary.unsent += counts.unsent;
            for (status, count) in &counts.statuses {
                *summary.statuses.entry(*status).or_default() += count;
            }
            milliseconds.extend_from_slice(&counts.milliseconds);
        }
        milliseconds.sort_unstable();
        let rank = |hundredths: usize| milliseconds.get((milliseconds.len() * hundredths).div_ceil(100).max(1) - 1);
        summary.median = rank(50).copied();
        summary.p95 = rank(95).copied();
        summary
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_requests_is_counted_and_summed() {
        let mut counts = LoadCounts::default();
        for milliseconds in 1..=20 {
            counts.add(Outcome::Answered(if milliseconds == 20 { 503 } else { 200 }, milliseconds));
        }
        counts.add(Outcome::Unanswered("no answer within 5 s".to_owned()));
        counts.add(Outcome::Unsent);
        let second = LoadSecond { second: 0, planned: 22, counts };
        let summary = LoadSummary::of(&[second.clone(), second]);
        assert_eq!((summary.sent, summary.succeeded, summary.unanswered, summary.unsent), (42, 38, 2, 2));
        assert_eq!((summary.median, summary.p95), (Some(10), Some(19)));
        assert_eq!(summary.statuses, [(200, 38), (503, 2)].into());
        assert_eq!(LoadSummary::of(&[]), LoadSummary::default());
    }

    #[test]
    fn endless_different_faults_fill_no_memory() {
        let mut counts = LoadCounts::default();
        for number in 0..100 {
            counts.add(Outcome::Unanswered(format!("{number} {}", "x".repeat(500))));
        }
        assert_eq!((counts.faults.len(), counts.faults["other"]), (MAX_FAULTS + 1, 96));
        assert!(counts.faults.keys().all(|fault| fault.chars().count() <= MAX_FAULT_CHARS));
    }
}
