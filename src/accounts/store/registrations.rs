//! The table `registrations`: sign-ups, until they are verified and for a while after.

use jiff::Timestamp;

use crate::accounts::email::Email;
use crate::accounts::model::{Registration, RegistrationId};
use crate::db::{self, Conn, from_row, micros, optional_timestamp, timestamp};

/// A row to be added.
#[derive(Debug)]
pub(in crate::accounts) struct RegistrationToAdd<'a> {
    /// Its id.
    pub id: &'a RegistrationId,
    /// The hash of its link's token.
    pub token_hash: &'a str,
    /// The address.
    pub email: &'a Email,
    /// The name.
    pub name: &'a str,
    /// The hash of the password.
    pub password_hash: &'a str,
    /// The hash of the cookie of the browser that signed up.
    pub browser_hash: &'a str,
    /// When its link stops working.
    pub expires_at: Timestamp,
}

/// Adds a sign-up.
pub(in crate::accounts) async fn add(conn: &mut Conn, row: &RegistrationToAdd<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO registrations
           (id, token_hash, email, canonical_email, name, password_hash, browser_hash, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(row.id.as_str())
    .bind(row.token_hash)
    .bind(row.email.as_str())
    .bind(row.email.canonical())
    .bind(row.name)
    .bind(row.password_hash)
    .bind(row.browser_hash)
    .bind(micros(now))
    .bind(micros(row.expires_at))
    .execute(conn)
    .await?;
    Ok(())
}

from_row! {
    struct RegistrationRow {
        id: String,
        email: String,
        name: String,
        password_hash: String,
        browser_hash: String,
        created_at: i64,
        expires_at: i64,
        verified_at: Option<i64>,
    }
}

impl TryFrom<RegistrationRow> for Registration {
    type Error = db::Error;

    fn try_from(row: RegistrationRow) -> db::Result<Self> {
        let email = Email::parse(&row.email)
            .map_err(|_reason| db::Error::Inconsistent { column: "registrations.email", value: row.email.clone() })?;
        Ok(Self {
            id: RegistrationId::from(row.id),
            email,
            name: row.name,
            password_hash: row.password_hash,
            browser_hash: row.browser_hash,
            created_at: timestamp(row.created_at, "registrations.created_at")?,
            expires_at: timestamp(row.expires_at, "registrations.expires_at")?,
            verified_at: optional_timestamp(row.verified_at, "registrations.verified_at")?,
        })
    }
}

/// The sign-up of an id.
pub(in crate::accounts) async fn find(conn: &mut Conn, id: &RegistrationId) -> db::Result<Option<Registration>> {
    let row: Option<RegistrationRow> = sqlx::query_as(
        "SELECT id, email, name, password_hash, browser_hash, created_at, expires_at, verified_at
         FROM registrations
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Registration::try_from).transpose()
}

/// The sign-up whose link has this token's hash.
pub(in crate::accounts) async fn find_by_token(conn: &mut Conn, token_hash: &str) -> db::Result<Option<Registration>> {
    let row: Option<RegistrationRow> = sqlx::query_as(
        "SELECT id, email, name, password_hash, browser_hash, created_at, expires_at, verified_at
         FROM registrations
         WHERE token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await?;
    row.map(Registration::try_from).transpose()
}

/// The sign-up that waits for its link with an address: the one of this browser, else the newest.
pub(in crate::accounts) async fn find_pending(
    conn: &mut Conn,
    email: &Email,
    browser_hash: &str,
) -> db::Result<Option<Registration>> {
    let row: Option<RegistrationRow> = sqlx::query_as(
        "SELECT id, email, name, password_hash, browser_hash, created_at, expires_at, verified_at
         FROM registrations
         WHERE canonical_email = $1 AND verified_at IS NULL
         ORDER BY CASE WHEN browser_hash = $2 THEN 0 ELSE 1 END, id DESC
         LIMIT 1",
    )
    .bind(email.canonical())
    .bind(browser_hash)
    .fetch_optional(conn)
    .await?;
    row.map(Registration::try_from).transpose()
}

/// Uses a sign-up's link up, and forgets what is kept in the account from now on; `false` when somebody else just did.
pub(in crate::accounts) async fn take(conn: &mut Conn, id: &RegistrationId, now: Timestamp) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE registrations
         SET verified_at = $2, name = '', password_hash = ''
         WHERE id = $1 AND verified_at IS NULL AND expires_at > $2",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Lets a sign-up's link work until `expires_at`.
pub(in crate::accounts) async fn extend(conn: &mut Conn, id: &RegistrationId, expires_at: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE registrations SET expires_at = $2 WHERE id = $1 AND verified_at IS NULL AND expires_at < $2")
        .bind(id.as_str())
        .bind(micros(expires_at))
        .execute(conn)
        .await?;
    Ok(())
}

/// How many sign-ups wait for their link at `now`.
pub(in crate::accounts) async fn count_pending(conn: &mut Conn, now: Timestamp) -> db::Result<i64> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM registrations WHERE verified_at IS NULL AND expires_at > $1")
            .bind(micros(now))
            .fetch_one(conn)
            .await?;
    Ok(count)
}

/// Deletes the sign-ups that were made before `before` and whose links no longer work.
pub(in crate::accounts) async fn prune(conn: &mut Conn, before: Timestamp, now: Timestamp) -> db::Result<u64> {
    let done = sqlx::query(
        "DELETE FROM registrations WHERE created_at < $1 AND (verified_at IS NOT NULL OR expires_at <= $2)",
    )
    .bind(micros(before))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
