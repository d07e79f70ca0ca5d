//! The tables `review_claims` and `reviews`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::{Claim, Decision, ReviewId};
use crate::accounts::PersonId;
use crate::checkpoints::EntryId;
use crate::db::{self, Conn, micros, timestamp};

/// The claim on an entry that holds at `now`.
pub(super) async fn find_claim(conn: &mut Conn, entry: &EntryId, now: Timestamp) -> db::Result<Option<Claim>> {
    let row: Option<(String, i64)> =
        sqlx::query_as("SELECT reviewer_id, expires_at FROM review_claims WHERE entry_id = $1 AND expires_at > $2")
            .bind(entry.as_str())
            .bind(micros(now))
            .fetch_optional(conn)
            .await?;
    row.map(|(reviewer, expires_at)| claim(reviewer, expires_at)).transpose()
}

fn claim(reviewer: String, expires_at: i64) -> db::Result<Claim> {
    let expires_at = timestamp(expires_at, "review_claims.expires_at")?;
    Ok(Claim { reviewer: PersonId::from(reviewer), expires_at })
}

/// Removes what has run out of the claims on an entry and of a reviewer.
pub(super) async fn forget_expired(
    conn: &mut Conn,
    (entry, reviewer): (&EntryId, &PersonId),
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("DELETE FROM review_claims WHERE expires_at <= $1 AND (entry_id = $2 OR reviewer_id = $3)")
        .bind(micros(now))
        .bind(entry.as_str())
        .bind(reviewer.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves the end of the claim on an entry; `false` when there is none.
pub(super) async fn extend_claim(conn: &mut Conn, entry: &EntryId, expires_at: Timestamp) -> db::Result<bool> {
    let done = sqlx::query("UPDATE review_claims SET expires_at = $2 WHERE entry_id = $1")
        .bind(entry.as_str())
        .bind(micros(expires_at))
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// The numbers of a reviewer's claims.
pub(super) async fn list_claim_numbers(conn: &mut Conn, reviewer: &PersonId) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> =
        sqlx::query_as("SELECT claim_no FROM review_claims WHERE reviewer_id = $1 ORDER BY claim_no")
            .bind(reviewer.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Adds a claim; `false` when the reviewer has one of that number.
pub(super) async fn add_claim(
    conn: &mut Conn,
    (entry, reviewer): (&EntryId, &PersonId),
    number: i64,
    expires_at: Timestamp,
) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO review_claims (entry_id, reviewer_id, claim_no, expires_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (reviewer_id, claim_no) DO NOTHING
         RETURNING entry_id",
    )
    .bind(entry.as_str())
    .bind(reviewer.as_str())
    .bind(number)
    .bind(micros(expires_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The claims that hold at `now`, by entry.
pub(super) async fn list_claims(conn: &mut Conn, now: Timestamp) -> db::Result<BTreeMap<EntryId, Claim>> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT entry_id, reviewer_id, expires_at FROM review_claims WHERE expires_at > $1")
            .bind(micros(now))
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|(entry, reviewer, expires_at)| Ok((EntryId::from(entry), claim(reviewer, expires_at)?)))
        .collect()
}

/// Ends the claim on an entry.
pub(super) async fn release(conn: &mut Conn, entry: &EntryId) -> db::Result<()> {
    sqlx::query("DELETE FROM review_claims WHERE entry_id = $1").bind(entry.as_str()).execute(conn).await?;
    Ok(())
}

/// Writes a decision down; `false` when there is one.
pub(super) async fn add_review(
    conn: &mut Conn,
    id: &ReviewId,
    (entry, reviewer): (&EntryId, &PersonId),
    decision: &Decision,
    now: Timestamp,
) -> db::Result<bool> {
    let (name, reason) = match decision {
        Decision::Accept => ("accepted", None),
        Decision::Reject(reason) => ("rejected", Some(reason.as_str())),
    };
    let added = sqlx::query(
        "INSERT INTO reviews (id, entry_id, reviewer_id, decision, reason, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (entry_id) DO NOTHING
         RETURNING id",
    )
    .bind(id.as_str())
    .bind(entry.as_str())
    .bind(reviewer.as_str())
    .bind(name)
    .bind(reason)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Which entry a decision is about, and what it says.
pub(super) async fn find_review(conn: &mut Conn, id: &ReviewId) -> db::Result<Option<(EntryId, Decision)>> {
    let row: Option<(String, Option<String>)> = sqlx::query_as("SELECT entry_id, reason FROM reviews WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    // The schema holds that a rejection, and nothing else, has a reason.
    Ok(row.map(|(entry, reason)| (EntryId::from(entry), reason.map_or(Decision::Accept, Decision::Reject))))
}
