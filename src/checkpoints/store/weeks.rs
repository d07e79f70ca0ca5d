//! The tables `weeks`, `week_locks` and `rules_versions`.

use jiff::Timestamp;

use crate::checkpoints::model::{Week, WeekId};
use crate::checkpoints::week::WeekBounds;
use crate::db::{self, Conn, from_row, micros, optional_timestamp, timestamp};
use crate::lessons::Rules;

from_row! {
    struct WeekRow {
        id: String,
        starts_at: i64,
        ends_at: i64,
        rules_version: i64,
    }
}

impl TryFrom<WeekRow> for Week {
    type Error = db::Error;

    fn try_from(row: WeekRow) -> db::Result<Self> {
        Ok(Self {
            id: WeekId::from(row.id),
            bounds: WeekBounds {
                starts_at: timestamp(row.starts_at, "weeks.starts_at")?,
                ends_at: timestamp(row.ends_at, "weeks.ends_at")?,
            },
            rules_version: row.rules_version,
        })
    }
}

/// Locks the adding of weeks for the rest of the transaction.
pub(in crate::checkpoints) async fn lock_weeks(conn: &mut Conn) -> db::Result<()> {
    sqlx::query("UPDATE week_locks SET revision = revision + 1 WHERE name = 'weeks'").execute(conn).await?;
    Ok(())
}

/// Adds a week.
pub(in crate::checkpoints) async fn add_week(conn: &mut Conn, week: &Week) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO weeks (id, starts_at, ends_at, rules_version, next_seq, revision)
         VALUES ($1, $2, $3, $4, 1, 0)",
    )
    .bind(week.id.as_str())
    .bind(micros(week.bounds.starts_at))
    .bind(micros(week.bounds.ends_at))
    .bind(week.rules_version)
    .execute(conn)
    .await?;
    Ok(())
}

/// Locks the week of an instant for the rest of the transaction, if it is there.
pub(in crate::checkpoints) async fn lock_week_at(conn: &mut Conn, instant: Timestamp) -> db::Result<Option<Week>> {
    let row: Option<WeekRow> = sqlx::query_as(
        "UPDATE weeks
         SET revision = revision + 1
         WHERE starts_at <= $1 AND ends_at > $1
         RETURNING id, starts_at, ends_at, rules_version",
    )
    .bind(micros(instant))
    .fetch_optional(conn)
    .await?;
    row.map(Week::try_from).transpose()
}

/// Locks a week for the rest of the transaction, if it is there.
pub(in crate::checkpoints) async fn lock_week(conn: &mut Conn, week: &WeekId) -> db::Result<Option<Week>> {
    let row: Option<WeekRow> = sqlx::query_as(
        "UPDATE weeks SET revision = revision + 1 WHERE id = $1 RETURNING id, starts_at, ends_at, rules_version",
    )
    .bind(week.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Week::try_from).transpose()
}

/// The week of an id.
pub(in crate::checkpoints) async fn find_week(conn: &mut Conn, week: &WeekId) -> db::Result<Option<Week>> {
    let row: Option<WeekRow> = sqlx::query_as("SELECT id, starts_at, ends_at, rules_version FROM weeks WHERE id = $1")
        .bind(week.as_str())
        .fetch_optional(conn)
        .await?;
    row.map(Week::try_from).transpose()
}

/// The week of an instant, if it has had an entry.
pub(in crate::checkpoints) async fn find_week_at(conn: &mut Conn, instant: Timestamp) -> db::Result<Option<Week>> {
    let row: Option<WeekRow> = sqlx::query_as(
        "SELECT id, starts_at, ends_at, rules_version FROM weeks WHERE starts_at <= $1 AND ends_at > $1",
    )
    .bind(micros(instant))
    .fetch_optional(conn)
    .await?;
    row.map(Week::try_from).transpose()
}

/// When the last week before an instant ended, and the first after it begins.
pub(in crate::checkpoints) async fn find_neighbours(
    conn: &mut Conn,
    instant: Timestamp,
) -> db::Result<(Option<Timestamp>, Option<Timestamp>)> {
    let (last, next): (Option<i64>, Option<i64>) = sqlx::query_as(
        "SELECT (SELECT MAX(ends_at) FROM weeks WHERE ends_at <= $1), (SELECT MIN(starts_at) FROM weeks WHERE starts_at > $1)",
    )
    .bind(micros(instant))
    .fetch_one(conn)
    .await?;
    Ok((optional_timestamp(last, "weeks.ends_at")?, optional_timestamp(next, "weeks.starts_at")?))
}

/// Every week that has had an entry, the latest first.
pub(in crate::checkpoints) async fn list_weeks(conn: &mut Conn) -> db::Result<Vec<Week>> {
    let rows: Vec<WeekRow> =
        sqlx::query_as("SELECT id, starts_at, ends_at, rules_version FROM weeks ORDER BY starts_at DESC")
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(Week::try_from).collect()
}

/// The place of a week that is taken next.
pub(in crate::checkpoints) async fn find_next_seq(conn: &mut Conn, week: &WeekId) -> db::Result<i64> {
    let (next,): (i64,) =
        sqlx::query_as("SELECT next_seq FROM weeks WHERE id = $1").bind(week.as_str()).fetch_one(conn).await?;
    Ok(next)
}

/// Takes the next place of a week.
pub(in crate::checkpoints) async fn take_seq(conn: &mut Conn, week: &WeekId) -> db::Result<i64> {
    let (next,): (i64,) = sqlx::query_as("UPDATE weeks SET next_seq = next_seq + 1 WHERE id = $1 RETURNING next_seq")
        .bind(week.as_str())
        .fetch_one(conn)
        .await?;
    Ok(next - 1)
}

/// Keeps a version of the rules; a version that is there is left as it is.
pub(in crate::checkpoints) async fn add_rules(conn: &mut Conn, rules: &Rules, now: Timestamp) -> db::Result<()> {
    let text = db::json_text(rules, "rules_versions.rules")?;
    sqlx::query(
        "INSERT INTO rules_versions (version, rules, entries_per_developer, published_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
    )
    .bind(rules.version)
    .bind(text)
    .bind(rules.entries_per_developer)
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// The rules of a version, if a week is under them.
pub(in crate::checkpoints) async fn find_rules(conn: &mut Conn, version: i64) -> db::Result<Option<Rules>> {
    let row: Option<(String,)> = sqlx::query_as("SELECT rules FROM rules_versions WHERE version = $1")
        .bind(version)
        .fetch_optional(conn)
        .await?;
    let read = |(text,): (String,)| {
        serde_json::from_str(&text).map_err(|fault| db::Error::Inconsistent {
            column: "rules_versions.rules",
            value: format!("{text} ({fault})"),
        })
    };
    row.map(read).transpose()
}

/// The highest version of the rules that a week is under.
pub(in crate::checkpoints) async fn find_last_version(conn: &mut Conn) -> db::Result<Option<i64>> {
    let (version,): (Option<i64>,) = sqlx::query_as("SELECT MAX(version) FROM rules_versions").fetch_one(conn).await?;
    Ok(version)
}
