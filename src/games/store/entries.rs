//! The tables `game_entries` and `game_entry_times`, which only grow.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::db::{self, Conn, enum_text, from_row, micros, timestamp};
use crate::games::model::{EntryTimeId, GameId, LogEntry, LogEntryId};

from_row! {
    struct EntryRow {
        id: String,
        person_id: String,
        kind: String,
        text: String,
        written_at: i64,
    }
}

/// Adds an entry.
pub(in crate::games) async fn add(conn: &mut Conn, game: &GameId, entry: &LogEntry) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO game_entries (id, game_id, person_id, kind, text, written_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(entry.id.as_str())
    .bind(game.as_str())
    .bind(entry.person.as_str())
    .bind(entry.kind.as_str())
    .bind(entry.text.as_str())
    .bind(micros(entry.written_at))
    .execute(conn)
    .await?;
    Ok(())
}

/// Adds a time at which what an entry tells happened; those before it are kept.
pub(in crate::games) async fn add_time(
    conn: &mut Conn,
    (id, entry): (&EntryTimeId, &LogEntryId),
    happened_at: Timestamp,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query("INSERT INTO game_entry_times (id, entry_id, happened_at, written_at) VALUES ($1, $2, $3, $4)")
        .bind(id.as_str())
        .bind(entry.as_str())
        .bind(micros(happened_at))
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// How many entries a game has.
pub(in crate::games) async fn count(conn: &mut Conn, game: &GameId) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM game_entries WHERE game_id = $1")
        .bind(game.as_str())
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// How many times were given for an entry.
pub(in crate::games) async fn count_times(conn: &mut Conn, entry: &LogEntryId) -> db::Result<i64> {
    let (count,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM game_entry_times WHERE entry_id = $1")
        .bind(entry.as_str())
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// The entries of a game, in the order in which they were written.
pub(in crate::games) async fn list(conn: &mut Conn, game: &GameId) -> db::Result<Vec<LogEntry>> {
    let times: Vec<(String, i64)> = sqlx::query_as(
        "SELECT entry_id, happened_at FROM game_entry_times
         WHERE entry_id IN (SELECT id FROM game_entries WHERE game_id = $1)
         ORDER BY id",
    )
    .bind(game.as_str())
    .fetch_all(&mut *conn)
    .await?;
    let mut of_entry: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for (entry, at) in times {
        of_entry.entry(entry).or_default().push(timestamp(at, "game_entry_times.happened_at")?);
    }
    let rows: Vec<EntryRow> = sqlx::query_as(
        "SELECT id, person_id, kind, text, written_at FROM game_entries WHERE game_id = $1 ORDER BY written_at, id",
    )
    .bind(game.as_str())
    .fetch_all(conn)
    .await?;
    let entry = |row: EntryRow| {
        Ok(LogEntry {
            happened_at: of_entry.remove(&row.id).unwrap_or_default(),
            id: LogEntryId::from(row.id),
            person: PersonId::from(row.person_id),
            kind: enum_text(&row.kind, "game_entries.kind")?,
            text: row.text,
            written_at: timestamp(row.written_at, "game_entries.written_at")?,
        })
    };
    rows.into_iter().map(entry).collect()
}
