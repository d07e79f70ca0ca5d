//! The tables `grading_attempts`, `grading_chains`, `grading_verdicts`, `grading_passes` and `grading_flags`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::FromRow;

use super::evidence;
use super::model::{Attempt, AttemptId, CheckResult, Flag, Judged, VerdictRecord};
use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, micros, timestamp};
use crate::labs::SessionId;

/// Adds an attempt unless one of the session waits already; says whether it was added.
pub async fn add_attempt(conn: &mut Conn, attempt: &Attempt) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_attempts (id, person_id, session_id, lab, state, asked_at)
         VALUES ($1, $2, $3, $4, 'waiting', $5)
         ON CONFLICT (session_id) WHERE state = 'waiting' DO NOTHING
         RETURNING id",
    )
    .bind(attempt.id.as_str())
    .bind(attempt.person_id.as_str())
    .bind(attempt.session_id.as_str())
    .bind(attempt.lab.as_str())
    .bind(micros(attempt.asked_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Gives up the session's attempts that still wait though they were asked for before `before`.
pub async fn abandon_lost(conn: &mut Conn, session: &SessionId, before: Timestamp, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE grading_attempts SET state = 'abandoned', ended_at = $3
         WHERE session_id = $1 AND state = 'waiting' AND asked_at < $2",
    )
    .bind(session.as_str())
    .bind(micros(before))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends an attempt that waits; `false` when it has ended already.
pub async fn end_attempt(conn: &mut Conn, id: &AttemptId, state: &str, now: Timestamp) -> db::Result<bool> {
    let ended = sqlx::query(
        "UPDATE grading_attempts SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'waiting' RETURNING id",
    )
    .bind(id.as_str())
    .bind(state)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(ended.is_some())
}

#[derive(FromRow)]
struct AttemptRow {
    id: String,
    person_id: String,
    session_id: String,
    lab: String,
    state: String,
    asked_at: i64,
}

impl TryFrom<AttemptRow> for Attempt {
    type Error = db::Error;

    fn try_from(row: AttemptRow) -> db::Result<Self> {
        Ok(Self {
            id: AttemptId::from(row.id),
            person_id: PersonId::from(row.person_id),
            session_id: SessionId::from(row.session_id),
            lab: row.lab,
            is_waiting: row.state == "waiting",
            asked_at: timestamp(row.asked_at, "grading_attempts.asked_at")?,
        })
    }
}

/// One attempt.
pub async fn find_attempt(conn: &mut Conn, id: &AttemptId) -> db::Result<Option<Attempt>> {
    let row: Option<AttemptRow> =
        sqlx::query_as("SELECT id, person_id, session_id, lab, state, asked_at FROM grading_attempts WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(Attempt::try_from).transpose()
}

/// The session's newest attempt that was not given up.
pub async fn find_newest_attempt(conn: &mut Conn, session: &SessionId) -> db::Result<Option<Attempt>> {
    let row: Option<AttemptRow> = sqlx::query_as(
        "SELECT id, person_id, session_id, lab, state, asked_at FROM grading_attempts
         WHERE session_id = $1 AND state <> 'abandoned'
         ORDER BY asked_at DESC, id DESC LIMIT 1",
    )
    .bind(session.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Attempt::try_from).transpose()
}

/// The session's newest attempt that has its verdicts.
pub async fn find_newest_graded(conn: &mut Conn, session: &SessionId) -> db::Result<Option<AttemptId>> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM grading_attempts WHERE session_id = $1 AND state = 'graded'
         ORDER BY asked_at DESC, id DESC LIMIT 1",
    )
    .bind(session.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| AttemptId::from(id)))
}

/// The end of a person's chain, locked until the transaction ends: how long it is, and its last hash.
pub async fn lock_chain(conn: &mut Conn, person: &PersonId) -> db::Result<(i64, String)> {
    sqlx::query("INSERT INTO grading_chains (person_id, length, hash) VALUES ($1, 0, '') ON CONFLICT DO NOTHING")
        .bind(person.as_str())
        .execute(&mut *conn)
        .await?;
    // Writing the row first takes the lock on either engine.
    let end: (i64, String) =
        sqlx::query_as("UPDATE grading_chains SET length = length WHERE person_id = $1 RETURNING length, hash")
            .bind(person.as_str())
            .fetch_one(conn)
            .await?;
    Ok(end)
}

/// Moves the end of a person's chain.
pub async fn set_chain(conn: &mut Conn, person: &PersonId, length: i64, hash: &str) -> db::Result<()> {
    sqlx::query("UPDATE grading_chains SET length = $2, hash = $3 WHERE person_id = $1")
        .bind(person.as_str())
        .bind(length)
        .bind(hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// A verdict's place in its person's chain.
#[derive(Clone, Copy, Debug)]
pub struct Link<'a> {
    /// Counted from 1.
    pub seq: i64,
    /// The hash of the one before.
    pub previous_hash: &'a str,
    /// Canonical JSON.
    pub evidence: &'a str,
}

/// Adds a verdict to its person's chain, and answers its hash.
pub async fn add_verdict(
    conn: &mut Conn,
    attempt: &Attempt,
    result: &CheckResult,
    link: Link<'_>,
) -> db::Result<String> {
    let hash = evidence::seal(link.previous_hash, link.evidence);
    sqlx::query(
        "INSERT INTO grading_verdicts
             (attempt_id, person_id, lab, task, check_id, check_version, verdict, hint, judged_at, evidence, seq,
              previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(attempt.id.as_str())
    .bind(attempt.person_id.as_str())
    .bind(attempt.lab.as_str())
    .bind(result.task.as_str())
    .bind(result.check.as_str())
    .bind(result.check_version.as_str())
    .bind(result.judged.verdict.as_str())
    .bind(result.judged.hint.as_deref())
    .bind(micros(result.judged_at))
    .bind(link.evidence)
    .bind(link.seq)
    .bind(link.previous_hash)
    .bind(hash.as_str())
    .execute(conn)
    .await?;
    Ok(hash)
}

#[derive(FromRow)]
struct VerdictRow {
    person_id: String,
    task: String,
    check_id: String,
    verdict: String,
    hint: Option<String>,
    judged_at: i64,
    evidence: String,
    seq: i64,
    previous_hash: String,
    hash: String,
}

impl TryFrom<VerdictRow> for VerdictRecord {
    type Error = db::Error;

    fn try_from(row: VerdictRow) -> db::Result<Self> {
        Ok(Self {
            person_id: PersonId::from(row.person_id),
            task: row.task,
            check: row.check_id,
            judged: Judged { verdict: enum_text(&row.verdict, "grading_verdicts.verdict")?, hint: row.hint },
            judged_at: timestamp(row.judged_at, "grading_verdicts.judged_at")?,
            evidence: row.evidence,
            seq: row.seq,
            previous_hash: row.previous_hash,
            hash: row.hash,
        })
    }
}

/// The verdicts of one attempt, in the order they were given.
pub async fn list_verdicts(conn: &mut Conn, attempt: &AttemptId) -> db::Result<Vec<VerdictRecord>> {
    let rows: Vec<VerdictRow> = sqlx::query_as(
        "SELECT person_id, task, check_id, verdict, hint, judged_at, evidence, seq, previous_hash, hash
         FROM grading_verdicts WHERE attempt_id = $1 ORDER BY seq",
    )
    .bind(attempt.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(VerdictRecord::try_from).collect()
}

/// Up to `limit` verdicts about a lab after the given place, by person and place in the chain.
pub async fn list_of_lab(
    conn: &mut Conn,
    lab: &str,
    (person, seq): (&PersonId, i64),
    limit: i64,
) -> db::Result<Vec<VerdictRecord>> {
    let rows: Vec<VerdictRow> = sqlx::query_as(
        "SELECT person_id, task, check_id, verdict, hint, judged_at, evidence, seq, previous_hash, hash
         FROM grading_verdicts
         WHERE lab = $1 AND (person_id > $2 OR (person_id = $2 AND seq > $3))
         ORDER BY person_id, seq LIMIT $4",
    )
    .bind(lab)
    .bind(person.as_str())
    .bind(seq)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(VerdictRecord::try_from).collect()
}

/// A person's whole chain, from its beginning.
pub async fn list_chain(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<VerdictRecord>> {
    let rows: Vec<VerdictRow> = sqlx::query_as(
        "SELECT person_id, task, check_id, verdict, hint, judged_at, evidence, seq, previous_hash, hash
         FROM grading_verdicts WHERE person_id = $1 ORDER BY seq",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(VerdictRecord::try_from).collect()
}

/// Writes down that a task was passed; the first time stays. Says whether this is it.
pub async fn add_pass(conn: &mut Conn, attempt: &Attempt, task: &str, now: Timestamp) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_passes (person_id, lab, task, attempt_id, passed_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (person_id, lab, task) DO NOTHING
         RETURNING task",
    )
    .bind(attempt.person_id.as_str())
    .bind(attempt.lab.as_str())
    .bind(task)
    .bind(attempt.id.as_str())
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// When a person passed each task of a lab, by the task's id.
pub async fn list_passes(conn: &mut Conn, person: &PersonId, lab: &str) -> db::Result<BTreeMap<String, Timestamp>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT task, passed_at FROM grading_passes WHERE person_id = $1 AND lab = $2")
            .bind(person.as_str())
            .bind(lab)
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(|(task, at)| Ok((task, timestamp(at, "grading_passes.passed_at")?))).collect()
}

/// Writes down that `nonce`, if it is another person's session's, was found in this attempt's session.
pub async fn add_flag(conn: &mut Conn, attempt: &Attempt, nonce: &str, now: Timestamp) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO grading_flags (session_id, other_session_id, person_id, found_at)
         SELECT $1, id, $2, $3 FROM lab_sessions WHERE nonce = $4 AND person_id <> $2
         ON CONFLICT (session_id, other_session_id) DO NOTHING
         RETURNING session_id",
    )
    .bind(attempt.session_id.as_str())
    .bind(attempt.person_id.as_str())
    .bind(micros(now))
    .bind(nonce)
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The flags about a person's sessions, the newest first.
pub async fn list_flags(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Flag>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT session_id, other_session_id, found_at FROM grading_flags WHERE person_id = $1
         ORDER BY found_at DESC, other_session_id",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(session, other, found_at)| {
            Ok(Flag {
                session_id: SessionId::from(session),
                other_session_id: SessionId::from(other),
                found_at: timestamp(found_at, "grading_flags.found_at")?,
            })
        })
        .collect()
}
