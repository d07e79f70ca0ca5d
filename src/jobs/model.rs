//! What a job is, how it ends, and when it is tried again.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::Random;

crate::id_types! {
    /// One piece of background work.
    JobId;
}

/// A payload that names its kind; it holds ids rather than copies of rows.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The name under which a worker finds the code for it.
    const KIND: &'static str;
    /// The queue whose worker slots run it.
    const QUEUE: Queue = Queue::Interactive;
    /// How many times it is tried before it counts as failed.
    const MAX_ATTEMPTS: i64 = MAX_ATTEMPTS;
}

/// Work that shares worker slots; no queue waits for another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// Whatever talks to a mail server.
    Mail,
    /// What somebody waits for and the database alone answers: awards, credentials.
    Interactive,
    /// What is done in a cluster for a lab session.
    Labs,
    /// What is done in a cluster for the end of a namespace.
    Namespaces,
    /// What judges a lab session.
    Grading,
    /// What sends requests to a lab session for minutes.
    Loads,
    /// What nobody waits for.
    Maintenance,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 7] =
        [Self::Mail, Self::Interactive, Self::Labs, Self::Namespaces, Self::Grading, Self::Loads, Self::Maintenance];
}

/// Why a job did not finish.
#[derive(Debug)]
pub enum JobError {
    /// Worth another attempt after a pause.
    Retry(anyhow::Error),
    /// Trying again would not help.
    Fail(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for JobError {
    /// A fault met by `?` is passing until the attempts are used up.
    fn from(fault: E) -> Self {
        Self::Retry(fault.into())
    }
}

/// How many times a job is tried before it counts as failed, unless its kind says otherwise.
pub const MAX_ATTEMPTS: i64 = 12;

/// The pause before the next attempt: doubling from one second to five minutes, less up to a half by chance, so that jobs
/// that failed together are not tried together.
pub fn back_off(attempts: i64, random: &Random) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    let millis = (1_000_i64 << doublings).min(300_000);
    let jitter = i64::try_from(random.below(millis.unsigned_abs() / 2)).unwrap_or(0);
    SignedDuration::from_millis(millis - jitter)
}

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits until it is due.
    Queued,
    /// A worker has it.
    Running,
    /// It was done.
    Done,
    /// It was given up.
    Failed,
}

impl JobState {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for JobState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed].into_iter().find(|one| one.as_str() == text).ok_or(())
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A job that a worker has claimed, its lease running.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Which one.
    pub id: JobId,
    /// Names the code that runs it.
    pub kind: String,
    /// JSON of the [`Job`].
    pub payload: String,
    /// Of which there is one job that is not done.
    pub unique_key: Option<String>,
    /// Attempts so far, this one included.
    pub attempts: i64,
    /// The number of this claim.
    pub lease: i64,
    /// When the lease ends unless it is extended.
    pub until: Timestamp,
}

/// A job as the admin sees it.
#[derive(Clone, Debug, Serialize)]
pub struct JobSummary {
    /// Which one.
    pub id: JobId,
    /// Names the code that runs it.
    pub kind: String,
    /// JSON of the [`Job`].
    #[serde(skip)]
    pub payload: String,
    /// Where it is.
    pub state: JobState,
    /// Attempts so far.
    pub attempts: i64,
    /// When it is due; while it runs, when its lease ends.
    pub due_at: Timestamp,
    /// When it was done or given up.
    pub finished_at: Option<Timestamp>,
    /// What the last attempt said.
    pub last_error: Option<String>,
}

/// Which jobs an admin wants to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter<'a> {
    /// Those in this state.
    pub state: Option<JobState>,
    /// Those in any other state.
    pub except: Option<JobState>,
    /// Those of this kind.
    pub kind: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes_less_a_half_at_the_most() {
        let random = Random::seeded(1);
        for (attempts, seconds) in (1..=11).zip([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
            let longest = SignedDuration::from_secs(seconds);
            for _ in 0..20 {
                let pause = back_off(attempts, &random);
                assert!(pause <= longest && pause >= longest / 2, "{attempts}: {pause:?}");
            }
        }
    }

    #[test]
    fn jobs_that_fail_together_are_tried_again_at_times_of_their_own() {
        let random = Random::seeded(1);
        let pauses: std::collections::BTreeSet<_> = (0..20).map(|_| back_off(9, &random)).collect();
        assert!(pauses.len() > 15, "{pauses:?}");
    }
}
