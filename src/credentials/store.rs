//! The tables `credential_keys`, `credentials` and `credential_locks`.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{FromRow, Row as _};

use super::model::{Credential, CredentialId, PublishedKey, Revocation};
use crate::accounts::PersonId;
use crate::db::{self, Conn, from_row, micros, optional_timestamp, timestamp};
use crate::text;

/// Takes the next bit of the status lists, and with it the lock under which credentials are issued and keys changed.
pub(super) async fn take_index(conn: &mut Conn) -> db::Result<i64> {
    let (next,): (i64,) = sqlx::query_as(
        "UPDATE credential_locks SET next_index = next_index + 1 WHERE name = 'credentials' RETURNING next_index",
    )
    .fetch_one(conn)
    .await?;
    Ok(next - 1)
}

/// Takes the lock under which credentials are issued and keys changed.
pub(super) async fn lock(conn: &mut Conn) -> db::Result<()> {
    sqlx::query("UPDATE credential_locks SET next_index = next_index WHERE name = 'credentials'").execute(conn).await?;
    Ok(())
}

/// The key in use and its sealed seed.
pub(super) async fn find_current_key(conn: &mut Conn) -> db::Result<Option<(String, String)>> {
    Ok(sqlx::query_as("SELECT id, sealed_seed FROM credential_keys WHERE retired_at IS NULL")
        .fetch_optional(conn)
        .await?)
}

/// Adds a key, which is in use from now on.
pub(super) async fn add_key(conn: &mut Conn, id: &str, sealed_seed: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query("INSERT INTO credential_keys (id, sealed_seed, created_at) VALUES ($1, $2, $3)")
        .bind(id)
        .bind(sealed_seed)
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the key in use out of it.
pub(super) async fn retire_key(conn: &mut Conn, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE credential_keys SET retired_at = $1 WHERE retired_at IS NULL")
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Every key that was ever in use, the newest first.
pub(super) async fn list_keys(conn: &mut Conn) -> db::Result<Vec<PublishedKey>> {
    let rows: Vec<(String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT id, created_at, retired_at FROM credential_keys
             ORDER BY created_at DESC, retired_at DESC NULLS FIRST",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, created_at, retired_at)| {
            Ok(PublishedKey {
                id,
                created_at: timestamp(created_at, "credential_keys.created_at")?,
                retired_at: optional_timestamp(retired_at, "credential_keys.retired_at")?,
            })
        })
        .collect()
}

/// Whether a key was ever in use.
pub(super) async fn has_key(conn: &mut Conn, id: &str) -> db::Result<bool> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM credential_keys WHERE id = $1").bind(id).fetch_one(conn).await?;
    Ok(count > 0)
}

/// Adds a credential; `false` when its person has a live one of the same module.
pub(super) async fn add(conn: &mut Conn, credential: &Credential, file: &str) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO credentials (id, person_id, module, name, search_text, achievement, key_id, status_index, file,
                                  issued_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (person_id, module) WHERE revoked_at IS NULL DO NOTHING
         RETURNING id",
    )
    .bind(credential.id.as_str())
    .bind(credential.person.as_str())
    .bind(credential.module.as_str())
    .bind(credential.name.as_str())
    .bind(text::fold(&credential.name))
    .bind(credential.achievement.as_str())
    .bind(credential.key.as_str())
    .bind(credential.status_index)
    .bind(file)
    .bind(micros(credential.issued_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

from_row! {
    struct CredentialRow {
        id: String,
        person_id: String,
        module: String,
        name: String,
        achievement: String,
        key_id: String,
        status_index: i64,
        issued_at: i64,
        revoked_at: Option<i64>,
        revoke_reason: Option<String>,
    }
}

impl TryFrom<CredentialRow> for Credential {
    type Error = db::Error;

    fn try_from(row: CredentialRow) -> db::Result<Self> {
        let revoked_at = optional_timestamp(row.revoked_at, "credentials.revoked_at")?;
        Ok(Self {
            id: CredentialId::from(row.id),
            person: PersonId::from(row.person_id),
            module: row.module,
            name: row.name,
            achievement: row.achievement,
            key: row.key_id,
            status_index: row.status_index,
            issued_at: timestamp(row.issued_at, "credentials.issued_at")?,
            revocation: revoked_at.zip(row.revoke_reason).map(|(at, reason)| Revocation { at, reason }),
        })
    }
}

/// The credential of an id.
pub(super) async fn find(conn: &mut Conn, id: &CredentialId) -> db::Result<Option<Credential>> {
    let row: Option<CredentialRow> = sqlx::query_as(
        "SELECT id, person_id, module, name, achievement, key_id, status_index, issued_at, revoked_at, revoke_reason
         FROM credentials
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Credential::try_from).transpose()
}

struct CredentialFileRow {
    credential: CredentialRow,
    file: String,
}

impl FromRow<'_, AnyRow> for CredentialFileRow {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self { credential: CredentialRow::from_row(row)?, file: row.try_get("file")? })
    }
}

/// The credential of an id with its signed file.
pub(super) async fn find_with_file(conn: &mut Conn, id: &CredentialId) -> db::Result<Option<(Credential, String)>> {
    let row: Option<CredentialFileRow> = sqlx::query_as(
        "SELECT id, person_id, module, name, achievement, key_id, status_index, issued_at, revoked_at, revoke_reason, file
         FROM credentials
         WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((row.credential.try_into()?, row.file))).transpose()
}

/// The signed file of a credential.
pub(super) async fn find_file(conn: &mut Conn, id: &CredentialId) -> db::Result<Option<String>> {
    let row: Option<(String,)> =
        sqlx::query_as("SELECT file FROM credentials WHERE id = $1").bind(id.as_str()).fetch_optional(conn).await?;
    Ok(row.map(|(file,)| file))
}

/// Whether a person has a credential of a module, or had one that was revoked.
pub(super) async fn has_any(conn: &mut Conn, person: &PersonId, module: &str) -> db::Result<bool> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM credentials WHERE person_id = $1 AND module = $2")
        .bind(person.as_str())
        .bind(module)
        .fetch_one(conn)
        .await?;
    Ok(count > 0)
}

/// A person's credentials, revoked ones too, the latest first.
pub(super) async fn list_of_person(conn: &mut Conn, person: &PersonId) -> db::Result<Vec<Credential>> {
    let rows: Vec<CredentialRow> = sqlx::query_as(
        "SELECT id, person_id, module, name, achievement, key_id, status_index, issued_at, revoked_at, revoke_reason
         FROM credentials
         WHERE person_id = $1
         ORDER BY issued_at DESC, id DESC",
    )
    .bind(person.as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Credential::try_from).collect()
}

/// Up to `limit` credentials issued before that of the id `before`, to somebody whose name contains the pattern, the
/// latest first.
pub(super) async fn list(
    conn: &mut Conn,
    pattern: Option<&str>,
    before: Option<&CredentialId>,
    limit: i64,
) -> db::Result<Vec<Credential>> {
    let rows: Vec<CredentialRow> = sqlx::query_as(
        "SELECT id, person_id, module, name, achievement, key_id, status_index, issued_at, revoked_at, revoke_reason
         FROM credentials
         WHERE (CAST($1 AS TEXT) IS NULL OR search_text LIKE $1 ESCAPE '\\')
           AND (CAST($2 AS TEXT) IS NULL OR id < $2)
         ORDER BY id DESC
         LIMIT $3",
    )
    .bind(pattern)
    .bind(before.map(CredentialId::as_str))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Credential::try_from).collect()
}

/// Revokes a live credential; `false` when it is none.
pub(super) async fn revoke(
    conn: &mut Conn,
    id: &CredentialId,
    (admin, reason): (&PersonId, &str),
    now: Timestamp,
) -> db::Result<bool> {
    let done = sqlx::query(
        "UPDATE credentials
         SET revoked_at = $2, revoked_by = $3, revoke_reason = $4
         WHERE id = $1 AND revoked_at IS NULL",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .bind(admin.as_str())
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The bits of revoked credentials from `first` up to, not including, `end`.
pub(super) async fn list_revoked_bits(conn: &mut Conn, (first, end): (i64, i64)) -> db::Result<Vec<i64>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT status_index FROM credentials
         WHERE status_index >= $1 AND status_index < $2 AND revoked_at IS NOT NULL
         ORDER BY status_index",
    )
    .bind(first)
    .bind(end)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(index,)| index).collect())
}

/// The bit that the next credential takes.
pub(super) async fn find_next_index(conn: &mut Conn) -> db::Result<i64> {
    let (next,): (i64,) =
        sqlx::query_as("SELECT next_index FROM credential_locks WHERE name = 'credentials'").fetch_one(conn).await?;
    Ok(next)
}

/// What changes with every key that is made or retired.
pub(super) async fn find_keys_version(conn: &mut Conn) -> db::Result<String> {
    let (count, made, retired): (i64, Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT COUNT(*), MAX(created_at), MAX(retired_at) FROM credential_keys")
            .fetch_one(conn)
            .await?;
    Ok(format!("{count} {made:?} {retired:?}"))
}

/// What changes with every revocation of a credential whose bit is from `first` up to, not including, `end`.
pub(super) async fn find_revocations_version(conn: &mut Conn, (first, end): (i64, i64)) -> db::Result<String> {
    let (count, latest): (i64, Option<i64>) = sqlx::query_as(
        "SELECT COUNT(*), MAX(revoked_at) FROM credentials
         WHERE status_index >= $1 AND status_index < $2 AND revoked_at IS NOT NULL",
    )
    .bind(first)
    .bind(end)
    .fetch_one(conn)
    .await?;
    Ok(format!("{count} {latest:?}"))
}
