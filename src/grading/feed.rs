//! Tells the open pages of a session that verdicts were recorded, and that something in its namespace changed.
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

/// The open pages; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Feed(Arc<Mutex<BTreeMap<SessionId, OpenPages>>>);

/// What the open pages of one session are told.
#[derive(Debug)]
struct OpenPages {
    namespace: String,
    revisions: watch::Sender<i64>,
    /// How often something changed in the namespace.
    changes: watch::Sender<u64>,
}

/// What one page listens to.
#[derive(Debug)]
pub(super) struct Subscription {
    revisions: watch::Receiver<i64>,
    changes: watch::Receiver<u64>,
}

impl Feed {
    /// The revisions of a session, and the changes of its namespace, from now on, for one page; `None` when there are too many.
    pub(super) fn subscribe(&self, (session, namespace): (&SessionId, &str), revision: i64) -> Option<Subscription> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pages = sessions.entry(session.clone()).or_insert_with(|| OpenPages {
            namespace: namespace.to_owned(),
            revisions: watch::Sender::new(revision),
            changes: watch::Sender::new(0),
        });
        let is_free = pages.revisions.receiver_count() < MAX_PAGES;
        is_free.then(|| Subscription { revisions: pages.revisions.subscribe(), changes: pages.changes.subscribe() })
    }

    /// Whether nobody listens; sessions without a page are forgotten.
    pub(super) fn is_idle(&self) -> bool {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, pages| pages.revisions.receiver_count() > 0);
        sessions.is_empty()
    }

    /// Tells the pages of a session the number of its last record.
    pub(super) fn publish(&self, session: &SessionId, revision: i64) {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pages) = sessions.get(session) {
            pages.revisions.send_if_modified(|known| std::mem::replace(known, revision) != revision);
        }
    }

    /// Tells the pages of the session of a namespace that something in it changed.
    pub(super) fn publish_change(&self, namespace: &str) {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for pages in sessions.values().filter(|pages| pages.namespace == namespace) {
            pages.changes.send_modify(|count| *count += 1);
        }
    }
}

/// What one page is told.
#[derive(Debug)]
pub struct Events {
    told: Subscription,
    /// What the page knows.
    known: i64,
    ends_at: Instant,
    closing: CancellationToken,
}

/// One thing that a page is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Verdicts were recorded: the number of the last record.
    Recorded(i64),
    /// Something in the namespace changed.
    Changed,
    /// Nothing has happened.
    Quiet,
}

impl Events {
    pub(super) fn new(told: Subscription, known: i64, closing: CancellationToken) -> Self {
        Self { told, known, ends_at: Instant::now() + MAX_AGE, closing }
    }

    /// Waits for the next thing to tell; `None` when the connection is to end.
    pub async fn next(&mut self) -> Option<Event> {
        let known = self.known;
        tokio::select! {
            () = self.closing.cancelled() => None,
            () = tokio::time::sleep_until(self.ends_at) => None,
            () = tokio::time::sleep(MAX_SILENCE) => Some(Event::Quiet),
            changed = self.told.changes.changed() => changed.ok().map(|()| Event::Changed),
            changed = self.told.revisions.wait_for(|revision| *revision != known) => {
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
        let open = |session, known| {
            let namespace = format!("namespace-{session}");
            Events::new(feed.subscribe((session, &namespace), 3).unwrap(), known, closing.clone())
        };
        let (mut late, mut first, mut other) = (open(&ada, 2), open(&ada, 3), open(&ben, 3));
        assert_eq!(late.next().await, Some(Event::Recorded(3)));
        feed.publish(&ada, 4);
        assert_eq!((late.next().await, first.next().await), (Some(Event::Recorded(4)), Some(Event::Recorded(4))));
        feed.publish_change("namespace-a");
        feed.publish_change("namespace-c");
        assert_eq!((late.next().await, first.next().await), (Some(Event::Changed), Some(Event::Changed)));
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
        let pages: Vec<_> = (0..MAX_PAGES).map(|_| feed.subscribe((&ada, "a"), 0).unwrap()).collect();
        assert!(feed.subscribe((&ada, "a"), 0).is_none());
        drop(pages);
        assert!(feed.subscribe((&ada, "a"), 0).is_some());
    }
}
