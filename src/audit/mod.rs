//! Who did what, when: an append-only ledger in which every line's hash covers the line before it, so that a changed or
//! missing line shows.
//!
//! Tables: `audit_lines`, and `audit_head`, whose one row is the end of the chain and the lock under which it grows.

mod model;
mod store;

use model::Walk;

use crate::clock::Clock;
use crate::db::{self, Conn, Db};

pub use model::{AuditLine, ChainCheck, Event, Filter, find_break};

/// How many lines a walk along the chain holds at a time.
const CHECKED_AT_A_TIME: i64 = 1_000;

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

    /// Every action that the ledger holds.
    pub async fn list_actions(&self) -> db::Result<Vec<String>> {
        store::list_actions(&mut *self.db.read().await?).await
    }

    /// Walks along the whole chain, from its beginning to the end that is written down apart from it.
    ///
    /// The end is read after the lines that lead to it, so a line that is written meanwhile only makes the walk longer,
    /// and a line past the end is told.
    pub async fn check(&self) -> db::Result<ChainCheck> {
        let mut conn = self.db.read().await?;
        let mut walk = Walk::start();
        loop {
            let lines = store::list_after(&mut conn, walk.seq(), CHECKED_AT_A_TIME).await?;
            if lines.iter().any(|line| !walk.step(line)) {
                return Ok(walk.broken_at(walk.seq() + 1));
            }
            if !lines.is_empty() {
                continue;
            }
            let Some((end, hash)) = store::find_head(&mut conn).await? else {
                return Ok(walk.broken_at(walk.seq() + 1));
            };
            // A line was written since the last one was read.
            if end > walk.seq() && store::has_line(&mut conn, walk.seq() + 1).await? {
                continue;
            }
            return Ok(walk.end_at(end, &hash));
        }
    }

    /// The lines about one subject, oldest first.
    pub async fn list_of_subject(&self, subject: &str) -> db::Result<Vec<AuditLine>> {
        store::list_of_subject(&mut *self.db.read().await?, subject).await
    }
}
