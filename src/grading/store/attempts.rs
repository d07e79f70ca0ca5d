//! The table `grading_attempts`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, micros};
use crate::labs::SessionId;

/// Records that a person works on a task in a session.
pub(in crate::grading) async fn add(
    conn: &mut Conn,
    person: &PersonId,
    session: &SessionId,
    (lab, task): (&str, &str),
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_attempts (person_id, lab, task, session_id, attempted_at, hints)
         VALUES ($1, $2, $3, $4, $5, 0)
         ON CONFLICT (person_id, lab, task) DO UPDATE SET session_id = excluded.session_id",
    )
    .bind(person.as_str())
    .bind(lab)
    .bind(task)
    .bind(session.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts one more hint of a task that a person works on.
pub(in crate::grading) async fn count_hint(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
    task: &str,
) -> db::Result<()> {
    sqlx::query("UPDATE grading_attempts SET hints = hints + 1 WHERE person_id = $1 AND lab = $2 AND task = $3")
        .bind(person.as_str())
        .bind(lab)
        .bind(task)
        .execute(conn)
        .await?;
    Ok(())
}

/// The tasks on which a person has worked in a session.
pub(in crate::grading) async fn list(
    conn: &mut Conn,
    person: &PersonId,
    session: &SessionId,
    lab: &str,
) -> db::Result<BTreeSet<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT task FROM grading_attempts WHERE person_id = $1 AND lab = $2 AND session_id = $3")
            .bind(person.as_str())
            .bind(lab)
            .bind(session.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(task,)| task).collect())
}
