//! The table `sessions`: where people are signed in.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};

use super::people::PersonRow;
use crate::accounts::model::{Person, PersonId, Session, SessionId};
use crate::db::{self, Conn, Db, from_row, micros, timestamp};

/// Starts a session.
pub(in crate::accounts) async fn add(
    conn: &mut Conn,
    id: &SessionId,
    token_hash: &str,
    person: &PersonId,
    (now, expires_at): (Timestamp, Timestamp),
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO sessions (id, token_hash, person_id, created_at, last_seen_at, expires_at)
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

struct SignedInRow {
    person: PersonRow,
    last_seen_at: i64,
}

impl FromRow<'_, AnyRow> for SignedInRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { person: PersonRow::from_row(row)?, last_seen_at: row.try_get("last_seen_at")? })
    }
}

/// The person whose session has this token's hash, and when it was last seen, unless it ended or ran out.
pub(in crate::accounts) async fn find_signed_in(
    db: &Db,
    token_hash: &str,
    now: Timestamp,
) -> db::Result<Option<(Person, Timestamp)>> {
    let query = sqlx::query_as(
        "SELECT people.id, people.email, people.name, people.role, people.created_at, people.closed_at,
                sessions.last_seen_at
         FROM sessions
         JOIN people ON people.id = sessions.person_id
         WHERE sessions.token_hash = $1 AND sessions.ended_at IS NULL AND sessions.expires_at > $2
           AND people.closed_at IS NULL",
    )
    .bind(token_hash)
    .bind(micros(now));
    let row: Option<SignedInRow> = db.lookup(query).await?.pop();
    row.map(|row| Ok((row.person.try_into()?, timestamp(row.last_seen_at, "sessions.last_seen_at")?))).transpose()
}

/// The session that has this token's hash, unless it ended or ran out.
pub(in crate::accounts) async fn find_id(db: &Db, token_hash: &str, now: Timestamp) -> db::Result<Option<SessionId>> {
    let query =
        sqlx::query_as("SELECT id FROM sessions WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2")
            .bind(token_hash)
            .bind(micros(now));
    let row: Option<(String,)> = db.lookup(query).await?.pop();
    Ok(row.map(|(id,)| SessionId::from(id)))
}

/// Notes a visit, which moves the end.
pub(in crate::accounts) async fn touch(
    conn: &mut Conn,
    token_hash: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE token_hash = $1 AND ended_at IS NULL")
        .bind(token_hash)
        .bind(micros(now))
        .bind(micros(expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends the session of this token's hash.
pub(in crate::accounts) async fn end(conn: &mut Conn, token_hash: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE sessions SET ended_at = $2 WHERE token_hash = $1 AND ended_at IS NULL")
        .bind(token_hash)
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends every session of a person but the one of `kept`'s hash; answers how many ended.
pub(in crate::accounts) async fn end_others(
    conn: &mut Conn,
    person: &PersonId,
    kept: Option<&str>,
    now: Timestamp,
) -> db::Result<u64> {
    let done = sqlx::query(
        "UPDATE sessions
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

from_row! {
    struct SessionRow {
        token_hash: String,
        created_at: i64,
        last_seen_at: i64,
    }
}

/// The sessions of a person that have not ended, the latest seen first; `current` is the hash of the request's own.
pub(in crate::accounts) async fn list(
    conn: &mut Conn,
    person: &PersonId,
    current: &str,
    now: Timestamp,
) -> db::Result<Vec<Session>> {
    let rows: Vec<SessionRow> = sqlx::query_as(
        "SELECT token_hash, created_at, last_seen_at
         FROM sessions
         WHERE person_id = $1 AND ended_at IS NULL AND expires_at > $2
         ORDER BY last_seen_at DESC, id",
    )
    .bind(person.as_str())
    .bind(micros(now))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Session {
                is_current: row.token_hash == current,
                started_at: timestamp(row.created_at, "sessions.created_at")?,
                last_seen_at: timestamp(row.last_seen_at, "sessions.last_seen_at")?,
            })
        })
        .collect()
}

/// Deletes the sessions that ran out or were ended before `before`.
pub(in crate::accounts) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let done = sqlx::query("DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1")
        .bind(micros(before))
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
