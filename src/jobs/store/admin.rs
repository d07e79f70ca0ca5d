//! What an admin sees of the `jobs` table and does about it, and what is pruned.

use jiff::Timestamp;

use crate::db::{self, Conn, enum_text, from_row, micros, optional_timestamp, timestamp};
use crate::jobs::model::{JobFilter, JobId, JobState, JobSummary};

from_row! {
    struct SummaryRow {
        id: String,
        kind: String,
        payload: String,
        state: String,
        attempts: i64,
        due_at: i64,
        finished_at: Option<i64>,
        last_error: Option<String>,
    }
}

/// Up to `limit` jobs made before the job `before`, the newest first.
pub(in crate::jobs) async fn list(
    conn: &mut Conn,
    filter: JobFilter<'_>,
    before: Option<&JobId>,
    limit: i64,
) -> db::Result<Vec<JobSummary>> {
    let rows: Vec<SummaryRow> = sqlx::query_as(
        "SELECT id, kind, payload, state, attempts, due_at, finished_at, last_error
         FROM jobs
         WHERE (CAST($1 AS TEXT) IS NULL OR state = $1)
           AND (CAST($2 AS TEXT) IS NULL OR state <> $2)
           AND (CAST($3 AS TEXT) IS NULL OR kind = $3)
           AND (CAST($4 AS TEXT) IS NULL OR id < $4)
         ORDER BY id DESC
         LIMIT $5",
    )
    .bind(filter.state.map(JobState::as_str))
    .bind(filter.except.map(JobState::as_str))
    .bind(filter.kind)
    .bind(before.map(JobId::as_str))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(summary).collect()
}

/// The job of an id.
pub(in crate::jobs) async fn find(conn: &mut Conn, id: &JobId) -> db::Result<Option<JobSummary>> {
    let row: Option<SummaryRow> = sqlx::query_as(
        "SELECT id, kind, payload, state, attempts, due_at, finished_at, last_error FROM jobs WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(summary).transpose()
}

fn summary(row: SummaryRow) -> db::Result<JobSummary> {
    Ok(JobSummary {
        id: JobId::from(row.id),
        kind: row.kind,
        payload: row.payload,
        state: enum_text(&row.state, "jobs.state")?,
        attempts: row.attempts,
        due_at: timestamp(row.due_at, "jobs.due_at")?,
        finished_at: optional_timestamp(row.finished_at, "jobs.finished_at")?,
        last_error: row.last_error,
    })
}

/// Every kind of which there is a job.
pub(in crate::jobs) async fn list_kinds(conn: &mut Conn) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT DISTINCT kind FROM jobs ORDER BY kind").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(kind,)| kind).collect())
}

/// How many jobs there are in each state but `done`.
pub(in crate::jobs) async fn count_unfinished(conn: &mut Conn) -> db::Result<Vec<(String, i64)>> {
    Ok(sqlx::query_as(
        "SELECT state, COUNT(*) FROM jobs WHERE state IN ('queued', 'running', 'failed') GROUP BY state ORDER BY state",
    )
    .fetch_all(conn)
    .await?)
}

/// Puts a failed job back into the queue, as if it had never been tried; answers its kind.
pub(in crate::jobs) async fn retry(conn: &mut Conn, id: &JobId, now: Timestamp) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as(
        "UPDATE jobs
         SET state = 'queued', attempts = 0, due_at = $2, written_at = $2, finished_at = NULL
         WHERE id = $1 AND state = 'failed'
         RETURNING kind",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(kind,)| kind))
}

/// Removes a job, if it is still in this state.
pub(in crate::jobs) async fn remove(conn: &mut Conn, id: &JobId, state: JobState) -> db::Result<bool> {
    let done = sqlx::query("DELETE FROM jobs WHERE id = $1 AND state = $2")
        .bind(id.as_str())
        .bind(state.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes what was done before `done_before` and what failed before `failed_before`; answers how many jobs.
pub(in crate::jobs) async fn prune(
    conn: &mut Conn,
    done_before: Timestamp,
    failed_before: Timestamp,
) -> db::Result<u64> {
    let done = sqlx::query(
        "DELETE FROM jobs
         WHERE finished_at IS NOT NULL
           AND ((state = 'done' AND finished_at < $1) OR (state = 'failed' AND finished_at < $2))",
    )
    .bind(micros(done_before))
    .bind(micros(failed_before))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
