//! The tables `vouchers`, `voucher_locks`, `voucher_awards` and `voucher_shortages`.

use jiff::Timestamp;

use super::model::{AwardId, VoucherCounts, VoucherId};
use crate::accounts::PersonId;
use crate::checkpoints::{EntryId, WeekId};
use crate::db::{self, Conn, micros};

/// A voucher to be added.
#[derive(Debug)]
pub(super) struct NewVoucher {
    /// Its id.
    pub id: VoucherId,
    /// The sealed code.
    pub sealed_code: String,
    /// The keyed hash of the code.
    pub code_hash: String,
}

/// Locks the giving and adding of vouchers for the rest of the transaction.
pub(super) async fn lock_vouchers(conn: &mut Conn) -> db::Result<()> {
    sqlx::query("UPDATE voucher_locks SET revision = revision + 1 WHERE name = 'vouchers'").execute(conn).await?;
    Ok(())
}

/// Adds a voucher that somebody imports; `false` when its code is known.
pub(super) async fn add_voucher(
    conn: &mut Conn,
    voucher: &NewVoucher,
    (imported_by, now): (&PersonId, Timestamp),
) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO vouchers (id, sealed_code, code_hash, imported_at, imported_by)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (code_hash) DO NOTHING
         RETURNING id",
    )
    .bind(voucher.id.as_str())
    .bind(voucher.sealed_code.as_str())
    .bind(voucher.code_hash.as_str())
    .bind(micros(now))
    .bind(imported_by.as_str())
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Takes a voucher that nobody has, the first imported first.
pub(super) async fn take_free(conn: &mut Conn, now: Timestamp) -> db::Result<Option<VoucherId>> {
    let row: Option<(String,)> = sqlx::query_as(
        "UPDATE vouchers
         SET awarded_at = $1
         WHERE awarded_at IS NULL
           AND id = (SELECT id FROM vouchers WHERE awarded_at IS NULL ORDER BY imported_at, id LIMIT 1)
         RETURNING id",
    )
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|(id,)| VoucherId::from(id)))
}

/// How many vouchers there are, how many of them were given away, and how many winners wait for one.
pub(super) async fn count(conn: &mut Conn) -> db::Result<VoucherCounts> {
    let (imported, awarded, missing): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM vouchers), (SELECT COUNT(*) FROM voucher_awards),
                (SELECT CAST(COALESCE(SUM(missing), 0) AS BIGINT) FROM voucher_shortages)",
    )
    .fetch_one(conn)
    .await?;
    Ok(VoucherCounts { imported, awarded, missing })
}

/// Notes how many winners of a week wait for a voucher.
pub(super) async fn set_shortage(conn: &mut Conn, week: &WeekId, missing: i64) -> db::Result<()> {
    if missing == 0 {
        sqlx::query("DELETE FROM voucher_shortages WHERE week_id = $1").bind(week.as_str()).execute(conn).await?;
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO voucher_shortages (week_id, missing)
         VALUES ($1, $2)
         ON CONFLICT (week_id) DO UPDATE SET missing = $2",
    )
    .bind(week.as_str())
    .bind(missing)
    .execute(conn)
    .await?;
    Ok(())
}

/// The weeks whose winners wait for vouchers, the first week first.
pub(super) async fn list_short_weeks(conn: &mut Conn) -> db::Result<Vec<WeekId>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT voucher_shortages.week_id
         FROM voucher_shortages
         JOIN weeks ON weeks.id = voucher_shortages.week_id
         ORDER BY weeks.starts_at",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(week,)| WeekId::from(week)).collect())
}

/// An award to be added.
#[derive(Debug)]
pub(super) struct NewAward<'a> {
    /// Its id.
    pub id: &'a AwardId,
    /// The voucher.
    pub voucher: &'a VoucherId,
    /// The entry.
    pub entry: &'a EntryId,
    /// Its week.
    pub week: &'a WeekId,
    /// Its place among the week's winners, from 1.
    pub place: i64,
}

/// Adds an award.
pub(super) async fn add_award(conn: &mut Conn, award: &NewAward<'_>, now: Timestamp) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO voucher_awards (id, voucher_id, entry_id, week_id, place, awarded_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(award.id.as_str())
    .bind(award.voucher.as_str())
    .bind(award.entry.as_str())
    .bind(award.week.as_str())
    .bind(award.place)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// The voucher of an entry and its sealed code.
pub(super) async fn find_of_entry(conn: &mut Conn, entry: &EntryId) -> db::Result<Option<(VoucherId, String)>> {
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
pub(super) async fn list_awarded(conn: &mut Conn, week: &WeekId) -> db::Result<Vec<EntryId>> {
    let rows: Vec<(String,)> = sqlx::query_as("SELECT entry_id FROM voucher_awards WHERE week_id = $1 ORDER BY place")
        .bind(week.as_str())
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|(entry,)| EntryId::from(entry)).collect())
}
