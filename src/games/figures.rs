//! What is measured of a game, from the seconds of its load.

use jiff::{SignedDuration, Timestamp};

use super::model::Figures;

/// How long requests must succeed until that counts as mitigated.
const STABLE: SignedDuration = SignedDuration::from_secs(20);

/// With fewer requests, 20 seconds say nothing.
const MIN_REQUESTS: u64 = 50;

/// What became of the requests that were sent within one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MeasuredSecond {
    /// When it began.
    pub(super) at: Timestamp,
    /// How many requests were sent.
    pub(super) sent: u64,
    /// How many of them were answered with a status of 200 to 299.
    pub(super) succeeded: u64,
}

/// The figures of a game whose fault came at `injected_at`, with the declaration of the incident; `seconds` are in their order
/// and each has had all its answers.
///
/// It is mitigated at the first second after a failure from which on more than 99 % of the requests of 20 seconds succeed.
/// A Service that is deleted answers nobody, so that this is no mitigation.
pub(super) fn measure(seconds: &[MeasuredSecond], injected_at: Timestamp, detected_at: Option<Timestamp>) -> Figures {
    let after = |at: Timestamp| at.duration_since(injected_at).as_millis().try_into().unwrap_or(i64::MAX).max(0);
    // The second within which the fault came has requests from before it, which succeed.
    let begin = seconds.partition_point(|one| one.at + SignedDuration::from_secs(1) <= injected_at);
    let played = seconds.get(begin..).unwrap_or_default();
    let first_failure = played.iter().position(|one| one.succeeded < one.sent);
    let mitigated = first_failure.and_then(|first| {
        let rest = played.get(first + 1..)?;
        (0..rest.len()).find(|at| is_stable(&rest[*at..])).and_then(|at| rest.get(at))
    });
    Figures {
        failed_after_ms: first_failure.and_then(|at| played.get(at)).map(|one| after(one.at)),
        detected_after_ms: detected_at.map(after),
        mitigated_after_ms: mitigated.map(|one| after(one.at)),
        requests: seconds.iter().map(|one| one.sent).sum(),
        succeeded: seconds.iter().map(|one| one.succeeded).sum(),
    }
}

/// Whether the requests of the first 20 seconds of `seconds` succeed, the first of them among these.
fn is_stable(seconds: &[MeasuredSecond]) -> bool {
    let Some(first) = seconds.first() else { return false };
    let end = first.at + STABLE;
    let is_whole = seconds.last().is_some_and(|last| last.at + SignedDuration::from_secs(1) >= end);
    let within = seconds.iter().take_while(|one| one.at < end);
    let (sent, succeeded) = within.fold((0, 0), |sum, one| (sum.0 + one.sent, sum.1 + one.succeeded));
    is_whole && first.succeeded == first.sent && sent >= MIN_REQUESTS && succeeded * 100 > sent * 99
}

/// Whether the requests of the last 20 seconds succeeded.
pub(super) fn is_healthy(seconds: &[MeasuredSecond]) -> bool {
    let Some(last) = seconds.last() else { return false };
    let begin = last.at + SignedDuration::from_secs(1) - STABLE;
    is_stable(seconds.get(seconds.partition_point(|one| one.at < begin)..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Five requests a second, of which so many succeed.
    fn seconds(succeeded: &[(usize, u64)]) -> Vec<MeasuredSecond> {
        let counts = succeeded.iter().flat_map(|(times, count)| std::iter::repeat_n(*count, *times));
        let second = |(second, succeeded): (i64, u64)| MeasuredSecond { at: at(second), sent: 5, succeeded };
        (0..).zip(counts).map(second).collect()
    }

    #[test]
    fn a_game_is_measured_from_its_injection() {
        let of = seconds(&[(30, 5), (40, 0), (25, 5)]);
        let found = measure(&of, at(29), Some(at(41)));
        let expected = Figures {
            failed_after_ms: Some(1_000),
            detected_after_ms: Some(12_000),
            mitigated_after_ms: Some(41_000),
            requests: 475,
            succeeded: 275,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn a_recovery_that_does_not_last_is_none() {
        let flapping = seconds(&[(10, 5), (10, 0), (15, 5), (5, 0), (19, 5)]);
        assert_eq!(measure(&flapping, at(10), None).mitigated_after_ms, None);
        let lasting = seconds(&[(10, 5), (10, 0), (15, 5), (5, 0), (20, 5)]);
        assert_eq!(measure(&lasting, at(10), None).mitigated_after_ms, Some(30_000));
        // One request of a hundred is too many: the share must be above 99 %.
        let imperfect = seconds(&[(10, 5), (10, 0), (5, 5), (1, 4), (14, 5)]);
        assert_eq!(measure(&imperfect, at(10), None).mitigated_after_ms, None);
    }

    #[test]
    fn what_never_failed_was_not_mitigated() {
        let found = measure(&seconds(&[(60, 5)]), at(10), None);
        assert_eq!((found.failed_after_ms, found.mitigated_after_ms), (None, None));
        assert_eq!(measure(&[], at(10), None), Figures::default());
    }
}
