//! The `jobs` table: how a job gets into it, who has it, and how it ends. What an admin sees and does is in [`admin`].

pub(super) mod admin;

use jiff::Timestamp;

use crate::db::{self, Conn, from_row, micros};
use crate::jobs::model::{ClaimedJob, JobId, JobState};

/// A row to be added.
#[derive(Debug)]
pub(super) struct NewJob<'a> {
    /// Its id.
    pub(super) id: &'a JobId,
    /// Names the code that runs it.
    pub(super) kind: &'a str,
    /// JSON of the payload.
    pub(super) payload: &'a str,
    /// When it is due.
    pub(super) due_at: Timestamp,
}

/// Adds a job.
pub(super) async fn add(conn: &mut Conn, job: &NewJob<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, state, attempts, lease, due_at, created_at, written_at)
         VALUES ($1, $2, $3, 'queued', 0, 0, $4, $5, $5)",
    )
    .bind(job.id.as_str())
    .bind(job.kind)
    .bind(job.payload)
    .bind(micros(job.due_at))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds the job of a key. One that waits under it is due no later than the new one would be, one that runs is told to run
/// once more, and one that failed begins anew.
pub(super) async fn wake(conn: &mut Conn, key: &str, job: &NewJob<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, unique_key, state, attempts, lease, due_at, created_at, written_at)
         VALUES ($1, $2, $3, $4, 'queued', 0, 0, $5, $6, $6)
         ON CONFLICT (unique_key) DO UPDATE
         SET state = CASE WHEN jobs.state = 'failed' THEN 'queued' ELSE jobs.state END,
             attempts = CASE WHEN jobs.state = 'failed' THEN 0 ELSE jobs.attempts END,
             finished_at = NULL,
             woken_at = CASE WHEN jobs.state = 'running' THEN excluded.created_at END,
             due_at = CASE WHEN jobs.state = 'running' OR jobs.due_at < excluded.due_at THEN jobs.due_at
                           ELSE excluded.due_at END,
             written_at = CASE WHEN jobs.state = 'running' OR jobs.due_at < excluded.due_at THEN jobs.written_at
                               ELSE excluded.written_at END",
    )
    .bind(job.id.as_str())
    .bind(job.kind)
    .bind(job.payload)
    .bind(key)
    .bind(micros(job.due_at))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds the job of a key unless it is there; one that waits is due no later than the new one would be.
pub(super) async fn schedule(conn: &mut Conn, key: &str, job: &NewJob<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO jobs (id, kind, payload, unique_key, state, attempts, lease, due_at, created_at, written_at)
         VALUES ($1, $2, $3, $4, 'queued', 0, 0, $5, $6, $6)
         ON CONFLICT (unique_key) DO UPDATE
         SET due_at = excluded.due_at, written_at = excluded.written_at
         WHERE jobs.state = 'queued' AND jobs.due_at > excluded.due_at",
    )
    .bind(job.id.as_str())
    .bind(job.kind)
    .bind(job.payload)
    .bind(key)
    .bind(micros(job.due_at))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the job of a key runs, or waits until `latest` at the most.
pub(super) async fn is_scheduled(conn: &mut Conn, key: &str, latest: Timestamp) -> db::Result<bool> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM jobs WHERE unique_key = $1 AND (state = 'running' OR due_at <= $2)")
            .bind(key)
            .bind(micros(latest))
            .fetch_one(conn)
            .await?;
    Ok(count > 0)
}

/// How many unfinished jobs were written by a clock ahead of `now`.
pub(super) async fn count_ahead(conn: &mut Conn, now: Timestamp) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM jobs WHERE finished_at IS NULL AND written_at > $1")
        .bind(micros(now))
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// Moves what was written by a clock ahead of `now` back by as much as it was ahead.
pub(super) async fn move_back(conn: &mut Conn, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE jobs
         SET due_at = due_at - (written_at - $1), written_at = $1
         WHERE finished_at IS NULL AND written_at > $1",
    )
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// The kinds of which a job may be claimed, the one that has waited the longest first.
pub(super) async fn list_due_kinds(conn: &mut Conn, now: Timestamp) -> db::Result<Vec<String>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT kind, MIN(due_at)
         FROM jobs
         WHERE finished_at IS NULL AND due_at <= $1
         GROUP BY kind
         ORDER BY MIN(due_at)",
    )
    .bind(micros(now))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(kind, _due_at)| kind).collect())
}

from_row! {
    struct ClaimedRow {
        id: String,
        payload: String,
        unique_key: Option<String>,
        attempts: i64,
        lease: i64,
    }
}

/// Claims the job of a kind that has been due the longest, with a lease until `until`; `None` when another worker was
/// first.
pub(super) async fn claim(
    conn: &mut Conn,
    kind: &str,
    now: Timestamp,
    until: Timestamp,
) -> db::Result<Option<ClaimedJob>> {
    let row: Option<ClaimedRow> = sqlx::query_as(
        "UPDATE jobs
         SET state = 'running', attempts = attempts + 1, lease = lease + 1, due_at = $3, woken_at = NULL,
             written_at = $2
         WHERE id = (
             SELECT id FROM jobs
             WHERE finished_at IS NULL AND kind = $1 AND due_at <= $2
             ORDER BY due_at, id
             LIMIT 1
         )
         AND finished_at IS NULL AND due_at <= $2
         RETURNING id, payload, unique_key, attempts, lease",
    )
    .bind(kind)
    .bind(micros(now))
    .bind(micros(until))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| ClaimedJob {
        id: JobId::from(row.id),
        kind: kind.to_owned(),
        payload: row.payload,
        unique_key: row.unique_key,
        attempts: row.attempts,
        lease: row.lease,
        until,
    }))
}

/// Moves the end of a lease; `false` when another attempt has the job.
pub(super) async fn extend(conn: &mut Conn, job: &ClaimedJob, now: Timestamp, until: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE jobs
         SET due_at = $3, written_at = $4
         WHERE id = $1 AND lease = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.lease)
    .bind(micros(until))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What an attempt leaves behind.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Where the job is now.
    pub state: JobState,
    /// Attempts that count towards giving up.
    pub attempts: i64,
    /// When it is due, should it run again.
    pub due_at: Timestamp,
    /// What went wrong.
    pub last_error: Option<String>,
}

/// Writes what an attempt left behind; `false` when another attempt has the job. One that was woken meanwhile is due at once.
pub(super) async fn finish(conn: &mut Conn, job: &ClaimedJob, finish: &Finish, now: Timestamp) -> db::Result<bool> {
    let finished_at = matches!(finish.state, JobState::Done | JobState::Failed).then(|| micros(now));
    let done = sqlx::query(
        "UPDATE jobs
         SET state = CASE WHEN woken_at IS NULL THEN $3 ELSE 'queued' END,
             attempts = $4,
             due_at = CASE WHEN woken_at IS NULL THEN $5 ELSE $6 END,
             last_error = $7,
             finished_at = CASE WHEN woken_at IS NULL THEN CAST($8 AS BIGINT) END,
             unique_key = CASE WHEN woken_at IS NULL AND $3 = 'done' THEN NULL ELSE unique_key END,
             woken_at = NULL,
             written_at = $6
         WHERE id = $1 AND lease = $2 AND state = 'running'",
    )
    .bind(job.id.as_str())
    .bind(job.lease)
    .bind(finish.state.as_str())
    .bind(finish.attempts)
    .bind(micros(finish.due_at))
    .bind(micros(now))
    .bind(finish.last_error.as_deref())
    .bind(finished_at)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
