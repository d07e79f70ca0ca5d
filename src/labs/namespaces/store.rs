//! The table `lab_namespaces`.

use jiff::Timestamp;

use crate::db::{self, Conn, from_row, micros, timestamp};
use crate::labs::model::{LingeringNamespace, SessionId};

from_row! {
    struct NamespaceRow {
        namespace: String,
        session_id: Option<String>,
        lab: Option<String>,
        released_at: i64,
        reasons: String,
        actions: String,
    }
}

fn sentences(json: &str, column: &'static str) -> db::Result<Vec<String>> {
    serde_json::from_str(json).map_err(|_fault| db::Error::Inconsistent { column, value: json.to_owned() })
}

impl TryFrom<NamespaceRow> for LingeringNamespace {
    type Error = db::Error;

    fn try_from(row: NamespaceRow) -> db::Result<Self> {
        Ok(Self {
            namespace: row.namespace,
            session: row.session_id.map(SessionId::from),
            lab: row.lab,
            released_at: timestamp(row.released_at, "lab_namespaces.released_at")?,
            reasons: sentences(&row.reasons, "lab_namespaces.reasons")?,
            actions: sentences(&row.actions, "lab_namespaces.actions")?,
        })
    }
}

/// Records that a namespace is to be deleted; one that was deleted and exists again is recorded again.
pub(in crate::labs) async fn release(
    conn: &mut Conn,
    namespace: &str,
    session: Option<&SessionId>,
    now: Timestamp,
) -> db::Result<()> {
    sqlx::query(
        "INSERT INTO lab_namespaces (namespace, session_id, released_at, reasons, actions)
         VALUES ($1, $2, $3, '[]', '[]')
         ON CONFLICT (namespace)
         DO UPDATE SET
             released_at = CASE WHEN lab_namespaces.deleted_at IS NULL THEN lab_namespaces.released_at
                                ELSE excluded.released_at END,
             deleted_at = NULL",
    )
    .bind(namespace)
    .bind(session.map(SessionId::as_str))
    .bind(micros(now))
    .execute(conn)
    .await?;
    Ok(())
}

/// A namespace that is to be deleted and is not deleted yet.
pub(in crate::labs) async fn find(conn: &mut Conn, namespace: &str) -> db::Result<Option<LingeringNamespace>> {
    let row: Option<NamespaceRow> = sqlx::query_as(
        "SELECT lab_namespaces.namespace, session_id, lab, released_at, reasons, actions
         FROM lab_namespaces
         LEFT JOIN lab_sessions ON lab_sessions.id = session_id
         WHERE lab_namespaces.namespace = $1 AND deleted_at IS NULL",
    )
    .bind(namespace)
    .fetch_optional(conn)
    .await?;
    row.map(LingeringNamespace::try_from).transpose()
}

/// Up to `limit` namespaces that were released before `before` and are not deleted, the oldest first.
pub(in crate::labs) async fn list(
    conn: &mut Conn,
    before: Timestamp,
    limit: i64,
) -> db::Result<Vec<LingeringNamespace>> {
    let rows: Vec<NamespaceRow> = sqlx::query_as(
        "SELECT lab_namespaces.namespace, session_id, lab, released_at, reasons, actions
         FROM lab_namespaces
         LEFT JOIN lab_sessions ON lab_sessions.id = session_id
         WHERE deleted_at IS NULL AND released_at <= $1
         ORDER BY released_at, lab_namespaces.namespace
         LIMIT $2",
    )
    .bind(micros(before))
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(LingeringNamespace::try_from).collect()
}

/// How many namespaces were released before `before` and are not deleted.
pub(in crate::labs) async fn count(conn: &mut Conn, before: Timestamp) -> db::Result<i64> {
    let (count,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM lab_namespaces WHERE deleted_at IS NULL AND released_at <= $1")
            .bind(micros(before))
            .fetch_one(conn)
            .await?;
    Ok(count)
}

/// The namespaces that are not deleted and were reconciled last, if ever, before `before`.
pub(in crate::labs) async fn list_stale(conn: &mut Conn, before: Timestamp) -> db::Result<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT namespace FROM lab_namespaces
         WHERE deleted_at IS NULL AND COALESCE(checked_at, released_at) <= $1",
    )
    .bind(micros(before))
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|(namespace,)| namespace).collect())
}

/// Records why a namespace was not deleted at `now`, and what was done about it.
pub(in crate::labs) async fn update(conn: &mut Conn, namespace: &LingeringNamespace, now: Timestamp) -> db::Result<()> {
    let json = |sentences: &[String]| serde_json::Value::from(sentences.to_vec()).to_string();
    sqlx::query("UPDATE lab_namespaces SET reasons = $2, actions = $3, checked_at = $4 WHERE namespace = $1")
        .bind(namespace.namespace.as_str())
        .bind(json(&namespace.reasons))
        .bind(json(&namespace.actions))
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Records that a namespace is deleted.
pub(in crate::labs) async fn mark_deleted(conn: &mut Conn, namespace: &str, now: Timestamp) -> db::Result<()> {
    sqlx::query("UPDATE lab_namespaces SET deleted_at = $2 WHERE namespace = $1 AND deleted_at IS NULL")
        .bind(namespace)
        .bind(micros(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the rows of namespaces that were deleted before `before`.
pub(in crate::labs) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    let pruned =
        sqlx::query("DELETE FROM lab_namespaces WHERE deleted_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(pruned.rows_affected())
}
