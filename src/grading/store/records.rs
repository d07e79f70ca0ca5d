//! What was sealed of a request, how it is found again, and the bound on a person's evidence.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, from_row, timestamp};
use crate::grading::model::{ChainLink, GradingRequestId};
use crate::labs::SessionId;

from_row! {
    struct RecordRow {
        person_id: String,
        session_id: String,
        lab: String,
        record: Option<String>,
        ended_at: Option<i64>,
    }
}

/// A request that has its verdicts.
#[derive(Debug)]
pub(in crate::grading) struct GradedRequest {
    /// Whose it is.
    pub(in crate::grading) person: PersonId,
    /// The session that was checked.
    pub(in crate::grading) session: SessionId,
    /// The lab's name.
    pub(in crate::grading) lab: String,
    /// When it was graded.
    pub(in crate::grading) graded_at: Timestamp,
    /// The record that was sealed, as canonical JSON.
    pub(in crate::grading) record: String,
}

/// A request that has its verdicts, with its record.
pub(in crate::grading) async fn find_graded(
    conn: &mut Conn,
    request: &GradingRequestId,
) -> db::Result<Option<GradedRequest>> {
    let row: Option<RecordRow> =
        sqlx::query_as("SELECT person_id, session_id, lab, record, ended_at FROM grading_requests WHERE id = $1")
            .bind(request.as_str())
            .fetch_optional(conn)
            .await?;
    let Some(RecordRow { person_id, session_id, lab, record: Some(record), ended_at: Some(ended_at) }) = row else {
        return Ok(None);
    };
    let graded_at = timestamp(ended_at, "grading_requests.ended_at")?;
    let (person, session) = (PersonId::from(person_id), SessionId::from(session_id));
    Ok(Some(GradedRequest { person, session, lab, graded_at, record }))
}

/// A person's newest request of a lab that has its verdicts.
pub(in crate::grading) async fn find_newest(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
) -> db::Result<Option<GradingRequestId>> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM grading_requests WHERE person_id = $1 AND lab = $2 AND state = 'graded'
         ORDER BY requested_at DESC, id DESC LIMIT 1",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| GradingRequestId::from(id)))
}

/// The request of a person's that last judged each task of a lab.
pub(in crate::grading) async fn list_newest_of_tasks(
    conn: &mut Conn,
    person: &PersonId,
    lab: &str,
) -> db::Result<BTreeMap<String, GradingRequestId>> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT DISTINCT v.task, r.id, r.requested_at
         FROM grading_requests r JOIN grading_verdicts v ON v.request_id = r.id
         WHERE r.lab = $2 AND r.person_id = $1 AND r.state = 'graded'
         ORDER BY r.requested_at, r.id",
    )
    .bind(person.as_str())
    .bind(lab)
    .fetch_all(conn)
    .await?;
    // The last of each task is the newest.
    Ok(rows.into_iter().map(|(task, request, _)| (task, GradingRequestId::from(request))).collect())
}

/// The newest request of a session that its learner made and that has its verdicts.
pub(in crate::grading) async fn find_newest_of_session(
    conn: &mut Conn,
    session: &SessionId,
) -> db::Result<Option<GradingRequestId>> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM grading_requests WHERE session_id = $1 AND state = 'graded' AND origin = 'learner'
         ORDER BY requested_at DESC, id DESC LIMIT 1",
    )
    .bind(session.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| GradingRequestId::from(id)))
}

from_row! {
    struct HashRow {
        first_seq: i64,
        last_seq: i64,
        previous_hash: String,
        hash: String,
        request_id: Option<String>,
    }
}

/// Every link of a person's chain in order, without their records.
pub(in crate::grading) async fn list_hashes(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<ChainLink>> {
    let rows: Vec<HashRow> = sqlx::query_as(
        "SELECT first_seq, last_seq, previous_hash, hash, request_id FROM grading_chain_links
         WHERE person_id = $1 ORDER BY first_seq",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    let link = |row: HashRow| ChainLink {
        first_seq: row.first_seq,
        last_seq: row.last_seq,
        previous_hash: row.previous_hash,
        hash: row.hash,
        request: row.request_id.map(GradingRequestId::from),
        record: None,
    };
    Ok(rows.into_iter().map(link).collect())
}

/// How many characters of evidence a person has.
pub(in crate::grading) async fn count_evidence(conn: &mut Conn, person: &PersonId) -> db::Result<i64> {
    let (size,): (Option<i64>,) =
        sqlx::query_as("SELECT CAST(SUM(size) AS BIGINT) FROM grading_evidence WHERE person_id = $1")
            .bind(person.as_str())
            .fetch_one(conn)
            .await?;
    Ok(size.unwrap_or_default())
}

/// Up to `limit` requests of a person, the oldest first, that have ended, that no pass is based on, and that are not the
/// newest graded one of their lab.
pub(in crate::grading) async fn list_oldest_prunable(
    conn: &mut Conn,
    person: &PersonId,
    limit: i64,
) -> db::Result<Vec<(PersonId, GradingRequestId)>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT r.id FROM grading_requests r
         WHERE r.person_id = $1 AND r.state = 'graded'
           AND NOT EXISTS (SELECT 1 FROM grading_passes p WHERE p.request_id = r.id)
           AND EXISTS (
               SELECT 1 FROM grading_requests n
               WHERE n.person_id = r.person_id AND n.lab = r.lab AND n.state = 'graded'
                 AND (n.requested_at > r.requested_at OR (n.requested_at = r.requested_at AND n.id > r.id)))
         ORDER BY r.requested_at, r.id LIMIT $2",
    )
    .bind(person.as_str())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(id,)| (person.clone(), GradingRequestId::from(id))).collect())
}
