//! What is counted over all learners of a lab; what staff try themselves is not.

use jiff::Timestamp;

use crate::db::{self, Conn, from_row, optional_timestamp, timestamp};

/// Of how many of the newest passes the medians are.
const MAX_PASSES: i64 = 500;
/// Of how many of the newest checks that were asked for the failures are.
const MAX_REQUESTS: i64 = 1000;

/// A task, with the one before it in its lab.
#[derive(Clone, Copy, Debug)]
pub(in crate::grading) struct Place<'a> {
    /// The lab's name.
    pub(in crate::grading) lab: &'a str,
    /// The task's id.
    pub(in crate::grading) task: &'a str,
    /// The id of the task before it; none for the first.
    pub(in crate::grading) previous: Option<&'a str>,
}

/// How many learners did something about a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::grading) struct Counts {
    /// Worked on it, having passed it or the one before it.
    pub(in crate::grading) tried: i64,
    /// Passed it.
    pub(in crate::grading) passed: i64,
    /// Asked for hints of it, and how many that were.
    pub(in crate::grading) hints: i64,
}

/// How one learner passed a task.
#[derive(Clone, Copy, Debug)]
pub(in crate::grading) struct PassFacts {
    /// After how many checks that the learner asked for.
    pub(in crate::grading) asked_checks: Option<i64>,
    /// After how many checks that ran by themselves.
    pub(in crate::grading) live_checks: Option<i64>,
    /// When.
    pub(in crate::grading) passed_at: Timestamp,
    /// Since when the lab ran.
    pub(in crate::grading) ready_at: Option<Timestamp>,
}

/// How many learners have had a lab checked, or have worked on it.
pub(in crate::grading) async fn count_learners(conn: &mut Conn, lab: &str) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(DISTINCT a.person_id) FROM grading_attempts a JOIN people e ON e.id = a.person_id
         WHERE a.lab = $1 AND e.role = 'learner'",
    )
    .bind(lab)
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// How many learners have passed a task or the one before it.
pub(in crate::grading) async fn count_reached(conn: &mut Conn, place: Place<'_>) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT COUNT(DISTINCT p.person_id) FROM grading_passes p JOIN people e ON e.id = p.person_id
         WHERE p.lab = $1 AND p.task IN ($2, $3) AND e.role = 'learner'",
    )
    .bind(place.lab)
    .bind(place.task)
    .bind(place.previous.unwrap_or(place.task))
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// How many learners of those who have reached a task tried and passed it.
pub(in crate::grading) async fn count(conn: &mut Conn, place: Place<'_>) -> db::Result<Counts> {
    let (tried, passed, hints): (i64, i64, Option<i64>) = sqlx::query_as(
        "SELECT COUNT(*), COUNT(p.task), CAST(SUM(a.hints) AS BIGINT)
         FROM grading_attempts a JOIN people e ON e.id = a.person_id
         LEFT JOIN grading_passes p ON p.person_id = a.person_id AND p.lab = a.lab AND p.task = a.task
         WHERE a.lab = $1 AND a.task = $2 AND e.role = 'learner'
           AND (p.task IS NOT NULL OR CAST($3 AS TEXT) IS NULL OR EXISTS (
               SELECT 1 FROM grading_passes b WHERE b.person_id = a.person_id AND b.lab = a.lab AND b.task = $3))",
    )
    .bind(place.lab)
    .bind(place.task)
    .bind(place.previous)
    .fetch_one(conn)
    .await?;
    Ok(Counts { tried, passed, hints: hints.unwrap_or_default() })
}

from_row! {
    struct PassRow {
        asked_checks: Option<i64>,
        live_checks: Option<i64>,
        passed_at: i64,
        ready_at: Option<i64>,
    }
}

/// How learners passed a task: the newest passes.
pub(in crate::grading) async fn list_passes(conn: &mut Conn, place: Place<'_>) -> db::Result<Vec<PassFacts>> {
    let rows: Vec<PassRow> = sqlx::query_as(
        "SELECT p.asked_checks, p.live_checks, p.passed_at, s.ready_at
         FROM grading_passes p JOIN people e ON e.id = p.person_id
         JOIN grading_requests r ON r.id = p.request_id JOIN lab_sessions s ON s.id = r.session_id
         WHERE p.lab = $1 AND p.task = $2 AND e.role = 'learner'
         ORDER BY p.passed_at DESC LIMIT $3",
    )
    .bind(place.lab)
    .bind(place.task)
    .bind(MAX_PASSES)
    .fetch_all(conn)
    .await?;
    let facts = |row: PassRow| {
        Ok(PassFacts {
            asked_checks: row.asked_checks,
            live_checks: row.live_checks,
            passed_at: timestamp(row.passed_at, "grading_passes.passed_at")?,
            ready_at: optional_timestamp(row.ready_at, "lab_sessions.ready_at")?,
        })
    };
    rows.into_iter().map(facts).collect()
}

/// The check that failed most often when learners who had passed the task before asked for a check, with how often.
pub(in crate::grading) async fn find_failing(conn: &mut Conn, place: Place<'_>) -> db::Result<Option<(String, i64)>> {
    Ok(sqlx::query_as(
        "SELECT v.check_id, COUNT(*) FROM (
             SELECT r.id, r.person_id, r.requested_at FROM grading_requests r JOIN people e ON e.id = r.person_id
             WHERE r.lab = $1 AND r.origin = 'learner' AND r.state = 'graded' AND e.role = 'learner'
             ORDER BY r.requested_at DESC LIMIT $4) n
         JOIN grading_verdicts v ON v.request_id = n.id
         WHERE v.task = $2 AND v.verdict = 'fail'
           AND EXISTS (SELECT 1 FROM grading_attempts a WHERE a.person_id = n.person_id AND a.lab = $1 AND a.task = $2)
           AND (CAST($3 AS TEXT) IS NULL OR EXISTS (
               SELECT 1 FROM grading_passes b
               WHERE b.person_id = n.person_id AND b.lab = $1 AND b.task = $3 AND b.passed_at <= n.requested_at))
         GROUP BY v.check_id ORDER BY COUNT(*) DESC, v.check_id LIMIT 1",
    )
    .bind(place.lab)
    .bind(place.task)
    .bind(place.previous)
    .bind(MAX_REQUESTS)
    .fetch_optional(conn)
    .await?)
}
