//! The table `people`, and the locks of `account_locks`.

use jiff::Timestamp;

use crate::accounts::email::Email;
use crate::accounts::model::{Person, PersonId, Role};
use crate::accounts::search::search_text;
use crate::db::{self, Conn, enum_text, from_row, micros, optional_timestamp, timestamp};
use crate::text;

from_row! {
    pub(super) struct PersonRow {
        id: String,
        email: String,
        name: String,
        role: String,
        created_at: i64,
        closed_at: Option<i64>,
    }
}

impl TryFrom<PersonRow> for Person {
    type Error = db::Error;

    fn try_from(row: PersonRow) -> db::Result<Self> {
        Ok(Self {
            id: PersonId::from(row.id),
            email: row.email,
            name: row.name,
            role: enum_text(&row.role, "people.role")?,
            created_at: timestamp(row.created_at, "people.created_at")?,
            closed_at: optional_timestamp(row.closed_at, "people.closed_at")?,
        })
    }
}

/// An account to be added.
#[derive(Debug)]
pub(in crate::accounts) struct NewAccount<'a> {
    /// The address.
    pub email: &'a Email,
    /// The name.
    pub name: &'a str,
    /// The hash of the password.
    pub password_hash: &'a str,
    /// The role.
    pub role: Role,
}

/// Adds a person; `false` when the address is taken.
pub(in crate::accounts) async fn add(
    conn: &mut Conn,
    id: &PersonId,
    account: &NewAccount<'_>,
    now: Timestamp,
) -> db::Result<bool> {
    lock_addresses(conn).await?;
    let added = sqlx::query(
        "INSERT INTO people
           (id, email, canonical_email, name, search_text, password_hash, role, created_at, revision)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
         ON CONFLICT (canonical_email) DO NOTHING
         RETURNING id",
    )
    .bind(id.as_str())
    .bind(account.email.as_str())
    .bind(account.email.canonical())
    .bind(account.name)
    .bind(search_text(account.name, account.email.as_str()))
    .bind(account.password_hash)
    .bind(account.role.as_str())
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The person of an id.
pub(in crate::accounts) async fn find(conn: &mut Conn, id: &PersonId) -> db::Result<Option<Person>> {
    let row: Option<PersonRow> =
        sqlx::query_as("SELECT id, email, name, role, created_at, closed_at FROM people WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(Person::try_from).transpose()
}

/// The person whose address has this canonical form.
pub(in crate::accounts) async fn find_by_email(conn: &mut Conn, email: &Email) -> db::Result<Option<Person>> {
    let row: Option<PersonRow> =
        sqlx::query_as("SELECT id, email, name, role, created_at, closed_at FROM people WHERE canonical_email = $1")
            .bind(email.canonical())
            .fetch_optional(conn)
            .await?;
    row.map(Person::try_from).transpose()
}

/// Locks a person's row for the rest of the transaction, and answers them; `None` when the account is closed.
///
/// Links, sessions and addresses of theirs are locked after it, by everybody, so that nobody waits in a circle.
pub(in crate::accounts) async fn lock(conn: &mut Conn, id: &PersonId) -> db::Result<Option<Person>> {
    lock_matching(conn, id, None).await
}

/// The same, for as long as their password has the hash that was found to be right: it may have been replaced since.
pub(in crate::accounts) async fn lock_with_password(
    conn: &mut Conn,
    id: &PersonId,
    password_hash: &str,
) -> db::Result<Option<Person>> {
    lock_matching(conn, id, Some(password_hash)).await
}

async fn lock_matching(conn: &mut Conn, id: &PersonId, password_hash: Option<&str>) -> db::Result<Option<Person>> {
    let row: Option<PersonRow> = sqlx::query_as(
        "UPDATE people
         SET revision = revision + 1
         WHERE id = $1 AND closed_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR password_hash = $2)
         RETURNING id, email, name, role, created_at, closed_at",
    )
    .bind(id.as_str())
    .bind(password_hash)
    .fetch_optional(conn)
    .await?;
    row.map(Person::try_from).transpose()
}

/// The hash of the password of somebody whose account is not closed.
pub(in crate::accounts) async fn find_password_hash(conn: &mut Conn, id: &PersonId) -> db::Result<Option<String>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT password_hash FROM people WHERE id = $1 AND closed_at IS NULL")
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|(hash,)| hash))
}

/// Replaces the password of an account that is not closed.
pub(in crate::accounts) async fn set_password(conn: &mut Conn, id: &PersonId, password_hash: &str) -> db::Result<()> {
    sqlx::query("UPDATE people SET password_hash = $2, revision = revision + 1 WHERE id = $1 AND closed_at IS NULL")
        .bind(id.as_str())
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces the name.
pub(in crate::accounts) async fn set_name(conn: &mut Conn, id: &PersonId, name: &str) -> db::Result<()> {
    // The row is locked first, so that the address in the search text is the one that stands beside it.
    sqlx::query("UPDATE people SET name = $2, revision = revision + 1 WHERE id = $1 AND closed_at IS NULL")
        .bind(id.as_str())
        .bind(name)
        .execute(&mut *conn)
        .await?;
    update_search_text(conn, id).await
}

/// Replaces the address; `false` when somebody else has it, or the account is closed.
pub(in crate::accounts) async fn set_email(conn: &mut Conn, id: &PersonId, email: &Email) -> db::Result<bool> {
    lock_addresses(conn).await?;
    if find_by_email(conn, email).await?.is_some_and(|holder| holder.id != *id) {
        return Ok(false);
    }
    let done = sqlx::query(
        "UPDATE people
         SET email = $2, canonical_email = $3, revision = revision + 1
         WHERE id = $1 AND closed_at IS NULL",
    )
    .bind(id.as_str())
    .bind(email.as_str())
    .bind(email.canonical())
    .execute(&mut *conn)
    .await?;
    update_search_text(conn, id).await?;
    Ok(done.rows_affected() == 1)
}

async fn update_search_text(conn: &mut Conn, id: &PersonId) -> db::Result<()> {
    let Some(person) = find(conn, id).await?.filter(|person| person.closed_at.is_none()) else { return Ok(()) };
    sqlx::query("UPDATE people SET search_text = $2 WHERE id = $1")
        .bind(id.as_str())
        .bind(search_text(&person.name, &person.email))
        .execute(conn)
        .await?;
    Ok(())
}

/// Closes an account: everything that says who it was is replaced, and the address is free again.
pub(in crate::accounts) async fn close(conn: &mut Conn, id: &PersonId, name: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "UPDATE people
         SET email = '', canonical_email = $2, name = $3, search_text = '', password_hash = '', role = 'learner',
             closed_at = $4, revision = revision + 1
         WHERE id = $1 AND closed_at IS NULL",
    )
    .bind(id.as_str())
    .bind(format!("closed:{id}"))
    .bind(name)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the lock under which addresses are taken.
async fn lock_addresses(conn: &mut Conn) -> db::Result<()> {
    sqlx::query("UPDATE account_locks SET revision = revision + 1 WHERE name = 'addresses'").execute(conn).await?;
    Ok(())
}

/// Takes the lock under which roles change, and answers how many admins there are.
///
/// One row is locked, the same for all: several, in whatever order they lie, could wait for each other.
pub(in crate::accounts) async fn lock_and_count_admins(conn: &mut Conn) -> db::Result<i64> {
    sqlx::query("UPDATE account_locks SET revision = revision + 1 WHERE name = 'roles'").execute(&mut *conn).await?;
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM people WHERE role = 'admin'").fetch_one(conn).await?;
    Ok(count)
}

/// Replaces the role.
pub(in crate::accounts) async fn set_role(conn: &mut Conn, id: &PersonId, role: Role) -> db::Result<()> {
    sqlx::query("UPDATE people SET role = $2, revision = revision + 1 WHERE id = $1")
        .bind(id.as_str())
        .bind(role.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Up to `limit` people whose name or address contains `search`, of `role` if one is given, newest first, from the one
/// that joined before `before`.
pub(in crate::accounts) async fn list(
    conn: &mut Conn,
    search: Option<&str>,
    role: Option<Role>,
    before: Option<&PersonId>,
    limit: i64,
) -> db::Result<Vec<Person>> {
    let rows: Vec<PersonRow> = sqlx::query_as(
        "SELECT id, email, name, role, created_at, closed_at
         FROM people
         WHERE (CAST($1 AS TEXT) IS NULL OR search_text LIKE $1 ESCAPE '\\')
           AND (CAST($2 AS TEXT) IS NULL OR role = $2)
           AND (CAST($3 AS TEXT) IS NULL OR id < $3)
         ORDER BY id DESC
         LIMIT $4",
    )
    .bind(search.map(contains_pattern))
    .bind(role.map(Role::as_str))
    .bind(before.map(PersonId::as_str))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Person::try_from).collect()
}

/// How many people have an account that is not closed.
pub(in crate::accounts) async fn count(conn: &mut Conn) -> db::Result<i64> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM people WHERE closed_at IS NULL").fetch_one(conn).await?;
    Ok(count)
}

fn contains_pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text::fold(search).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
