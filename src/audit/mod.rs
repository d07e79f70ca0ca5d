//! Who did what, when: an append-only ledger in which every line's hash covers the line before it, so that a changed or
//! missing line shows.
//!
//! Tables: `audit_lines`, and `audit_head`, whose one row is the end of the chain and the lock under which it grows.

mod model;
pub mod store;

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

    /// Up to `limit` lines before line `before` (or the newest), newest first.
    pub async fn list_before(&self, before: Option<i64>, filter: Filter<'_>, limit: i64) -> db::Result<Vec<AuditLine>> {
        store::list_before(&mut *self.db.read().await?, before.unwrap_or(i64::MAX), filter, limit).await
    }

    /// Every action that the ledger holds.
    pub async fn list_actions(&self) -> db::Result<Vec<String>> {
        store::list_actions(&mut *self.db.read().await?).await
    }

    /// Walks along the whole chain, from its beginning to the end that is written down apart from it.
    pub async fn check(&self) -> db::Result<ChainCheck> {
        let mut conn = self.db.read().await?;
        let (end, end_hash) = store::find_head(&mut conn).await?;
        let mut last: Option<AuditLine> = None;
        loop {
            let after = last.as_ref().map_or(0, |line| line.seq);
            let mut lines: Vec<AuditLine> = last.iter().cloned().collect();
            lines.extend(store::list_after(&mut conn, after, CHECKED_AT_A_TIME).await?);
            let is_whole_start = last.is_some() || lines.first().is_none_or(|line| line.seq == 1);
            let broken_at = if is_whole_start { find_break(&lines) } else { Some(1) };
            if broken_at.is_some() {
                return Ok(ChainCheck { lines: end, broken_at });
            }
            match lines.pop() {
                Some(line) if line.seq > after => last = Some(line),
                _ => break,
            }
        }
        let (seq, hash) = last.map_or((0, None), |line| (line.seq, Some(line.hash)));
        // A line written since the walk began makes the chain longer than its end was then.
        let is_short = seq < end || (seq == end && hash.is_some_and(|hash| hash != end_hash));
        Ok(ChainCheck { lines: seq, broken_at: is_short.then_some(seq + 1) })
    }

    /// The lines about one subject, oldest first.
    pub async fn list_of_subject(&self, subject: &str) -> db::Result<Vec<AuditLine>> {
        store::list_of_subject(&mut *self.db.read().await?, subject).await
    }
}
