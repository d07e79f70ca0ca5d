//! The table `account_links`: links that work once.

use jiff::Timestamp;
use sqlx::FromRow;

use crate::accounts::model::{Link, LinkId, LinkPurpose, PersonId};
use crate::db::{self, Conn, enum_text, micros, optional_timestamp, timestamp};

/// A row to be added.
#[derive(Debug)]
pub struct LinkToAdd<'a> {
    /// Its id.
    pub id: &'a LinkId,
    /// The hash of its token.
    pub token_hash: &'a str,
    /// What it does.
    pub purpose: LinkPurpose,
    /// Whose it is; nobody's for the first admin.
    pub person: Option<&'a PersonId>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Adds a link, and makes earlier ones of the same purpose and person useless.
pub async fn replace(conn: &mut Conn, link: &LinkToAdd<'_>, now: Timestamp) -> db::Result<()> {
    let person = link.person.map(PersonId::as_str);
    sqlx::query(
        "UPDATE account_links
         SET expires_at = $3
         WHERE purpose = $1 AND used_at IS NULL AND expires_at > $3
           AND ((CAST($2 AS TEXT) IS NULL AND person_id IS NULL) OR person_id = $2)",
    )
    .bind(link.purpose.as_str())
    .bind(person)
    .bind(micros(now))
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "INSERT INTO account_links (id, token_hash, purpose, person_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(link.id.as_str())
    .bind(link.token_hash)
    .bind(link.purpose.as_str())
    .bind(person)
    .bind(micros(now))
    .bind(micros(link.expires_at))
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct LinkRow {
    purpose: String,
    person_id: Option<String>,
    expires_at: i64,
    used_at: Option<i64>,
}

/// The link of this token's hash.
pub async fn find(conn: &mut Conn, token_hash: &str) -> db::Result<Option<Link>> {
    let row: Option<LinkRow> =
        sqlx::query_as("SELECT purpose, person_id, expires_at, used_at FROM account_links WHERE token_hash = $1")
            .bind(token_hash)
            .fetch_optional(conn)
            .await?;
    row.map(|row| {
        Ok(Link {
            purpose: enum_text::<LinkPurpose>(&row.purpose, "account_links.purpose")?,
            person: row.person_id.map(PersonId::from),
            expires_at: timestamp(row.expires_at, "account_links.expires_at")?,
            used_at: optional_timestamp(row.used_at, "account_links.used_at")?,
        })
    })
    .transpose()
}

/// Uses a link up; `false` when somebody else just did.
pub async fn take(conn: &mut Conn, token_hash: &str, now: Timestamp) -> db::Result<bool> {
    let done = sqlx::query("UPDATE account_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL")
        .bind(token_hash)
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
