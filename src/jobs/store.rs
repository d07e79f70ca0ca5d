//! The `jobs` table.

use jiff::Timestamp;
use sqlx::FromRow;

use super::model::{ClaimedJob, JobId, JobSummary};
use crate::db::{self, Conn, micros, timestamp};

/// A row to be added.
#[derive(Debug)]
pub struct NewJob<'a> {
    /// Its id.
    pub id: &'a JobId,
    /// Names the code that runs it.
    pub kind: &'a str,
    /// JSON of the payload.
    pub payload: &'a str,
    /// Keeps a second job of the same key away while this one waits or runs.
    pub unique_key: Option<&'a str>,
    /// When it is due.
    pub run_at: Timestamp,
}

/// Adds a job; `false` when one with the same key is already waiting or running.
pub async fn add(conn: &mut Conn, job: &NewJob<'_>, now: Timestamp) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO jobs (id, kind, payload, unique_key, state, attempts, run_at, created_at)
         VALUES ($1, $2, $3, $4, 'queued', 0, $5, $6)
         ON CONFLICT (unique_key) DO NOTHING
         RETURNING id",
    )
    .bind(job.id.as_str())
    .bind(job.kind)
    .bind(job.payload)
    .bind(job.unique_key)
    .bind(micros(job.run_at))
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// When the next job is due, the leases of crashed workers counted in.
pub async fn find_next_due(conn: &mut Conn) -> db::Result<Option<Timestamp>> {
    let (due,): (Option<i64>,) = sqlx::query_as(
        "SELECT MIN(CASE WHEN state = 'queued' THEN run_at ELSE claimed_until END)
         FROM jobs
         WHERE state IN ('queued', 'running')",
    )
    .fetch_one(conn)
    .await?;
    due.map(|stored| timestamp(stored, "jobs.run_at")).transpose()
}

#[derive(FromRow)]
struct ClaimedRow {
    id: String,
    kind: String,
    payload: String,
    attempts: i64,
}

/// Takes the job that has been due the longest, with a lease until `until`.
pub async fn claim(conn: &mut Conn, worker: &str, now: Timestamp, until: Timestamp) -> db::Result<Option<ClaimedJob>> {
    let row: Option<ClaimedRow> = sqlx::query_as(
        "UPDATE jobs
         SET state = 'running', claimed_by = $1, claimed_until = $2, attempts = attempts + 1
         WHERE id = (
             SELECT id FROM jobs
             WHERE (state = 'queued' AND run_at <= $3) OR (state = 'running' AND claimed_until <= $3)
             ORDER BY run_at, id
             LIMIT 1
         )
         AND ((state = 'queued' AND run_at <= $3) OR (state = 'running' AND claimed_until <= $3))
         RETURNING id, kind, payload, attempts",
    )
    .bind(worker)
    .bind(micros(until))
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| ClaimedJob {
        id: JobId::from(row.id),
        kind: row.kind,
        payload: row.payload,
        attempts: row.attempts,
    }))
}

/// Moves the end of a lease; `false` when the job is no longer this worker's.
pub async fn extend(conn: &mut Conn, id: &JobId, worker: &str, until: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE jobs
         SET claimed_until = $3
         WHERE id = $1 AND claimed_by = $2 AND state = 'running'",
    )
    .bind(id.as_str())
    .bind(worker)
    .bind(micros(until))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How a try ended, as stored.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// Finished; the payload is wiped, since a mail's body may hold a link.
    Done,
    /// To be tried again.
    Again {
        /// When.
        run_at: Timestamp,
        /// What went wrong.
        error: &'a str,
    },
    /// Given up.
    Failed {
        /// What went wrong.
        error: &'a str,
    },
    /// Handed back untried, because the worker stops.
    Released,
}

/// Writes how a try ended, if the job is still this worker's.
pub async fn settle(
    conn: &mut Conn,
    id: &JobId,
    worker: &str,
    outcome: &Outcome<'_>,
    now: Timestamp,
) -> db::Result<bool> {
    let query = match outcome {
        Outcome::Done => sqlx::query(
            "UPDATE jobs
             SET state = 'done', payload = '{}', unique_key = NULL, last_error = NULL, finished_at = $3,
                 claimed_until = NULL
             WHERE id = $1 AND claimed_by = $2 AND state = 'running'",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(micros(now)),
        Outcome::Again { run_at, error } => sqlx::query(
            "UPDATE jobs
             SET state = 'queued', run_at = $3, last_error = $4, claimed_by = NULL, claimed_until = NULL
             WHERE id = $1 AND claimed_by = $2 AND state = 'running'",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(micros(*run_at))
        .bind(*error),
        Outcome::Failed { error } => sqlx::query(
            "UPDATE jobs
             SET state = 'failed', unique_key = NULL, finished_at = $3, last_error = $4, claimed_until = NULL
             WHERE id = $1 AND claimed_by = $2 AND state = 'running'",
        )
        .bind(id.as_str())
        .bind(worker)
        .bind(micros(now))
        .bind(*error),
        Outcome::Released => sqlx::query(
            "UPDATE jobs
             SET state = 'queued', attempts = attempts - 1, claimed_by = NULL, claimed_until = NULL
             WHERE id = $1 AND claimed_by = $2 AND state = 'running'",
        )
        .bind(id.as_str())
        .bind(worker),
    };
    Ok(query.execute(conn).await?.rows_affected() == 1)
}

#[derive(FromRow)]
struct SummaryRow {
    id: String,
    kind: String,
    state: String,
    attempts: i64,
    run_at: i64,
    last_error: Option<String>,
}

/// The jobs that wait, run or failed, newest first.
pub async fn list_unfinished(conn: &mut Conn, limit: i64) -> db::Result<Vec<JobSummary>> {
    let rows: Vec<SummaryRow> = sqlx::query_as(
        "SELECT id, kind, state, attempts, run_at, last_error
         FROM jobs
         WHERE state <> 'done'
         ORDER BY created_at DESC, id DESC
         LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(JobSummary {
                id: JobId::from(row.id),
                kind: row.kind,
                state: row.state,
                attempts: row.attempts,
                run_at: timestamp(row.run_at, "jobs.run_at")?,
                last_error: row.last_error,
            })
        })
        .collect()
}

/// How many jobs there are in each state but `done`.
pub async fn count_unfinished(conn: &mut Conn) -> db::Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as("SELECT state, COUNT(*) FROM jobs WHERE state <> 'done' GROUP BY state ORDER BY state")
        .fetch_all(conn)
        .await?)
}

/// Puts a failed job back into the queue, as if it had never been tried; answers its kind.
pub async fn retry(conn: &mut Conn, id: &JobId, now: Timestamp) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as(
        "UPDATE jobs SET state = 'queued', attempts = 0, run_at = $2, claimed_by = NULL, finished_at = NULL
         WHERE id = $1 AND state = 'failed'
         RETURNING kind",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(kind,)| kind))
}

/// Removes a failed job; answers its kind.
pub async fn discard(conn: &mut Conn, id: &JobId) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("DELETE FROM jobs WHERE id = $1 AND state = 'failed' RETURNING kind")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(kind,)| kind))
}

/// Forgets finished jobs from before `before`.
pub async fn forget_done(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let done = sqlx::query("DELETE FROM jobs WHERE state = 'done' AND finished_at < $1")
        .bind(micros(before))
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
