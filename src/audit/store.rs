//! The ledger's tables.

use jiff::Timestamp;
use sqlx::FromRow;

use super::model::{AuditLine, Event};
use crate::db::{self, Conn, micros, timestamp};

/// Writes `event` at the end of the chain; the head's row is the lock that keeps the chain in one line.
pub(super) async fn append(conn: &mut Conn, event: &Event<'_>, now: Timestamp) -> db::Result<AuditLine> {
    let (seq, previous_hash): (i64, String) =
        sqlx::query_as("UPDATE audit_head SET seq = seq + 1 WHERE name = 'head' RETURNING seq, hash")
            .fetch_one(&mut *conn)
            .await?;
    let mut line = AuditLine {
        seq,
        recorded_at: now,
        actor: event.actor.to_owned(),
        action: event.action.to_owned(),
        subject: event.subject.to_owned(),
        detail: event.detail.to_string(),
        previous_hash,
        hash: String::new(),
    };
    line.hash = line.compute_hash();
    sqlx::query(
        "INSERT INTO audit_lines (seq, recorded_at, actor, action, subject, detail, previous_hash, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(line.seq)
    .bind(micros(line.recorded_at))
    .bind(line.actor.as_str())
    .bind(line.action.as_str())
    .bind(line.subject.as_str())
    .bind(line.detail.as_str())
    .bind(line.previous_hash.as_str())
    .bind(line.hash.as_str())
    .execute(&mut *conn)
    .await?;
    sqlx::query("UPDATE audit_head SET hash = $1 WHERE name = 'head'").bind(line.hash.as_str()).execute(conn).await?;
    Ok(line)
}

/// A line as the table has it; a part above that joins the table flattens it into a row of its own.
#[derive(FromRow)]
pub(super) struct LineRow {
    seq: i64,
    recorded_at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    previous_hash: String,
    hash: String,
}

impl TryFrom<LineRow> for AuditLine {
    type Error = db::Error;

    fn try_from(row: LineRow) -> db::Result<Self> {
        Ok(Self {
            seq: row.seq,
            recorded_at: timestamp(row.recorded_at, "audit_lines.recorded_at")?,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            previous_hash: row.previous_hash,
            hash: row.hash,
        })
    }
}

/// Up to `limit` lines after line `after`, oldest first.
pub(super) async fn list_after(conn: &mut Conn, after: i64, limit: i64) -> db::Result<Vec<AuditLine>> {
    let rows: Vec<LineRow> = sqlx::query_as(
        "SELECT seq, recorded_at, actor, action, subject, detail, previous_hash, hash
         FROM audit_lines WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(AuditLine::try_from).collect()
}

/// The end of the chain: the last line's place and hash; none when its row was taken away.
pub(super) async fn find_head(conn: &mut Conn) -> db::Result<Option<(i64, String)>> {
    Ok(sqlx::query_as("SELECT seq, hash FROM audit_head WHERE name = 'head'").fetch_optional(conn).await?)
}

/// Whether there is a line at a place.
pub(super) async fn has_line(conn: &mut Conn, seq: i64) -> db::Result<bool> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM audit_lines WHERE seq = $1").bind(seq).fetch_one(conn).await?;
    Ok(count > 0)
}

/// Every action that the ledger holds, in the order of the alphabet.
pub(super) async fn list_actions(conn: &mut Conn) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT DISTINCT action FROM audit_lines ORDER BY action").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(action,)| action).collect())
}

/// The lines about one subject, oldest first.
pub(super) async fn list_of_subject(conn: &mut Conn, subject: &str) -> db::Result<Vec<AuditLine>> {
    let rows: Vec<LineRow> = sqlx::query_as(
        "SELECT seq, recorded_at, actor, action, subject, detail, previous_hash, hash
         FROM audit_lines
         WHERE subject = $1
         ORDER BY seq",
    )
    .bind(subject)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(AuditLine::try_from).collect()
}
