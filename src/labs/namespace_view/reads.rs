//! The traffic of each session as it was last measured, which all pages share.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::traffic::Traffic;
use crate::labs::model::SessionId;

/// How old the traffic that is shown may be.
pub(super) const MAX_AGE: SignedDuration = SignedDuration::from_secs(8);

type Measured = Result<Traffic, String>;
type Slot = Arc<Mutex<Option<(Timestamp, Measured)>>>;

/// What was measured of each session, and when; clones share it.
#[derive(Clone, Debug, Default)]
pub(in crate::labs) struct TrafficReads(Arc<std::sync::Mutex<BTreeMap<SessionId, Slot>>>);

impl TrafficReads {
    /// The traffic of a session: what is known, or what `measure` finds. Whoever asks meanwhile waits for the same answer, and
    /// a failure is kept as long as a success, so that a Prometheus that hangs is not asked by every page.
    pub(in crate::labs) async fn find(
        &self,
        session: &SessionId,
        now: Timestamp,
        measure: impl Future<Output = Measured>,
    ) -> Measured {
        let slot = self.slot(session);
        let mut known = slot.lock().await;
        if let Some((at, measured)) = &*known
            && now.duration_since(*at).abs() < MAX_AGE
        {
            return measured.clone();
        }
        let measured = measure.await;
        *known = Some((now, measured.clone()));
        measured
    }

    fn slot(&self, session: &SessionId) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(session.clone()).or_default())
    }

    /// Forgets a session that is over.
    pub(in crate::labs) fn forget(&self, session: &SessionId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_share_what_was_measured_until_it_is_old() {
        let (reads, ada) = (TrafficReads::default(), SessionId::from("a".to_owned()));
        let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
        let failed = async || Err("away".to_owned());
        assert_eq!(reads.find(&ada, at(0), failed()).await, Err("away".to_owned()));
        assert_eq!(reads.find(&ada, at(7), async { Ok(Traffic::sample()) }).await, Err("away".to_owned()));
        assert_eq!(reads.find(&ada, at(8), async { Ok(Traffic::sample()) }).await, Ok(Traffic::sample()));
        assert_eq!(reads.find(&ada, at(15), failed()).await, Ok(Traffic::sample()));
        reads.forget(&ada);
        assert!(reads.find(&ada, at(15), failed()).await.is_err());
    }
}
