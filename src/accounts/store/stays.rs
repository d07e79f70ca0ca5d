//! The table `sign_ins`: stays of people on their devices.

use jiff::Timestamp;
use sqlx::FromRow;

use super::people::PersonRow;
use crate::accounts::model::{Person, PersonId, SignInId, Stay};
use crate::db::{self, Conn, micros, timestamp};

/// Starts a stay.
pub async fn add(
    conn: &mut Conn,
    id: &SignInId,
    token_hash: &str,
    person: &PersonId,
    (now, expires_at): (Timestamp, Timestamp),
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO sign_ins (id, token_hash, person_id, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5)",
    )
    .bind(id.as_str())
    .bind(token_hash)
    .bind(person.as_str())
    .bind(micros(now))
    .bind(micros(expires_at))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct StayingRow {
    #[sqlx(flatten)]
    person: PersonRow,
    last_seen_at: i64,
}

/// The person whose stay has this token's hash, and when it was last seen, unless it ended or ran out.
pub async fn find_signed_in(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
) -> db::Result<Option<(Person, Timestamp)>> {
    let row: Option<StayingRow> = sqlx::query_as(
        "SELECT people.id, people.email, people.name, people.role, people.verified_at, people.created_at,
                sign_ins.last_seen_at
         FROM sign_ins
         JOIN people ON people.id = sign_ins.person_id
         WHERE sign_ins.token_hash = $1 AND sign_ins.ended_at IS NULL AND sign_ins.expires_at > $2",
    )
    .bind(token_hash)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((row.person.try_into()?, timestamp(row.last_seen_at, "sign_ins.last_seen_at")?))).transpose()
}

/// Notes a visit, which moves the end.
pub async fn touch(conn: &mut Conn, token_hash: &str, now: Timestamp, expires_at: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE sign_ins SET last_seen_at = $2, expires_at = $3 WHERE token_hash = $1 AND ended_at IS NULL")
        .bind(token_hash)
        .bind(micros(now))
        .bind(micros(expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the stay of this token's hash.
pub async fn end(conn: &mut Conn, token_hash: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE sign_ins SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL")
        .bind(token_hash)
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends every stay of a person but the one of `kept`'s hash; answers how many ended.
pub async fn end_others(conn: &mut Conn, person: &PersonId, kept: Option<&str>, now: Timestamp) -> db::Result<u64> {
    let done = sqlx::query(
        "UPDATE sign_ins
         SET ended_at = $3
         WHERE person_id = $1 AND ended_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR token_hash <> $2)",
    )
    .bind(person.as_str())
    .bind(kept)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

#[derive(FromRow)]
struct StayRow {
    token_hash: String,
    created_at: i64,
    last_seen_at: i64,
}

/// The stays of a person that have not ended, the latest seen first; `current` is the hash of the one that asks.
pub async fn list(conn: &mut Conn, person: &PersonId, current: &str, now: Timestamp) -> db::Result<Vec<Stay>> {
    let rows: Vec<StayRow> = sqlx::query_as(
        "SELECT token_hash, created_at, last_seen_at
         FROM sign_ins
         WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2
         ORDER BY last_seen_at DESC, id",
    )
    .bind(person.as_str())
    .bind(micros(now))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Stay {
                is_current: row.token_hash == current,
                started_at: timestamp(row.created_at, "sign_ins.created_at")?,
                last_seen_at: timestamp(row.last_seen_at, "sign_ins.last_seen_at")?,
            })
        })
        .collect()
}
