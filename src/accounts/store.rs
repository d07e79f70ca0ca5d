//! The tables `people`, `sign_ins` and `account_links`.

use jiff::Timestamp;
use sqlx::FromRow;

use super::model::{Person, PersonId};
use crate::db::{self, Conn, enum_text, micros, optional_timestamp, timestamp};

#[derive(FromRow)]
struct PersonRow {
    id: String,
    email: String,
    name: String,
    role: String,
    verified_at: Option<i64>,
    created_at: i64,
}

impl TryFrom<PersonRow> for Person {
    type Error = db::Error;

    fn try_from(row: PersonRow) -> db::Result<Self> {
        Ok(Self {
            id: PersonId::from(row.id),
            email: row.email,
            name: row.name,
            role: enum_text(&row.role, "people.role")?,
            verified_at: optional_timestamp(row.verified_at, "people.verified_at")?,
            created_at: timestamp(row.created_at, "people.created_at")?,
        })
    }
}

/// The person whose stay has this token's hash, unless it ended or ran out.
pub async fn find_signed_in(conn: &mut Conn, token_hash: &str, now: Timestamp) -> db::Result<Option<Person>> {
    let row: Option<PersonRow> = sqlx::query_as(
        "SELECT people.id, people.email, people.name, people.role, people.verified_at, people.created_at
         FROM sign_ins
         JOIN people ON people.id = sign_ins.person_id
         WHERE sign_ins.token_hash = $1 AND sign_ins.ended_at IS NULL AND sign_ins.expires_at > $2",
    )
    .bind(token_hash)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    row.map(Person::try_from).transpose()
}
