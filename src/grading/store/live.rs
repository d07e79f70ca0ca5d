//! The table `grading_live`, and what the checks that run by themselves add to the requests and take out of them again.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::VerdictRow;
use crate::accounts::PersonId;
use crate::db::{self, Conn, micros, optional_timestamp};
use crate::grading::model::{GradingRequest, GradingRequestId, LiveState, VerdictRecord};
use crate::labs::SessionId;

/// How far the checks of a session are; the beginning when it had none.
pub(in crate::grading) async fn find_state(conn: &mut Conn, session: &SessionId) -> db::Result<LiveState> {
    let row: Option<(i64, Option<i64>, Option<i64>)> =
        sqlx::query_as("SELECT revision, checked_at, probed_at FROM grading_live WHERE session_id = $1")
            .bind(session.as_str())
            .fetch_optional(conn)
            .await?;
    let Some((revision, checked_at, probed_at)) = row else { return Ok(LiveState::default()) };
    Ok(LiveState {
        revision,
        checked_at: optional_timestamp(checked_at, "grading_live.checked_at")?,
        probed_at: optional_timestamp(probed_at, "grading_live.probed_at")?,
    })
}

/// Records when a session was checked after a change.
pub(in crate::grading) async fn mark_checked(conn: &mut Conn, session: &SessionId, at: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_live (session_id, revision, checked_at) VALUES ($1, 0, $2)
         ON CONFLICT (session_id) DO UPDATE SET checked_at = excluded.checked_at",
    )
    .bind(session.as_str())
    .bind(micros(at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Records when what takes requests was checked.
pub(in crate::grading) async fn mark_probed(conn: &mut Conn, session: &SessionId, at: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_live (session_id, revision, probed_at) VALUES ($1, 0, $2)
         ON CONFLICT (session_id) DO UPDATE SET probed_at = excluded.probed_at",
    )
    .bind(session.as_str())
    .bind(micros(at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts one more record of a session's verdicts.
pub(in crate::grading) async fn raise_revision(conn: &mut Conn, session: &SessionId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_live (session_id, revision, recorded_at) VALUES ($1, 1, $2)
         ON CONFLICT (session_id)
         DO UPDATE SET revision = grading_live.revision + 1, recorded_at = excluded.recorded_at",
    )
    .bind(session.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a request that has its verdicts already, unless others were recorded after `revision`; answers whether it was added.
pub(in crate::grading) async fn add_graded(
    conn: &mut Conn,
    request: &GradingRequest,
    (record, revision): (&str, i64),
    now: Timestamp,
) -> db::Result<bool> {
    let raised = sqlx::query(
        "INSERT INTO grading_live (session_id, revision, recorded_at) VALUES ($1, 1, $2)
         ON CONFLICT (session_id)
         DO UPDATE SET revision = grading_live.revision + 1, recorded_at = excluded.recorded_at
         WHERE grading_live.revision = $3
         RETURNING session_id",
    )
    .bind(request.session_id.as_str())
    .bind(micros(now))
    .bind(revision)
    .fetch_optional(&mut *conn)
    .await?;
    if raised.is_none() {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO grading_requests (id, person_id, session_id, lab, origin, state, requested_at, ended_at, record)
         VALUES ($1, $2, $3, $4, $5, 'graded', $6, $7, $8)",
    )
    .bind(request.id.as_str())
    .bind(request.person_id.as_str())
    .bind(request.session_id.as_str())
    .bind(request.lab.as_str())
    .bind(request.origin.as_str())
    .bind(micros(request.requested_at))
    .bind(micros(now))
    .bind(record)
    .execute(conn)
    .await?;
    Ok(true)
}

/// The requests of a session that no learner made, no pass is based on, and whose every task has newer verdicts.
pub(in crate::grading) async fn list_superseded(
    conn: &mut Conn,
    session: &SessionId,
) -> db::Result<Vec<(PersonId, GradingRequestId)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT r.person_id, r.id FROM grading_requests r
         WHERE r.session_id = $1 AND r.state = 'graded' AND r.origin <> 'learner'
           AND NOT EXISTS (SELECT 1 FROM grading_passes p WHERE p.request_id = r.id)
           AND NOT EXISTS (
               SELECT 1 FROM grading_verdicts v
               WHERE v.request_id = r.id AND NOT EXISTS (
                   SELECT 1 FROM grading_requests n JOIN grading_verdicts w ON w.request_id = n.id
                   WHERE n.session_id = $1 AND n.state = 'graded' AND w.task = v.task
                     AND (n.requested_at > r.requested_at OR (n.requested_at = r.requested_at AND n.id > r.id))))",
    )
    .bind(session.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(person, id)| (PersonId::from(person), GradingRequestId::from(id))).collect())
}

/// The newest verdicts of each task of a session: those of the newest request that is about it.
pub(in crate::grading) async fn list_newest_verdicts(
    conn: &mut Conn,
    session: &SessionId,
) -> db::Result<Vec<VerdictRecord>> {
    // A learner's request is about every task, so the newest of these makes the older ones needless.
    let rows: Vec<VerdictRow> = sqlx::query_as(
        "SELECT v.request_id, v.task, v.check_id, v.verdict, v.hint, v.judged_at
         FROM grading_requests r JOIN grading_verdicts v ON v.request_id = r.id
         WHERE r.session_id = $1 AND r.state = 'graded' AND (r.origin <> 'learner' OR r.id = (
             SELECT n.id FROM grading_requests n
             WHERE n.session_id = $1 AND n.state = 'graded' AND n.origin = 'learner'
             ORDER BY n.requested_at DESC, n.id DESC LIMIT 1))
         ORDER BY r.requested_at DESC, r.id DESC, v.position",
    )
    .bind(session.as_str())
    .fetch_all(conn)
    .await?;
    let mut newest: BTreeMap<String, GradingRequestId> = BTreeMap::new();
    let mut verdicts = Vec::new();
    for row in rows {
        let verdict = VerdictRecord::try_from(row)?;
        if *newest.entry(verdict.task.clone()).or_insert_with(|| verdict.request.clone()) == verdict.request {
            verdicts.push(verdict);
        }
    }
    Ok(verdicts)
}

/// The sessions of which verdicts were recorded after `since`, each with its revision.
pub(in crate::grading) async fn list_recorded(conn: &mut Conn, since: Timestamp) -> db::Result<Vec<(SessionId, i64)>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT session_id, revision FROM grading_live WHERE recorded_at > $1")
            .bind(micros(since))
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(session, revision)| (SessionId::from(session), revision)).collect())
}

/// Deletes what is kept of sessions that were neither checked nor graded after `before`.
pub(in crate::grading) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<()> {
    sqlx::query(
        "DELETE FROM grading_live
         WHERE COALESCE(recorded_at, 0) < $1 AND COALESCE(checked_at, 0) < $1 AND COALESCE(probed_at, 0) < $1",
    )
    .bind(micros(before))
    .execute(conn)
    .await?;
    Ok(())
}
