//! The table `grading_passes`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, micros, timestamp};
use crate::grading::model::{GradingRequest, GradingRequestId, Pass};

/// Records that a task was passed, unless it was passed before; answers whether it was recorded. Beside it is kept how many
/// of its hints were asked for before, and how many checks of the session there were.
pub(in crate::grading) async fn add(
    conn: &mut Conn,
    request: &GradingRequest,
    task: &str,
    now: Timestamp,
) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_passes (person_id, lab, task, request_id, passed_at, hints, asked_checks, live_checks)
         SELECT $1, $2, $3, $4, $5,
             (SELECT COUNT(*) FROM grading_hints WHERE session_id = $6 AND task = $3),
             (SELECT COUNT(*) FROM grading_requests WHERE session_id = $6 AND state = 'graded' AND origin = 'learner'),
             COALESCE((SELECT revision FROM grading_live WHERE session_id = $6), 0)
                 - (SELECT COUNT(*) FROM grading_requests WHERE session_id = $6 AND state = 'graded' AND origin = 'learner')
         WHERE NOT EXISTS (SELECT 1 FROM grading_passes WHERE person_id = $1 AND lab = $2 AND task = $3)
         ON CONFLICT (person_id, lab, task) DO NOTHING
         RETURNING task",
    )
    .bind(request.person_id.as_str())
    .bind(request.lab.as_str())
    .bind(task)
    .bind(request.id.as_str())
    .bind(micros(now))
    .bind(request.session_id.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The tasks of a lab that a person has passed, by the task's id.
pub(in crate::grading) async fn list(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
) -> db::Result<BTreeMap<String, Pass>> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT task, request_id, passed_at, hints FROM grading_passes WHERE person_id = $1 AND lab = $2",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_all(conn)
    .await?;
    let pass = |(task, request, at, hints): (String, String, i64, i64)| {
        let passed_at = timestamp(at, "grading_passes.passed_at")?;
        let hints = u32::try_from(hints).unwrap_or(u32::MAX);
        Ok((task, Pass { request: GradingRequestId::from(request), passed_at, hints }))
    };
    rows.into_iter().map(pass).collect()
}

/// The tasks that a person has passed, by lab.
pub(in crate::grading) async fn list_all(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<(String, String)>> {
    Ok(sqlx::query_as("SELECT lab, task FROM grading_passes WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_all(conn)
        .await?)
}
