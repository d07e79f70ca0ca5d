//! What to do about a session, decided from its row alone. No I/O.

use jiff::{SignedDuration, Timestamp};

use crate::labs::model::{LabSession, SessionState};
use crate::labs::settings::LabsSettings;

/// After which time a session is requeued whose pods are not ready; a watch triggers it earlier.
pub(super) const POLL_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// How long after they were applied rights, limits and network policies are not applied again.
const REAPPLY_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What to do about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing: it waits for capacity.
    Wait,
    /// Create its namespace and objects.
    Provision,
    /// Wait for its pods.
    AwaitReadiness,
    /// Keep its namespace as it was created, until it expires after this time.
    Maintain(SignedDuration),
    /// End it, since its time is up.
    Expire,
    /// Have its namespace deleted.
    Release,
}

/// What to do about a session at `now`.
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

/// What to do after an error before a session is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Another attempt after this time.
    After(SignedDuration),
    /// The session fails after attempts for this time.
    GiveUp(SignedDuration),
}

/// Another attempt, with backoff, for as long as the settings allow.
pub(super) fn retry_after_fault(session: &LabSession, settings: &LabsSettings, now: Timestamp) -> Retry {
    let tried = now.duration_since(session.provisioned_at.unwrap_or(session.state_since));
    if tried.as_secs() >= settings.give_up_seconds {
        return Retry::GiveUp(tried);
    }
    Retry::After(SignedDuration::from_secs((tried.as_secs() / 2).clamp(1, 15)))
}

/// Whether the pods of a session had all the time that the settings allow.
pub(super) fn is_late(session: &LabSession, settings: &LabsSettings, now: Timestamp) -> bool {
    let applied_at = session.applied_at.unwrap_or(session.state_since);
    now.duration_since(applied_at).as_secs() >= settings.ready_within_seconds
}

/// Whether rights, limits and network policies must be applied again: they would differ now, one of them was deleted, or
/// they were applied some time ago.
pub(super) fn needs_isolation(session: &LabSession, wanted_hash: &str, now: Timestamp) -> bool {
    let Some(isolated_at) = session.isolated_at else { return true };
    let is_old = now.duration_since(isolated_at) >= REAPPLY_AFTER;
    let is_lost = session.isolation_lost_at.is_some_and(|lost_at| lost_at >= isolated_at);
    is_old || is_lost || session.isolation_hash.as_deref() != Some(wanted_hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::model::sample_session;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_state_has_one_action() {
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
    fn an_error_is_retried_with_backoff_until_the_time_is_up() {
        let session = LabSession { provisioned_at: Some(at(0)), ..sample_session() };
        let settings = LabsSettings::default();
        let retries = [0, 3, 10, 100, 180].map(|second| retry_after_fault(&session, &settings, at(second)));
        let again = |seconds| Retry::After(SignedDuration::from_secs(seconds));
        let given_up = Retry::GiveUp(SignedDuration::from_secs(180));
        assert_eq!(retries, [again(1), again(1), again(5), again(15), given_up]);
    }

    #[test]
    fn isolation_is_applied_again_when_it_differs_was_deleted_or_is_old() {
        let given = LabSession { isolation_hash: Some("a".to_owned()), isolated_at: Some(at(0)), ..sample_session() };
        assert!(!needs_isolation(&given, "a", at(299)));
        assert!(needs_isolation(&given, "b", at(299)), "the cluster's addresses changed");
        assert!(needs_isolation(&given, "a", at(300)), "it was long ago");
        let lost = LabSession { isolation_lost_at: Some(at(7)), ..given };
        assert!(needs_isolation(&lost, "a", at(8)), "one of them was deleted");
        let restored = LabSession { isolated_at: Some(at(8)), ..lost };
        assert!(!needs_isolation(&restored, "a", at(9)));
    }
}
