//! The tables `review_claims` and `reviews`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::{Claim, ReviewId, Verdict};
use crate::accounts::PersonId;
use crate::checkpoints::EntryId;
use crate::db::{self, Conn, micros, timestamp};

/// Takes an entry for a reviewer until `expires_at`, unless another one has it; says whether it was taken.
pub async fn claim(
    conn: &mut Conn,
    entry: &EntryId,
    reviewer: &PersonId,
    (now, expires_at): (Timestamp, Timestamp),
) -> db::Result<bool> {
    let taken = sqlx::query(
        "INSERT INTO review_claims (entry_id, reviewer_id, expires_at)
         VALUES ($1, $2, $3)
         ON CONFLICT (entry_id) DO UPDATE SET reviewer_id = $2, expires_at = $3
         WHERE review_claims.reviewer_id = $2 OR review_claims.expires_at <= $4
         RETURNING entry_id",
    )
    .bind(entry.as_str())
    .bind(reviewer.as_str())
    .bind(micros(expires_at))
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(taken.is_some())
}

/// The claims that hold at `now`, by entry.
pub async fn list_claims(conn: &mut Conn, now: Timestamp) -> db::Result<BTreeMap<EntryId, Claim>> {
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT entry_id, reviewer_id, expires_at FROM review_claims WHERE expires_at > $1")
            .bind(micros(now))
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|(entry, reviewer, expires_at)| {
            let expires_at = timestamp(expires_at, "review_claims.expires_at")?;
            Ok((EntryId::from(entry), Claim { reviewer: PersonId::from(reviewer), expires_at }))
        })
        .collect()
}

/// Ends the hold on an entry.
pub async fn release(conn: &mut Conn, entry: &EntryId) -> db::Result<()> {
    sqlx::query("DELETE FROM review_claims WHERE entry_id = $1").bind(entry.as_str()).execute(conn).await?;
    Ok(())
}

/// Writes a decision down; `false` when there is one.
pub async fn add_review(
    conn: &mut Conn,
    id: &ReviewId,
    (entry, reviewer): (&EntryId, &PersonId),
    verdict: &Verdict,
    now: Timestamp,
) -> db::Result<bool> {
    let (name, reason) = match verdict {
        Verdict::Accept => ("accepted", None),
        Verdict::Reject(reason) => ("rejected", Some(reason.as_str())),
    };
    let added = sqlx::query(
        "INSERT INTO reviews (id, entry_id, reviewer_id, verdict, reason, decided_at)
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
