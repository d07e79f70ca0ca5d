//! The tables `lab_sessions`, `lab_steps` and `lab_locks`.

use jiff::Timestamp;

use super::model::{LabSession, SessionId, StepRecord};
use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, from_row, micros, optional_micros, optional_timestamp, timestamp};

from_row! {
    struct SessionRow {
        id: String,
        person_id: String,
        lab: String,
        namespace: String,
        nonce: String,
        state: String,
        reason: Option<String>,
        status_message: Option<String>,
        extensions: i64,
        created_at: i64,
        state_since: i64,
        provisioned_at: Option<i64>,
        applied_at: Option<i64>,
        ready_at: Option<i64>,
        expires_at: Option<i64>,
        isolation_hash: Option<String>,
        isolated_at: Option<i64>,
        isolation_lost_at: Option<i64>,
    }
}

impl TryFrom<SessionRow> for LabSession {
    type Error = db::Error;

    fn try_from(row: SessionRow) -> db::Result<Self> {
        Ok(Self {
            id: SessionId::from(row.id),
            person_id: PersonId::from(row.person_id),
            lab: row.lab,
            namespace: row.namespace,
            nonce: row.nonce,
            state: enum_text(&row.state, "lab_sessions.state")?,
            reason: row.reason,
            status_message: row.status_message,
            extensions: row.extensions,
            created_at: timestamp(row.created_at, "lab_sessions.created_at")?,
            state_since: timestamp(row.state_since, "lab_sessions.state_since")?,
            provisioned_at: optional_timestamp(row.provisioned_at, "lab_sessions.provisioned_at")?,
            applied_at: optional_timestamp(row.applied_at, "lab_sessions.applied_at")?,
            ready_at: optional_timestamp(row.ready_at, "lab_sessions.ready_at")?,
            expires_at: optional_timestamp(row.expires_at, "lab_sessions.expires_at")?,
            isolation_hash: row.isolation_hash,
            isolated_at: optional_timestamp(row.isolated_at, "lab_sessions.isolated_at")?,
            isolation_lost_at: optional_timestamp(row.isolation_lost_at, "lab_sessions.isolation_lost_at")?,
        })
    }
}

/// Adds a session unless its person has a live one of the same lab; answers whether it was added.
pub(super) async fn add(conn: &mut Conn, session: &LabSession) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO lab_sessions
             (id, person_id, lab, namespace, nonce, state, extensions, created_at, state_since, provisioned_at)
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)
         ON CONFLICT (person_id, lab) WHERE over_at IS NULL DO NOTHING
         RETURNING id",
    )
    .bind(session.id.as_str())
    .bind(session.person_id.as_str())
    .bind(session.lab.as_str())
    .bind(session.namespace.as_str())
    .bind(session.nonce.as_str())
    .bind(session.state.as_str())
    .bind(micros(session.created_at))
    .bind(micros(session.state_since))
    .bind(optional_micros(session.provisioned_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Takes the lock under which sessions are admitted, and counts those that use the cluster.
pub(super) async fn lock_capacity(conn: &mut Conn) -> db::Result<i64> {
    sqlx::query("UPDATE lab_locks SET revision = revision + 1 WHERE name = 'capacity'").execute(&mut *conn).await?;
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM lab_sessions WHERE state IN ('provisioning', 'ready')")
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// One session.
pub(super) async fn find(conn: &mut Conn, id: &SessionId) -> db::Result<Option<LabSession>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT id, person_id, lab, namespace, nonce, state, reason, status_message, extensions, created_at, state_since,
                provisioned_at, applied_at, ready_at, expires_at, isolation_hash, isolated_at, isolation_lost_at
         FROM lab_sessions
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(LabSession::try_from).transpose()
}

/// One session, locked against other writers until the transaction ends.
pub(super) async fn lock(conn: &mut Conn, id: &SessionId) -> db::Result<Option<LabSession>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "UPDATE lab_sessions
         SET state = state
         WHERE id = $1
         RETURNING id, person_id, lab, namespace, nonce, state, reason, status_message, extensions, created_at, state_since,
                   provisioned_at, applied_at, ready_at, expires_at, isolation_hash, isolated_at, isolation_lost_at",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(LabSession::try_from).transpose()
}

/// The session of a namespace.
pub(super) async fn find_by_namespace(conn: &mut Conn, namespace: &str) -> db::Result<Option<LabSession>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT id, person_id, lab, namespace, nonce, state, reason, status_message, extensions, created_at, state_since,
                provisioned_at, applied_at, ready_at, expires_at, isolation_hash, isolated_at, isolation_lost_at
         FROM lab_sessions
         WHERE namespace = $1",
    )
    .bind(namespace)
    .fetch_optional(conn)
    .await?;
    row.map(LabSession::try_from).transpose()
}

/// Records when one of the objects was deleted that isolate a session's namespace.
pub(super) async fn record_isolation_lost(conn: &mut Conn, id: &SessionId, at: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE lab_sessions SET isolation_lost_at = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(micros(at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the steps of sessions that were over before `before`.
pub(super) async fn prune_steps(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let pruned = sqlx::query(
        "DELETE FROM lab_steps
         WHERE session_id IN (SELECT id FROM lab_sessions WHERE over_at < $1)",
    )
    .bind(micros(before))
    .execute(conn)
    .await?;
    Ok(pruned.rows_affected())
}

/// A person's newest session of a lab: the live one, or else the last one.
pub(super) async fn find_newest(conn: &mut Conn, person: &PersonId, lab: &str) -> db::Result<Option<LabSession>> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT id, person_id, lab, namespace, nonce, state, reason, status_message, extensions, created_at, state_since,
                provisioned_at, applied_at, ready_at, expires_at, isolation_hash, isolated_at, isolation_lost_at
         FROM lab_sessions
         WHERE person_id = $1 AND lab = $2
         ORDER BY over_at DESC NULLS FIRST, id DESC
         LIMIT 1",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_optional(conn)
    .await?;
    row.map(LabSession::try_from).transpose()
}

/// Every live session, or one person's, the oldest first.
pub(super) async fn list_live(conn: &mut Conn, person: Option<&PersonId>) -> db::Result<Vec<LabSession>> {
    let rows: Vec<SessionRow> = sqlx::query_as(
        "SELECT id, person_id, lab, namespace, nonce, state, reason, status_message, extensions, created_at, state_since,
                provisioned_at, applied_at, ready_at, expires_at, isolation_hash, isolated_at, isolation_lost_at
         FROM lab_sessions
         WHERE over_at IS NULL AND (CAST($1 AS TEXT) IS NULL OR person_id = $1)
         ORDER BY created_at, id",
    )
    .bind(person.map(PersonId::as_str))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(LabSession::try_from).collect()
}

/// The sessions in the queue, the next one first.
pub(super) async fn list_queued(conn: &mut Conn, limit: i64) -> db::Result<Vec<SessionId>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT id FROM lab_sessions
         WHERE state = 'queued'
         ORDER BY created_at, id
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id,)| SessionId::from(id)).collect())
}

/// How many sessions are ahead of this one in the queue.
pub(super) async fn count_ahead(conn: &mut Conn, session: &LabSession) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM lab_sessions
         WHERE state = 'queued' AND (created_at < $1 OR (created_at = $1 AND id < $2))",
    )
    .bind(micros(session.created_at))
    .bind(session.id.as_str())
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// When the live sessions expire that have a time.
pub(super) async fn list_expiries(conn: &mut Conn) -> db::Result<Vec<Timestamp>> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT expires_at FROM lab_sessions WHERE over_at IS NULL AND expires_at IS NOT NULL")
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(|(at,)| timestamp(at, "lab_sessions.expires_at")).collect()
}

/// How long the last `limit` starts took, from admitted to ready, in microseconds.
pub(super) async fn list_start_lengths(conn: &mut Conn, limit: i64) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT ready_at - provisioned_at FROM lab_sessions
         WHERE ready_at IS NOT NULL AND provisioned_at IS NOT NULL
         ORDER BY ready_at DESC
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(length,)| length).collect())
}

/// Writes the changeable fields of a session that [`lock`] gave.
pub(super) async fn update(conn: &mut Conn, session: &LabSession) -> db::Result<()> {
    let over_at = (!session.state.is_live()).then_some(session.state_since);
    sqlx::query(
        "UPDATE lab_sessions
         SET state = $2, reason = $3, status_message = $4, extensions = $5, state_since = $6, provisioned_at = $7,
             applied_at = $8, ready_at = $9, expires_at = $10, over_at = $11, isolation_hash = $12, isolated_at = $13
         WHERE id = $1",
    )
    .bind(session.id.as_str())
    .bind(session.state.as_str())
    .bind(session.reason.as_deref())
    .bind(session.status_message.as_deref())
    .bind(session.extensions)
    .bind(micros(session.state_since))
    .bind(optional_micros(session.provisioned_at))
    .bind(optional_micros(session.applied_at))
    .bind(optional_micros(session.ready_at))
    .bind(optional_micros(session.expires_at))
    .bind(optional_micros(over_at))
    .bind(session.isolation_hash.as_deref())
    .bind(optional_micros(session.isolated_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Records when a step started, and when it was done if it is; the first recorded times are kept.
pub(super) async fn record_step(conn: &mut Conn, session: &SessionId, record: &StepRecord) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO lab_steps (session_id, step, started_at, ended_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (session_id, step)
         DO UPDATE SET ended_at = COALESCE(lab_steps.ended_at, excluded.ended_at)",
    )
    .bind(session.as_str())
    .bind(record.step.as_str())
    .bind(micros(record.started_at))
    .bind(optional_micros(record.ended_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// The steps of a session, in their order.
pub(super) async fn list_steps(conn: &mut Conn, session: &SessionId) -> db::Result<Vec<StepRecord>> {
    let rows: Vec<(String, i64, Option<i64>)> =
        sqlx::query_as("SELECT step, started_at, ended_at FROM lab_steps WHERE session_id = $1")
            .bind(session.as_str())
            .fetch_all(conn)
            .await?;
    let mut steps = rows
        .into_iter()
        .map(|(step, started_at, ended_at)| {
            Ok(StepRecord {
                step: enum_text(&step, "lab_steps.step")?,
                started_at: timestamp(started_at, "lab_steps.started_at")?,
                ended_at: optional_timestamp(ended_at, "lab_steps.ended_at")?,
            })
        })
        .collect::<db::Result<Vec<_>>>()?;
    steps.sort_by_key(|record| record.step);
    Ok(steps)
}

/// How many sessions there are in each state that is not over.
pub(super) async fn count_live(conn: &mut Conn) -> db::Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as("SELECT state, COUNT(*) FROM lab_sessions WHERE over_at IS NULL GROUP BY state ORDER BY state")
        .fetch_all(conn)
        .await?)
}

/// How long a person's sessions were ready so far, in microseconds; one that is live counts until `now`.
pub(super) async fn sum_time_used(conn: &mut Conn, person: &PersonId, now: Timestamp) -> db::Result<i64> {
    let (sum,): (i64,) = sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(COALESCE(over_at, $2) - ready_at), 0) AS BIGINT)
         FROM lab_sessions
         WHERE person_id = $1 AND ready_at IS NOT NULL",
    )
    .bind(person.as_str())
    .bind(micros(now))
    .fetch_one(conn)
    .await?;
    Ok(sum)
}
