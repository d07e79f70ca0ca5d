//! The ledger's lines with the names of the people in them. The tables are those of `audit` and `accounts`.

use sqlx::FromRow;

use super::NamedLine;
use crate::audit::store::LineRow;
use crate::audit::{AuditLine, Filter};
use crate::db::{self, Conn};

#[derive(FromRow)]
struct NamedRow {
    #[sqlx(flatten)]
    line: LineRow,
    actor_name: Option<String>,
    subject_name: Option<String>,
}

impl TryFrom<NamedRow> for NamedLine {
    type Error = db::Error;

    fn try_from(row: NamedRow) -> db::Result<Self> {
        let line = AuditLine::try_from(row.line)?;
        let actor = row.actor_name.unwrap_or_else(|| line.actor.clone());
        Ok(Self { line, actor, subject: row.subject_name })
    }
}

/// Up to `limit` lines before line `before`, newest first.
pub(super) async fn list_named_lines(
    conn: &mut Conn,
    before: i64,
    filter: Filter<'_>,
    limit: i64,
) -> db::Result<Vec<NamedLine>> {
    let rows: Vec<NamedRow> = sqlx::query_as(
        "SELECT audit_lines.seq, audit_lines.recorded_at, audit_lines.actor, audit_lines.action, audit_lines.subject,
                audit_lines.detail, audit_lines.previous_hash, audit_lines.hash, actors.name AS actor_name,
                subjects.name AS subject_name
         FROM audit_lines
         LEFT JOIN people AS actors ON actors.id = audit_lines.actor
         LEFT JOIN people AS subjects ON subjects.id = audit_lines.subject
         WHERE audit_lines.seq < $1 AND (CAST($2 AS TEXT) IS NULL OR audit_lines.action = $2)
           AND (CAST($3 AS TEXT) IS NULL OR audit_lines.actor = $3 OR audit_lines.subject = $3)
         ORDER BY audit_lines.seq DESC
         LIMIT $4",
    )
    .bind(before)
    .bind(filter.action)
    .bind(filter.about)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(NamedLine::try_from).collect()
}
