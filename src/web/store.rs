//! The table of counted attempts.

use jiff::Timestamp;

use crate::db::{self, Conn, micros};

/// Adds one to the count of `key` in the window that starts at `window_start`, and answers the count.
pub(super) async fn count_attempt(conn: &mut Conn, key: &str, window_start: Timestamp) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "INSERT INTO limit_counts (key, window_start, count)
         VALUES ($1, $2, 1)
         ON CONFLICT (key, window_start) DO UPDATE SET count = limit_counts.count + 1
         RETURNING count",
    )
    .bind(key)
    .bind(micros(window_start))
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// Forgets the counts of stretches that started before `before`.
pub(super) async fn forget_before(conn: &mut Conn, before: Timestamp) -> db::Result<()> {
    sqlx::query("DELETE FROM limit_counts WHERE window_start < $1").bind(micros(before)).execute(conn).await?;
    Ok(())
}
