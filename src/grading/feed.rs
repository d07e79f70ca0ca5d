//! Tells the open pages of a session that verdicts were recorded.
//!
//! A page holds one connection and is told. Polling would be a request a second for each learner, and each of these
//! would ask the database who makes it; here the process asks it once for all, a few times a second at the most.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::labs::SessionId;

/// How many pages of one session are told.
const MAX_PAGES: usize = 8;
/// How long a page is told before its browser must ask again, and so is asked who it is.
const MAX_AGE: Duration = Duration::from_mins(5);
/// How long nothing is sent at the most: a connection that is gone is found out, and one that is there is kept by proxies.
const MAX_SILENCE: Duration = Duration::from_secs(20);

/// The open pages by session; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed(Arc<Mutex<BTreeMap<SessionId, watch::Sender<i64>>>>);

impl Feed {
    /// The revisions of a session from now on, for one page; `None` when there are too many.
    pub(super) fn subscribe(&self, session: &SessionId, revision: i64) -> Option<watch::Receiver<i64>> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let revisions = sessions.entry(session.clone()).or_insert_with(|| watch::Sender::new(revision));
        (revisions.receiver_count() < MAX_PAGES).then(|| revisions.subscribe())
    }

    /// Whether nobody listens; sessions without a page are forgotten.
    pub(super) fn is_idle(&self) -> bool {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, revisions| revisions.receiver_count() > 0);
        sessions.is_empty()
    }

    /// Tells the pages of a session the number of its last record.
    pub(super) fn publish(&self, session: &SessionId, revision: i64) {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(revisions) = sessions.get(session) {
            revisions.send_if_modified(|known| std::mem::replace(known, revision) != revision);
        }
    }
}

/// What one page is told.
#[derive(Debug)]
pub struct Events {
    pub(super) revisions: watch::Receiver<i64>,
    /// What the page knows.
    pub(super) known: i64,
    pub(super) ends_at: Instant,
    pub(super) closing: CancellationToken,
}

/// One thing that a page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Verdicts were recorded: the number of the last record.
    Recorded(i64),
    /// Nothing has happened.
    Quiet,
}

impl Events {
    pub(super) fn new(revisions: watch::Receiver<i64>, known: i64, closing: CancellationToken) -> Self {
        Self { revisions, known, ends_at: Instant::now() + MAX_AGE, closing }
    }

    /// Waits for the next thing to tell; `None` when the connection is to end.
    pub async fn next(&mut self) -> Option<Event> {
        let known = self.known;
        tokio::select! {
            () = self.closing.cancelled() => None,
            () = tokio::time::sleep_until(self.ends_at) => None,
            () = tokio::time::sleep(MAX_SILENCE) => Some(Event::Quiet),
            changed = self.revisions.wait_for(|revision| *revision != known) => {
                let revision = *changed.ok()?;
                self.known = revision;
                Some(Event::Recorded(revision))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_page_of_a_session_is_told_what_it_does_not_know_yet() {
        let (feed, closing) = (Feed::default(), CancellationToken::new());
        let (ada, ben) = (SessionId::from("a".to_owned()), SessionId::from("b".to_owned()));
        let open = |session, known| Events::new(feed.subscribe(session, 3).unwrap(), known, closing.clone());
        let (mut late, mut first, mut other) = (open(&ada, 2), open(&ada, 3), open(&ben, 3));
        assert_eq!(late.next().await, Some(Event::Recorded(3)));
        feed.publish(&ada, 4);
        assert_eq!((late.next().await, first.next().await), (Some(Event::Recorded(4)), Some(Event::Recorded(4))));
        closing.cancel();
        assert_eq!((other.next().await, first.next().await), (None, None));
        drop((late, first));
        assert!(!feed.is_idle());
        drop(other);
        assert!(feed.is_idle());
    }

    #[test]
    fn one_session_has_so_many_pages_and_no_more() {
        let (feed, ada) = (Feed::default(), SessionId::from("a".to_owned()));
        let pages: Vec<_> = (0..MAX_PAGES).map(|_| feed.subscribe(&ada, 0).unwrap()).collect();
        assert!(feed.subscribe(&ada, 0).is_none());
        drop(pages);
        assert!(feed.subscribe(&ada, 0).is_some());
    }
}
