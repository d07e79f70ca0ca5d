//! How many requests to the pages of one session may be under way in this process.
//!
//! A browser that goes away while it listens to events is not noticed before something is written to it. So past the
//! limit the request that has been silent for the longest gives way, if that is long; else the new one is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::labs::model::SessionId;

/// How long a request must have been silent to give way.
const SILENT_AFTER: Duration = Duration::from_secs(5);

/// The requests under way, by session; clones share them.
#[derive(Clone, Debug, Default)]
pub(in crate::labs) struct Permits(Arc<Mutex<HashMap<SessionId, Vec<Holder>>>>);

/// A request that holds a permit.
#[derive(Clone, Debug)]
struct Holder {
    number: u64,
    last_bytes_at: Instant,
    evicted: CancellationToken,
}

/// One request under way; it counts until this is dropped.
#[derive(Debug)]
pub struct PagePermit {
    permits: Permits,
    session: SessionId,
    number: u64,
    evicted: CancellationToken,
}

impl Permits {
    fn holders(&self) -> MutexGuard<'_, HashMap<SessionId, Vec<Holder>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more of `session`, unless there are `max` that are all at work.
    pub(in crate::labs) fn take(&self, session: &SessionId, max: usize) -> Option<PagePermit> {
        let mut holders = self.holders();
        let of_session = holders.entry(session.clone()).or_default();
        if of_session.len() >= max {
            let silent = of_session.iter().enumerate().min_by_key(|(_, holder)| holder.last_bytes_at)?;
            let (place, _) = Some(silent).filter(|(_, holder)| holder.last_bytes_at.elapsed() >= SILENT_AFTER)?;
            of_session.remove(place).evicted.cancel();
        }
        // They stand in the order in which they came.
        let number = of_session.last().map_or(0, |newest| newest.number + 1);
        let evicted = CancellationToken::new();
        of_session.push(Holder { number, last_bytes_at: Instant::now(), evicted: evicted.clone() });
        drop(holders);
        Some(PagePermit { permits: self.clone(), session: session.clone(), number, evicted })
    }
}

impl PagePermit {
    /// Says that something was sent, so that others give way first.
    pub fn touch(&self) {
        let mut holders = self.permits.holders();
        // One that gave way is found no more.
        let of_session = holders.get_mut(&self.session).into_iter().flatten();
        for holder in of_session.filter(|holder| holder.number == self.number) {
            holder.last_bytes_at = Instant::now();
        }
    }

    /// Ends when a newer request takes this one's place.
    pub async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}

impl Drop for PagePermit {
    fn drop(&mut self) {
        self.evicted.cancel();
        let mut holders = self.permits.holders();
        if let Some(of_session) = holders.get_mut(&self.session) {
            of_session.retain(|holder| holder.number != self.number || !holder.evicted.is_cancelled());
            if of_session.is_empty() {
                holders.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> [SessionId; 2] {
        ["ada", "ben"].map(|id| SessionId::from(id.to_owned()))
    }

    #[tokio::test]
    async fn each_session_has_its_own_count_and_leaves_nothing_behind() {
        let (permits, [ada, ben]) = (Permits::default(), sessions());
        let of_ada: Vec<_> = (0..2).map(|_| permits.take(&ada, 2).unwrap()).collect();
        assert!(permits.take(&ada, 2).is_none());
        assert!(permits.take(&ben, 2).is_some());
        drop(of_ada);
        assert!(permits.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_one_that_is_silent_for_the_longest_gives_way() {
        let (permits, [ada, _]) = (Permits::default(), sessions());
        let of_ada: Vec<_> = (0..3).map(|_| permits.take(&ada, 3).unwrap()).collect();
        for holder in permits.holders().get_mut(&ada).unwrap() {
            holder.last_bytes_at -= SILENT_AFTER;
        }
        of_ada[0].touch();
        let fourth = permits.take(&ada, 3).unwrap();
        let evicted: Vec<bool> = of_ada.iter().map(|permit| permit.evicted.is_cancelled()).collect();
        assert_eq!(evicted, [false, true, false]);
        drop((of_ada, fourth));
        assert!(permits.0.lock().unwrap().is_empty());
    }
}
