//! The table `account_notices`: what people are still to be told of changes to their accounts.

use jiff::Timestamp;

use crate::accounts::model::{Notice, NoticeId, NoticeKind};
use crate::db::{self, Conn, enum_text, from_row, micros, timestamp};

/// Adds a notice.
pub(in crate::accounts) async fn add(conn: &mut Conn, notice: &Notice) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO account_notices (id, kind, email, name, detail, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(notice.id.as_str())
    .bind(notice.kind.as_str())
    .bind(&notice.email)
    .bind(&notice.name)
    .bind(notice.detail.as_deref())
    .bind(micros(notice.created_at))
    .execute(conn)
    .await?;
    Ok(())
}

from_row! {
    struct NoticeRow {
        id: String,
        kind: String,
        email: String,
        name: String,
        detail: Option<String>,
        created_at: i64,
    }
}

/// The notice of an id, until it was sent.
pub(in crate::accounts) async fn find(conn: &mut Conn, id: &NoticeId) -> db::Result<Option<Notice>> {
    let row: Option<NoticeRow> =
        sqlx::query_as("SELECT id, kind, email, name, detail, created_at FROM account_notices WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(|row| {
        Ok(Notice {
            id: NoticeId::from(row.id),
            kind: enum_text::<NoticeKind>(&row.kind, "account_notices.kind")?,
            email: row.email,
            name: row.name,
            detail: row.detail,
            created_at: timestamp(row.created_at, "account_notices.created_at")?,
        })
    })
    .transpose()
}

/// Deletes a notice that was sent.
pub(in crate::accounts) async fn delete(conn: &mut Conn, id: &NoticeId) -> db::Result<()> {
    sqlx::query("DELETE FROM account_notices WHERE id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// Deletes the notices that were made before `before` and could not be sent.
pub(in crate::accounts) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let done =
        sqlx::query("DELETE FROM account_notices WHERE created_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(done.rows_affected())
}
