//! The table `grading_answers`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::db::{self, Conn, micros, timestamp};
use crate::grading::answer::Answer;
use crate::labs::SessionId;

/// The answers of a session, by task and name.
pub(in crate::grading) type Answers = BTreeMap<(String, String), Answer>;

/// Keeps an answer in place of the one before.
pub(in crate::grading) async fn put(
    conn: &mut Conn,
    session: &SessionId,
    (task, name): (&str, &str),
    answer: &Answer,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_answers (session_id, task, name, text, reported_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (session_id, task, name) DO UPDATE SET text = excluded.text, reported_at = excluded.reported_at",
    )
    .bind(session.as_str())
    .bind(task)
    .bind(name)
    .bind(answer.text.as_str())
    .bind(micros(answer.reported_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes those from before a time; answers how many there were.
pub(in crate::grading) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let pruned =
        sqlx::query("DELETE FROM grading_answers WHERE reported_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(pruned.rows_affected())
}

/// All answers of a session.
pub(in crate::grading) async fn list(conn: &mut Conn, session: &SessionId) -> db::Result<Answers> {
    let rows: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT task, name, text, reported_at FROM grading_answers WHERE session_id = $1")
            .bind(session.as_str())
            .fetch_all(conn)
            .await?;
    let answer = |(task, name, text, at): (String, String, String, i64)| {
        Ok(((task, name), Answer { text, reported_at: timestamp(at, "grading_answers.reported_at")? }))
    };
    rows.into_iter().map(answer).collect()
}
