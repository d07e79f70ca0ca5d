//! What a session's row calls for, decided without the database and without the cluster.

use jiff::{SignedDuration, Timestamp};

use crate::labs::LabsSettings;
use crate::labs::model::{LabSession, SessionState};

/// How often a session is looked at whose pods are awaited; a watch sees them earlier.
pub(super) const POLL: SignedDuration = SignedDuration::from_secs(2);
/// How long rights, limits and network policies are taken to stand as they were applied.
const ISOLATION_KEPT: SignedDuration = SignedDuration::from_mins(5);

/// What a session's state calls for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it waits for a place.
    Wait,
    /// Its namespace is to be filled.
    Provision,
    /// Its pods are to become ready.
    AwaitReadiness,
    /// It runs: its namespace is to stand as it was made, until it expires after this time.
    Maintain(SignedDuration),
    /// Its time is up.
    Expire,
    /// It is over: its namespace is to go.
    Release,
}

/// What the state of a session calls for at `now`.
pub(super) fn plan(session: &LabSession, now: Timestamp) -> Action {
    match session.state {
        SessionState::Queued => Action::Wait,
        SessionState::Provisioning if session.applied_at.is_none() => Action::Provision,
        SessionState::Provisioning => Action::AwaitReadiness,
        SessionState::Ready => match session.expires_at.map(|end| end.duration_since(now)) {
            Some(left) if left.is_positive() => Action::Maintain(left),
            _ => Action::Expire,
        },
        SessionState::Ended | SessionState::Failed => Action::Release,
    }
}

/// What follows a fault on the way to ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AfterFault {
    /// Another try, after a pause.
    TryAgain(SignedDuration),
    /// The session fails: it was tried for so long.
    GiveUp(SignedDuration),
}

/// Another try for as long as the settings give, ever more slowly.
pub(super) fn after_fault(session: &LabSession, settings: &LabsSettings, now: Timestamp) -> AfterFault {
    let tried = now.duration_since(session.provisioned_at.unwrap_or(session.state_since));
    if tried.as_secs() >= settings.give_up_seconds {
        return AfterFault::GiveUp(tried);
    }
    AfterFault::TryAgain(SignedDuration::from_secs((tried.as_secs() / 2).clamp(1, 15)))
}

/// Whether the pods of a session have had all the time that the settings give.
pub(super) fn is_late(session: &LabSession, settings: &LabsSettings, now: Timestamp) -> bool {
    let applied_at = session.applied_at.unwrap_or(session.state_since);
    now.duration_since(applied_at).as_secs() >= settings.ready_within_seconds
}

/// Whether rights, limits and network policies are to be applied anew: they would be others now, one of them went, or
/// they were applied a while ago.
pub(super) fn needs_isolation(session: &LabSession, wanted_hash: &str, now: Timestamp) -> bool {
    let Some(isolated_at) = session.isolated_at else { return true };
    let is_old = now.duration_since(isolated_at) >= ISOLATION_KEPT;
    let is_lost = session.isolation_lost_at.is_some_and(|lost_at| lost_at >= isolated_at);
    is_old || is_lost || session.isolation_hash.as_deref() != Some(wanted_hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::view::sample_session;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_state_calls_for_one_thing() {
        let ready = LabSession { expires_at: Some(at(100)), ..sample_session() };
        let in_state = |state| LabSession { state, ..ready.clone() };
        let unapplied = LabSession { applied_at: None, ..in_state(SessionState::Provisioning) };
        assert_eq!(plan(&in_state(SessionState::Queued), at(0)), Action::Wait);
        assert_eq!(plan(&unapplied, at(0)), Action::Provision);
        assert_eq!(plan(&in_state(SessionState::Provisioning), at(0)), Action::AwaitReadiness);
        assert_eq!(plan(&ready, at(40)), Action::Maintain(SignedDuration::from_secs(60)));
        assert_eq!(plan(&ready, at(100)), Action::Expire);
        assert_eq!(plan(&in_state(SessionState::Ended), at(0)), Action::Release);
        assert_eq!(plan(&in_state(SessionState::Failed), at(0)), Action::Release);
    }

    #[test]
    fn a_fault_is_tried_again_ever_more_slowly_until_the_time_is_up() {
        let session = LabSession { provisioned_at: Some(at(0)), ..sample_session() };
        let settings = LabsSettings::default();
        let pauses = [0, 3, 10, 100, 180].map(|second| after_fault(&session, &settings, at(second)));
        let again = |seconds| AfterFault::TryAgain(SignedDuration::from_secs(seconds));
        let given_up = AfterFault::GiveUp(SignedDuration::from_secs(180));
        assert_eq!(pauses, [again(1), again(1), again(5), again(15), given_up]);
    }

    #[test]
    fn isolation_is_applied_anew_when_it_is_another_went_or_is_old() {
        let given = LabSession { isolation_hash: Some("a".to_owned()), isolated_at: Some(at(0)), ..sample_session() };
        assert!(!needs_isolation(&given, "a", at(299)));
        assert!(needs_isolation(&given, "b", at(299)), "the cluster's addresses changed");
        assert!(needs_isolation(&given, "a", at(300)), "it was long ago");
        let lost = LabSession { isolation_lost_at: Some(at(7)), ..given };
        assert!(needs_isolation(&lost, "a", at(8)), "one of them went");
        let restored = LabSession { isolated_at: Some(at(8)), ..lost };
        assert!(!needs_isolation(&restored, "a", at(9)));
    }
}
