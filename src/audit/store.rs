//! The tables `audit_events` and `audit_head`.

use jiff::Timestamp;

use super::model::{Event, RecordedEvent};
use crate::db::{self, Conn, from_row, micros, timestamp};

/// Writes `event` at the end of the chain; the head's row is the lock that keeps the chain from forking.
pub(super) async fn append(conn: &mut Conn, event: &Event<'_>, now: Timestamp) -> db::Result<()> {
    let (seq, previous_hash): (i64, String) =
        sqlx::query_as("UPDATE audit_head SET seq = seq + 1 WHERE name = 'head' RETURNING seq, hash")
            .fetch_one(&mut *conn)
            .await?;
    let mut recorded = RecordedEvent {
        seq,
        recorded_at: now,
        actor: event.actor.to_owned(),
        action: event.action.to_owned(),
        subject: event.subject.to_owned(),
        detail: event.detail.to_string(),
        previous_hash,
        hash: String::new(),
    };
    recorded.hash = recorded.compute_hash();
    sqlx::query(
        "INSERT INTO audit_events (seq, recorded_at, actor, action, subject, detail, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(recorded.seq)
    .bind(micros(recorded.recorded_at))
    .bind(recorded.actor.as_str())
    .bind(recorded.action.as_str())
    .bind(recorded.subject.as_str())
    .bind(recorded.detail.as_str())
    .bind(recorded.previous_hash.as_str())
    .bind(recorded.hash.as_str())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE audit_head SET hash = $1 WHERE name = 'head'")
        .bind(recorded.hash.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

from_row! {
    struct EventRow {
        seq: i64,
        recorded_at: i64,
        actor: String,
        action: String,
        subject: String,
        detail: String,
        previous_hash: String,
        hash: String,
    }
}

impl TryFrom<EventRow> for RecordedEvent {
    type Error = db::Error;

    fn try_from(row: EventRow) -> db::Result<Self> {
        Ok(Self {
            seq: row.seq,
            recorded_at: timestamp(row.recorded_at, "audit_events.recorded_at")?,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            previous_hash: row.previous_hash,
            hash: row.hash,
        })
    }
}

/// Up to `limit` events after the one at place `after`, oldest first.
pub(super) async fn list_after(conn: &mut Conn, after: i64, limit: i64) -> db::Result<Vec<RecordedEvent>> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "SELECT seq, recorded_at, actor, action, subject, detail, previous_hash, hash
         FROM audit_events WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RecordedEvent::try_from).collect()
}

/// The end of the chain: the last event's place and hash; none when its row was taken away.
pub(super) async fn find_head(conn: &mut Conn) -> db::Result<Option<(i64, String)>> {
    Ok(sqlx::query_as("SELECT seq, hash FROM audit_head WHERE name = 'head'").fetch_optional(conn).await?)
}

/// Whether there is an event at a place.
pub(super) async fn has_event(conn: &mut Conn, seq: i64) -> db::Result<bool> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM audit_events WHERE seq = $1").bind(seq).fetch_one(conn).await?;
    Ok(count > 0)
}

/// Every action that was recorded, in the order of the alphabet.
pub(super) async fn list_actions(conn: &mut Conn) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT DISTINCT action FROM audit_events ORDER BY action").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(action,)| action).collect())
}

/// The events about one subject, oldest first.
pub(super) async fn list_of_subject(conn: &mut Conn, subject: &str) -> db::Result<Vec<RecordedEvent>> {
    let rows: Vec<EventRow> = sqlx::query_as(
        "SELECT seq, recorded_at, actor, action, subject, detail, previous_hash, hash
         FROM audit_events
         WHERE subject = $1
         ORDER BY seq",
    )
    .bind(subject)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RecordedEvent::try_from).collect()
}
