//! The table `account_links`: links that work once.

use jiff::Timestamp;

use crate::accounts::email::Email;
use crate::accounts::links::{Link, LinkPurpose};
use crate::accounts::model::{LinkId, PersonId};
use crate::db::{self, Conn, enum_text, from_row, micros, optional_timestamp, timestamp};

/// A row to be added.
#[derive(Debug)]
pub(in crate::accounts) struct LinkToAdd<'a> {
    /// Its id.
    pub id: &'a LinkId,
    /// The hash of its token.
    pub token_hash: &'a str,
    /// What it does.
    pub purpose: LinkPurpose,
    /// Whose it is; nobody's for the first admin.
    pub person: Option<&'a PersonId>,
    /// The new address, and who asked for it.
    pub change: Option<(&'a Email, &'a str)>,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// Adds a link once; earlier ones of the same purpose and person stop working. The person is locked by the caller.
pub(in crate::accounts) async fn add(conn: &mut Conn, link: &LinkToAdd<'_>, now: Timestamp) -> db::Result<()> {
    let added = sqlx::query(
        "INSERT INTO account_links (id, token_hash, purpose, person_id, email, actor, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(link.id.as_str())
    .bind(link.token_hash)
    .bind(link.purpose.as_str())
    .bind(link.person.map(PersonId::as_str))
    .bind(link.change.map(|(email, _actor)| email.as_str()))
    .bind(link.change.map(|(_email, actor)| actor))
    .bind(micros(now))
    .bind(micros(link.expires_at))
    .execute(&mut *conn)
    .await?;
    if let Some(person) = link.person.filter(|_person| added.rows_affected() == 1) {
        sqlx::query(
            "UPDATE account_links
             SET expires_at = $4, stopped_at = $4
             WHERE purpose = $1 AND person_id = $2 AND id <> $3 AND used_at IS NULL AND stopped_at IS NULL",
        )
        .bind(link.purpose.as_str())
        .bind(person.as_str())
        .bind(link.id.as_str())
        .bind(micros(now))
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Lets a link work until `expires_at`, now that its mail leaves; `false` when it was used or stopped.
pub(in crate::accounts) async fn renew(conn: &mut Conn, id: &LinkId, expires_at: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE account_links
         SET expires_at = CASE WHEN expires_at < $2 THEN $2 ELSE expires_at END
         WHERE id = $1 AND used_at IS NULL AND stopped_at IS NULL",
    )
    .bind(id.as_str())
    .bind(micros(expires_at))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

from_row! {
    struct LinkRow {
        id: String,
        purpose: String,
        person_id: Option<String>,
        email: Option<String>,
        actor: Option<String>,
        created_at: i64,
        expires_at: i64,
        used_at: Option<i64>,
    }
}

impl TryFrom<LinkRow> for Link {
    type Error = db::Error;

    fn try_from(row: LinkRow) -> db::Result<Self> {
        Ok(Self {
            id: LinkId::from(row.id),
            purpose: enum_text::<LinkPurpose>(&row.purpose, "account_links.purpose")?,
            person: row.person_id.map(PersonId::from),
            email: row.email,
            actor: row.actor,
            created_at: timestamp(row.created_at, "account_links.created_at")?,
            expires_at: timestamp(row.expires_at, "account_links.expires_at")?,
            used_at: optional_timestamp(row.used_at, "account_links.used_at")?,
        })
    }
}

/// The link of this token's hash.
pub(in crate::accounts) async fn find_by_token(conn: &mut Conn, token_hash: &str) -> db::Result<Option<Link>> {
    let row: Option<LinkRow> = sqlx::query_as(
        "SELECT id, purpose, person_id, email, actor, created_at, expires_at, used_at
         FROM account_links
         WHERE token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await?;
    row.map(Link::try_from).transpose()
}

/// The link of an id.
pub(in crate::accounts) async fn find(conn: &mut Conn, id: &LinkId) -> db::Result<Option<Link>> {
    let row: Option<LinkRow> = sqlx::query_as(
        "SELECT id, purpose, person_id, email, actor, created_at, expires_at, used_at
         FROM account_links
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Link::try_from).transpose()
}

/// The newest unused link for the first admin.
pub(in crate::accounts) async fn find_first_admin(conn: &mut Conn) -> db::Result<Option<Link>> {
    let row: Option<LinkRow> = sqlx::query_as(
        "SELECT id, purpose, person_id, email, actor, created_at, expires_at, used_at
         FROM account_links
         WHERE purpose = 'first_admin' AND used_at IS NULL
         ORDER BY id DESC
         LIMIT 1",
    )
    .fetch_optional(conn)
    .await?;
    row.map(Link::try_from).transpose()
}

/// Uses a link up; `false` when somebody else just did.
pub(in crate::accounts) async fn take(conn: &mut Conn, id: &LinkId, now: Timestamp) -> db::Result<bool> {
    let done =
        sqlx::query("UPDATE account_links SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(id.as_str())
            .bind(micros(now))
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Stops every link of a person from working.
pub(in crate::accounts) async fn expire_all(conn: &mut Conn, person: &PersonId, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE account_links
         SET expires_at = $2, stopped_at = $2
         WHERE person_id = $1 AND used_at IS NULL AND stopped_at IS NULL",
    )
    .bind(person.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes every link of a person.
pub(in crate::accounts) async fn delete_all(conn: &mut Conn, person: &PersonId) -> db::Result<()> {
    sqlx::query("DELETE FROM account_links WHERE person_id = $1").bind(person.as_str()).execute(conn).await?;
    Ok(())
}

/// Deletes the links that stopped working before `before`.
pub(in crate::accounts) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let done =
        sqlx::query("DELETE FROM account_links WHERE expires_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(done.rows_affected())
}
