//! The tables `grading_chains`, `grading_chain_links`, `grading_evidence` and `grading_evidence_uses`, and what pruning
//! takes out of these and of the requests.

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, from_row, micros};
use crate::grading::chain::merge_gaps;
use crate::grading::evidence::Evidence;
use crate::grading::model::{ChainEnd, ChainGap, ChainLink, GradingRequest, GradingRequestId};

/// The end of a person's chain, locked until the transaction ends.
pub(in crate::grading) async fn lock_chain(conn: &mut Conn, person: &PersonId) -> db::Result<ChainEnd> {
    sqlx::query("INSERT INTO grading_chains (person_id, length, hash) VALUES ($1, 0, '') ON CONFLICT DO NOTHING")
        .bind(person.as_str())
        .execute(&mut *conn)
        .await?;
    // The update locks the row on either engine.
    let (length, hash): (i64, String) =
        sqlx::query_as("UPDATE grading_chains SET length = length WHERE person_id = $1 RETURNING length, hash")
            .bind(person.as_str())
            .fetch_one(conn)
            .await?;
    Ok(ChainEnd { length, hash })
}

/// The end of a person's chain.
pub(in crate::grading) async fn find_end(conn: &mut Conn, person: &PersonId) -> db::Result<Option<ChainEnd>> {
    let row: Option<(i64, String)> = sqlx::query_as("SELECT length, hash FROM grading_chains WHERE person_id = $1")
        .bind(person.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(length, hash)| ChainEnd { length, hash }))
}

/// Appends the record of a request, sealed as `new.hash`, to its person's chain.
pub(in crate::grading) async fn append(
    conn: &mut Conn,
    request: &GradingRequest,
    old: &ChainEnd,
    new: &ChainEnd,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO grading_chain_links (person_id, first_seq, last_seq, previous_hash, hash, request_id)
         VALUES ($1, $2, $2, $3, $4, $5)",
    )
    .bind(request.person_id.as_str())
    .bind(new.length)
    .bind(old.hash.as_str())
    .bind(new.hash.as_str())
    .bind(request.id.as_str())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE grading_chains SET length = $2, hash = $3 WHERE person_id = $1")
        .bind(request.person_id.as_str())
        .bind(new.length)
        .bind(new.hash.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Stores the evidence of a request; what is stored already is not stored again.
pub(in crate::grading) async fn add_evidence(
    conn: &mut Conn,
    request: &GradingRequest,
    evidence: &Evidence,
) -> db::Result<()> {
    for (hash, body) in evidence {
        sqlx::query(
            "INSERT INTO grading_evidence (person_id, hash, body, size) VALUES ($1, $2, $3, $4)
             ON CONFLICT (person_id, hash) DO NOTHING",
        )
        .bind(request.person_id.as_str())
        .bind(hash.as_str())
        .bind(body.as_str())
        .bind(i64::try_from(body.chars().count()).unwrap_or(i64::MAX))
        .execute(&mut *conn)
        .await?;
        sqlx::query("INSERT INTO grading_evidence_uses (request_id, person_id, hash) VALUES ($1, $2, $3)")
            .bind(request.id.as_str())
            .bind(request.person_id.as_str())
            .bind(hash.as_str())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The evidence of a request.
pub(in crate::grading) async fn list_evidence(conn: &mut Conn, request: &GradingRequestId) -> db::Result<Evidence> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT e.hash, e.body FROM grading_evidence_uses u
         JOIN grading_evidence e ON e.person_id = u.person_id AND e.hash = u.hash
         WHERE u.request_id = $1",
    )
    .bind(request.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

from_row! {
    struct LinkRow {
        first_seq: i64,
        last_seq: i64,
        previous_hash: String,
        hash: String,
        request_id: Option<String>,
        record: Option<String>,
    }
}

/// Up to `limit` links of a person's chain after the sequence number `after`, in order.
pub(in crate::grading) async fn list_links(
    conn: &mut Conn,
    person: &PersonId,
    after: i64,
    limit: i64,
) -> db::Result<Vec<ChainLink>> {
    let rows: Vec<LinkRow> = sqlx::query_as(
        "SELECT l.first_seq, l.last_seq, l.previous_hash, l.hash, l.request_id, r.record
         FROM grading_chain_links l LEFT JOIN grading_requests r ON r.id = l.request_id
         WHERE l.person_id = $1 AND l.first_seq > $2
         ORDER BY l.first_seq LIMIT $3",
    )
    .bind(person.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ChainLink {
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            previous_hash: row.previous_hash,
            hash: row.hash,
            request: row.request_id.map(GradingRequestId::from),
            record: row.record,
        })
        .collect())
}

/// Up to `limit` requests that ended before `before`, no pass is based on, and which are not the newest graded one of their
/// person and lab, ordered by person.
pub(in crate::grading) async fn list_prunable(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> db::Result<Vec<(PersonId, GradingRequestId)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT r.person_id, r.id FROM grading_requests r
         WHERE r.ended_at < $1
           AND NOT EXISTS (SELECT 1 FROM grading_passes p WHERE p.request_id = r.id)
           AND (r.state = 'abandoned' OR EXISTS (
               SELECT 1 FROM grading_requests n
               WHERE n.person_id = r.person_id AND n.lab = r.lab AND n.state = 'graded'
                 AND (n.requested_at > r.requested_at OR (n.requested_at = r.requested_at AND n.id > r.id))))
         ORDER BY r.person_id, r.id LIMIT $2",
    )
    .bind(micros(before))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(person, id)| (PersonId::from(person), GradingRequestId::from(id))).collect())
}

/// Deletes requests of one person with their verdicts and the evidence of theirs alone, and merges the links of the chain.
pub(in crate::grading) async fn prune(conn: &mut Conn, requests: &[(PersonId, GradingRequestId)]) -> db::Result<()> {
    let Some((person, _)) = requests.first() else { return Ok(()) };
    lock_chain(conn, person).await?;
    for (_, request) in requests {
        remove_request(conn, request).await?;
    }
    for gap in merge_gaps(&list_gaps(conn, person).await?) {
        merge_links(conn, person, &gap).await?;
    }
    remove_unused_evidence(conn, person).await
}

/// Deletes a request with its verdicts; its link of the chain is kept without it.
async fn remove_request(conn: &mut Conn, id: &GradingRequestId) -> db::Result<()> {
    for statement in [
        "DELETE FROM grading_verdicts WHERE request_id = $1",
        "DELETE FROM grading_evidence_uses WHERE request_id = $1",
        "UPDATE grading_chain_links SET request_id = NULL WHERE request_id = $1",
        "DELETE FROM grading_requests WHERE id = $1",
    ] {
        sqlx::query(statement).bind(id.as_str()).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Deletes a person's evidence that no request uses.
async fn remove_unused_evidence(conn: &mut Conn, person: &PersonId) -> db::Result<()> {
    sqlx::query(
        "DELETE FROM grading_evidence
         WHERE person_id = $1 AND NOT EXISTS (
             SELECT 1 FROM grading_evidence_uses u
             WHERE u.person_id = grading_evidence.person_id AND u.hash = grading_evidence.hash)",
    )
    .bind(person.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The links of a person's chain whose records were pruned, in order.
async fn list_gaps(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<ChainGap>> {
    let rows: Vec<(i64, i64, String)> = sqlx::query_as(
        "SELECT first_seq, last_seq, hash FROM grading_chain_links
         WHERE person_id = $1 AND request_id IS NULL ORDER BY first_seq",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(first_seq, last_seq, hash)| ChainGap { first_seq, last_seq, hash }).collect())
}

/// Replaces the links that a gap covers by one.
async fn merge_links(conn: &mut Conn, person: &PersonId, gap: &ChainGap) -> db::Result<()> {
    sqlx::query("DELETE FROM grading_chain_links WHERE person_id = $1 AND first_seq > $2 AND last_seq <= $3")
        .bind(person.as_str())
        .bind(gap.first_seq)
        .bind(gap.last_seq)
        .execute(&mut *conn)
        .await?;
    sqlx::query("UPDATE grading_chain_links SET last_seq = $3, hash = $4 WHERE person_id = $1 AND first_seq = $2")
        .bind(person.as_str())
        .bind(gap.first_seq)
        .bind(gap.last_seq)
        .bind(gap.hash.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
