//! The tables `vouchers` and `voucher_awards`.

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::checkpoints::{EntryId, WeekId};
use crate::db::{self, Conn, micros};

crate::id_types! {
    /// A gift code.
    VoucherId;
    /// A voucher given to an entry.
    AwardId;
}

/// A voucher to be added.
#[derive(Debug)]
pub struct NewVoucher<'a> {
    /// Its id.
    pub id: &'a VoucherId,
    /// The sealed code.
    pub sealed_code: &'a str,
    /// The keyed hash of the code.
    pub code_hash: &'a str,
    /// Who imports it.
    pub imported_by: &'a PersonId,
}

/// Adds a voucher; `false` when its code is known.
pub async fn add_voucher(conn: &mut Conn, voucher: &NewVoucher<'_>, now: Timestamp) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO vouchers (id, sealed_code, code_hash, imported_at, imported_by)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (code_hash) DO NOTHING
         RETURNING id",
    )
    .bind(voucher.id.as_str())
    .bind(voucher.sealed_code)
    .bind(voucher.code_hash)
    .bind(micros(now))
    .bind(voucher.imported_by.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// A voucher that nobody has, the first imported first.
pub async fn find_free(conn: &mut Conn) -> db::Result<Option<VoucherId>> {
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT id FROM vouchers
         WHERE NOT EXISTS (SELECT 1 FROM voucher_awards WHERE voucher_awards.voucher_id = vouchers.id)
         ORDER BY imported_at, id
         LIMIT 1",
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| VoucherId::from(id)))
}

/// How many vouchers there are, and how many of them were given away.
pub async fn count(conn: &mut Conn) -> db::Result<(i64, i64)> {
    Ok(sqlx::query_as("SELECT (SELECT COUNT(*) FROM vouchers), (SELECT COUNT(*) FROM voucher_awards)")
        .fetch_one(conn)
        .await?)
}

/// An award to be added.
#[derive(Debug)]
pub struct NewAward<'a> {
    /// Its id.
    pub id: &'a AwardId,
    /// The voucher.
    pub voucher: &'a VoucherId,
    /// The entry.
    pub entry: &'a EntryId,
    /// Its week.
    pub week: &'a WeekId,
    /// Its place in the line, from 1.
    pub place: i64,
}

/// Adds an award; `false` when the voucher, the entry or the place has one.
pub async fn add_award(conn: &mut Conn, award: &NewAward<'_>, now: Timestamp) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO voucher_awards (id, voucher_id, entry_id, week_id, place, awarded_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING
         RETURNING id",
    )
    .bind(award.id.as_str())
    .bind(award.voucher.as_str())
    .bind(award.entry.as_str())
    .bind(award.week.as_str())
    .bind(award.place)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// The voucher of an entry and its sealed code.
pub async fn find_of_entry(conn: &mut Conn, entry: &EntryId) -> db::Result<Option<(VoucherId, String)>> {
    let row: Option<(String, String)> = sqlx::query_as(
        "SELECT vouchers.id, vouchers.sealed_code
         FROM voucher_awards
         JOIN vouchers ON vouchers.id = voucher_awards.voucher_id
         WHERE voucher_awards.entry_id = $1",
    )
    .bind(entry.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id, sealed)| (VoucherId::from(id), sealed)))
}

/// The entries of a week that have a voucher, by place.
pub async fn list_awarded(conn: &mut Conn, week: &WeekId) -> db::Result<Vec<(EntryId, i64)>> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("SELECT entry_id, place FROM voucher_awards WHERE week_id = $1 ORDER BY place")
            .bind(week.as_str())
            .fetch_all(conn)
            .await?;
    Ok(rows.into_iter().map(|(entry, place)| (EntryId::from(entry), place)).collect())
}
