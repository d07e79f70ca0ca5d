//! The audit log: who did what, when. It only grows, and each event's hash covers the event before it, so that a changed or
//! missing event shows.
//!
//! Tables: `audit_events`, and `audit_head`, whose one row is the end of the chain and the lock under which it grows.

mod model;
mod store;

use jiff::Timestamp;

use model::Walk;

use crate::db::{self, Conn, Db};

pub use model::{ChainCheck, Event, EventFilter, RecordedEvent, find_break};

/// How many events a verification holds at a time.
const VERIFIED_AT_ONCE: i64 = 1_000;

/// The audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    db: Db,
}

impl Audit {
    /// The audit log kept in `db`.
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Adds an event within the caller's transaction, so that it is recorded exactly when the change is made.
    pub async fn record(&self, conn: &mut Conn, event: Event<'_>, now: Timestamp) -> db::Result<()> {
        store::append(conn, &event, now).await
    }

    /// Every action that was recorded.
    pub async fn list_actions(&self) -> db::Result<Vec<String>> {
        store::list_actions(&mut *self.db.read().await?).await
    }

    /// Verifies the whole chain, from its beginning to the end that is stored apart from it.
    ///
    /// The end is read after the events that lead to it, so an event that is recorded meanwhile only makes the check
    /// longer, and an event past the end is told.
    pub async fn verify(&self) -> db::Result<ChainCheck> {
        let mut conn = self.db.read().await?;
        let mut walk = Walk::start();
        loop {
            let events = store::list_after(&mut conn, walk.seq(), VERIFIED_AT_ONCE).await?;
            if events.iter().any(|event| !walk.step(event)) {
                return Ok(walk.broken_at(walk.seq() + 1));
            }
            if !events.is_empty() {
                continue;
            }
            let Some((end, hash)) = store::find_head(&mut conn).await? else {
                return Ok(walk.broken_at(walk.seq() + 1));
            };
            // An event was recorded since the last one was read.
            if end > walk.seq() && store::has_event(&mut conn, walk.seq() + 1).await? {
                continue;
            }
            return Ok(walk.end_at(end, &hash));
        }
    }

    /// Up to `limit` events after the one at place `after`, oldest first.
    pub async fn list_after(&self, after: i64, limit: i64) -> db::Result<Vec<RecordedEvent>> {
        store::list_after(&mut *self.db.read().await?, after, limit).await
    }

    /// The events about one subject, oldest first.
    pub async fn list_of_subject(&self, subject: &str) -> db::Result<Vec<RecordedEvent>> {
        store::list_of_subject(&mut *self.db.read().await?, subject).await
    }
}
