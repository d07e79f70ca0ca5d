//! What a job is, and when a failed one is tried again.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

crate::id_types! {
    /// One piece of background work.
    JobId;
}

/// A payload that names its kind; it holds ids rather than copies of rows.
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// The name under which the worker finds the code for it.
    const KIND: &'static str;
    /// How many times it is tried before it counts as failed.
    const MOST_TRIES: i64 = MAX_ATTEMPTS;
}

/// Why a job did not finish.
#[derive(Debug)]
pub enum JobError {
    /// Worth another try after a pause.
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

/// The pause before the next try: doubling from one second, five minutes at the most.
pub fn back_off(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or(0);
    SignedDuration::from_secs((1_i64 << doublings).min(300))
}

/// A job that a worker has taken, its lease running.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Which one.
    pub id: JobId,
    /// Names the code that runs it.
    pub kind: String,
    /// JSON of the [`Job`].
    pub payload: String,
    /// Tries so far, this one included.
    pub attempts: i64,
}

/// A job as the admin sees it.
#[derive(Clone, Debug, Serialize)]
pub struct JobSummary {
    /// Which one.
    pub id: JobId,
    /// Names the code that runs it.
    pub kind: String,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// Tries so far.
    pub attempts: i64,
    /// When it is due.
    pub run_at: Timestamp,
    /// What the last try said.
    pub last_error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let seconds: Vec<i64> = (1..=11).map(|attempts| back_off(attempts).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
