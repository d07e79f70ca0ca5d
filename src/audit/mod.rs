//! Who did what, when: an append-only ledger in which every line's hash covers the line before it, so that a changed or
//! missing line shows.
//!
//! Tables: `audit_lines`, and `audit_head`, whose one row is the end of the chain and the lock under which it grows.

mod model;
pub mod store;

use crate::clock::Clock;
use crate::db::{self, Conn, Db};

pub use model::{AuditLine, Event, find_break};

/// The ledger.
#[derive(Clone, Debug)]
pub struct Audit {
    db: Db,
    clock: Clock,
}

impl Audit {
    /// The ledger kept in `db`.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// Adds a line within the caller's transaction, so that it stands exactly when the change does.
    pub async fn record(&self, conn: &mut Conn, event: Event<'_>) -> db::Result<()> {
        store::append(conn, &event, self.clock.now()).await.map(|_line| ())
    }

    /// Up to `limit` lines before line `before` (or the newest), newest first.
    pub async fn list_before(&self, before: Option<i64>, limit: i64) -> db::Result<Vec<AuditLine>> {
        store::list_before(&mut *self.db.read().await?, before.unwrap_or(i64::MAX), limit).await
    }

    /// The lines about one subject, oldest first.
    pub async fn list_of_subject(&self, subject: &str) -> db::Result<Vec<AuditLine>> {
        store::list_of_subject(&mut *self.db.read().await?, subject).await
    }
}
