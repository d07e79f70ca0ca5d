//! The table `drafts`.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::Draft;
use crate::accounts::PersonId;
use crate::db::{self, Conn, from_row, json_text, micros, read_json, timestamp};

from_row! {
    struct DraftRow {
        address: String,
        fields: String,
        saved_at: i64,
    }
}

impl TryFrom<DraftRow> for (String, Draft) {
    type Error = db::Error;

    fn try_from(row: DraftRow) -> db::Result<Self> {
        let fields = read_json(&row.fields, "drafts.fields")?;
        Ok((row.address, Draft { fields, saved_at: timestamp(row.saved_at, "drafts.saved_at")? }))
    }
}

/// Puts a draft in place of the one that is there, unless that was saved after `known`; `false` then.
pub(super) async fn put(
    conn: &mut Conn,
    (person, address): (&PersonId, &str),
    draft: &Draft,
    known: Timestamp,
) -> db::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO drafts (person_id, address, fields, saved_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, address) DO UPDATE SET fields = excluded.fields, saved_at = excluded.saved_at
         WHERE drafts.saved_at <= $5",
    )
    .bind(person.as_str())
    .bind(address)
    .bind(json_text(&draft.fields, "drafts.fields")?)
    .bind(micros(draft.saved_at))
    .bind(micros(known))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes all drafts of a person but the newest `count`.
pub(super) async fn keep_newest(conn: &mut Conn, person: &PersonId, count: i64) -> db::Result<()> {
    sqlx::query(
        "DELETE FROM drafts WHERE person_id = $1 AND address NOT IN
         (SELECT address FROM drafts WHERE person_id = $1 ORDER BY saved_at DESC, address LIMIT $2)",
    )
    .bind(person.as_str())
    .bind(count)
    .execute(conn)
    .await?;
    Ok(())
}

/// The draft of a form.
pub(super) async fn find(conn: &mut Conn, person: &PersonId, address: &str) -> db::Result<Option<Draft>> {
    let row: Option<DraftRow> =
        sqlx::query_as("SELECT address, fields, saved_at FROM drafts WHERE person_id = $1 AND address = $2")
            .bind(person.as_str())
            .bind(address)
            .fetch_optional(conn)
            .await?;
    row.map(|row| <(String, Draft)>::try_from(row).map(|(_, draft)| draft)).transpose()
}

/// The drafts of forms whose addresses begin with `prefix`.
pub(super) async fn list(conn: &mut Conn, person: &PersonId, prefix: &str) -> db::Result<BTreeMap<String, Draft>> {
    let rows: Vec<DraftRow> = sqlx::query_as(
        "SELECT address, fields, saved_at FROM drafts
         WHERE person_id = $1 AND SUBSTR(address, 1, LENGTH(CAST($2 AS TEXT))) = $2",
    )
    .bind(person.as_str())
    .bind(prefix)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Deletes the draft of a form, unless it was saved after `known`.
pub(super) async fn delete(conn: &mut Conn, (person, address): (&PersonId, &str), known: Timestamp) -> db::Result<()> {
    sqlx::query("DELETE FROM drafts WHERE person_id = $1 AND address = $2 AND saved_at <= $3")
        .bind(person.as_str())
        .bind(address)
        .bind(micros(known))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes drafts that were saved last before `before`, and those of closed accounts.
pub(super) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<()> {
    sqlx::query("DELETE FROM drafts WHERE saved_at < $1").bind(micros(before)).execute(&mut *conn).await?;
    sqlx::query("DELETE FROM drafts WHERE person_id IN (SELECT id FROM people WHERE closed_at IS NOT NULL)")
        .execute(conn)
        .await?;
    Ok(())
}
