//! Events of the audit log with the names of the people in them, read from the tables of `audit` and `accounts`.

use super::NamedEvent;
use crate::audit::EventFilter;
use crate::db::{self, Conn, from_row, timestamp};

from_row! {
    struct NamedEventRow {
        seq: i64,
        recorded_at: i64,
        actor: String,
        actor_name: Option<String>,
        action: String,
        subject: String,
        subject_name: Option<String>,
        detail: String,
    }
}

impl TryFrom<NamedEventRow> for NamedEvent {
    type Error = db::Error;

    fn try_from(row: NamedEventRow) -> db::Result<Self> {
        Ok(Self {
            seq: row.seq,
            recorded_at: timestamp(row.recorded_at, "audit_events.recorded_at")?,
            actor: row.actor,
            actor_name: row.actor_name,
            action: row.action,
            subject: row.subject,
            subject_name: row.subject_name,
            detail: row.detail,
        })
    }
}

/// Up to `limit` events before the one at place `before`, newest first.
pub(super) async fn list_events(
    conn: &mut Conn,
    before: i64,
    filter: EventFilter<'_>,
    limit: i64,
) -> db::Result<Vec<NamedEvent>> {
    let rows: Vec<NamedEventRow> = sqlx::query_as(
        "SELECT audit_events.seq, audit_events.recorded_at, audit_events.actor, actors.name AS actor_name,
                audit_events.action, audit_events.subject, subjects.name AS subject_name, audit_events.detail
         FROM audit_events
         LEFT JOIN people AS actors ON actors.id = audit_events.actor
         LEFT JOIN people AS subjects ON subjects.id = audit_events.subject
         WHERE audit_events.seq < $1 AND (CAST($2 AS TEXT) IS NULL OR audit_events.action = $2)
           AND (CAST($3 AS TEXT) IS NULL OR audit_events.actor = $3 OR audit_events.subject = $3)
         ORDER BY audit_events.seq DESC
         LIMIT $4",
    )
    .bind(before)
    .bind(filter.action)
    .bind(filter.about)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(NamedEvent::try_from).collect()
}
