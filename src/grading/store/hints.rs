//! The table `grading_hints`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::db::{self, Conn, micros};
use crate::labs::SessionId;

/// The checks of a session whose hints were asked for, by task and check.
pub(in crate::grading) type AskedHints = BTreeSet<(String, String)>;

/// Adds that the hint of a check was asked for; `false` when it was before.
pub(in crate::grading) async fn add(
    conn: &mut Conn,
    session: &SessionId,
    (task, check): (&str, &str),
    now: Timestamp,
) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_hints (session_id, task, check_id, asked_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (session_id, task, check_id) DO NOTHING
         RETURNING task",
    )
    .bind(session.as_str())
    .bind(task)
    .bind(check)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The hints that were asked for in a session.
pub(in crate::grading) async fn list(conn: &mut Conn, session: &SessionId) -> db::Result<AskedHints> {
    let rows: Vec<(String, String)> = sqlx::query_as("SELECT task, check_id FROM grading_hints WHERE session_id = $1")
        .bind(session.as_str())
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Deletes those from before a time.
pub(in crate::grading) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<()> {
    sqlx::query("DELETE FROM grading_hints WHERE asked_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(())
}
