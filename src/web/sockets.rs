//! Websockets that are open, so that one person or one place cannot hold too many of them.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// The most websockets to one place, such as a lab session.
const MAX_PER_PLACE: usize = 4;
/// The most websockets of one person.
const MAX_PER_PERSON: usize = 8;

/// The open websockets of this process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Sockets(Arc<Mutex<Vec<Open>>>);

#[derive(Debug)]
struct Open {
    person: String,
    place: String,
    evicted: CancellationToken,
}

/// One open websocket; it counts until this is dropped.
#[derive(Debug)]
pub struct SocketPermit {
    sockets: Sockets,
    evicted: CancellationToken,
}

impl Sockets {
    /// Counts one more of `person` to `place`. Past a limit the oldest gives way, since that is the one whose browser may
    /// long be gone.
    pub fn open(&self, person: &str, place: &str) -> SocketPermit {
        let evicted = CancellationToken::new();
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        evict(&mut open, MAX_PER_PLACE, |other| other.place == place);
        evict(&mut open, MAX_PER_PERSON, |other| other.person == person);
        open.push(Open { person: person.to_owned(), place: place.to_owned(), evicted: evicted.clone() });
        drop(open);
        SocketPermit { sockets: self.clone(), evicted }
    }
}

/// Makes room for one more among those that `is_like`.
fn evict(open: &mut Vec<Open>, limit: usize, is_like: impl Fn(&Open) -> bool) {
    while open.iter().filter(|other| is_like(other)).count() >= limit {
        let Some(oldest) = open.iter().position(&is_like) else { return };
        open.remove(oldest).evicted.cancel();
    }
}

impl SocketPermit {
    /// Ends when a newer websocket takes this one's place.
    pub async fn evicted(&self) {
        self.evicted.cancelled().await;
    }
}

impl Drop for SocketPermit {
    fn drop(&mut self) {
        // Two permits never share a token, so that marking this one finds it.
        self.evicted.cancel();
        let mut open = self.sockets.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|other| !other.evicted.is_cancelled());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_evicted(permit: &SocketPermit) -> bool {
        permit.evicted.is_cancelled()
    }

    #[test]
    fn the_oldest_of_a_place_and_of_a_person_gives_way() {
        let sockets = Sockets::default();
        let of_ada: Vec<_> = (0..5).map(|_| sockets.open("ada", "lab-1")).collect();
        assert_eq!(of_ada.iter().map(is_evicted).collect::<Vec<_>>(), [true, false, false, false, false]);
        let elsewhere: Vec<_> = (0..5).map(|number| sockets.open("ada", &format!("other-{number}"))).collect();
        assert_eq!(of_ada.iter().filter(|permit| is_evicted(permit)).count(), 2, "nine of one person are one too many");
        assert!(!elsewhere.iter().any(is_evicted) && !is_evicted(&sockets.open("ben", "lab-2")));
    }

    #[test]
    fn one_that_was_closed_counts_no_more() {
        let sockets = Sockets::default();
        for _ in 0..20 {
            drop(sockets.open("ada", "lab-1"));
        }
        let kept: Vec<_> = (0..4).map(|_| sockets.open("ada", "lab-1")).collect();
        assert!(!kept.iter().any(is_evicted));
    }
}
