//! The tables `loads` and `load_seconds`.

use jiff::Timestamp;

use super::model::{Load, LoadCounts, LoadId, LoadSecond, LoadState};
use crate::db::{self, Conn, enum_text, from_row, json_text, micros, optional_timestamp, read_json, timestamp};
use crate::labs::SessionId;

/// Adds a load; `false` when its session has one that runs.
pub(super) async fn add(conn: &mut Conn, load: &Load) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO loads (id, session_id, name, plan, state, requested_at, revision)
         VALUES ($1, $2, $3, $4, 'running', $5, 0)
         ON CONFLICT (session_id) WHERE ended_at IS NULL DO NOTHING
         RETURNING id",
    )
    .bind(load.id.as_str())
    .bind(load.session_id.as_str())
    .bind(load.name.as_str())
    .bind(json_text(&load.plan, "loads.plan")?)
    .bind(micros(load.requested_at))
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Locks a load that runs and begins it at `now` if nobody has; answers the load, its namespace, and whether its session is
/// ready. `None` when it has ended.
pub(super) async fn lock(conn: &mut Conn, id: &LoadId, now: Timestamp) -> db::Result<Option<(Load, String, bool)>> {
    let locked = sqlx::query(
        "UPDATE loads SET revision = revision + 1, started_at = COALESCE(started_at, $2)
         WHERE id = $1 AND ended_at IS NULL
         RETURNING id",
    )
    .bind(id.as_str())
    .bind(micros(now))
    .fetch_optional(&mut *conn)
    .await?;
    if locked.is_none() {
        return Ok(None);
    }
    let Some(load) = find(conn, id).await? else { return Ok(None) };
    let (namespace, state): (String, String) =
        sqlx::query_as("SELECT namespace, state FROM lab_sessions WHERE id = $1")
            .bind(load.session_id.as_str())
            .fetch_one(conn)
            .await?;
    Ok(Some((load, namespace, state == "ready")))
}

/// Adds a second of a load; `false` when it is there.
pub(super) async fn add_second(conn: &mut Conn, id: &LoadId, (second, planned): (u32, u32)) -> db::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO load_seconds (load_id, second, planned, counts) VALUES ($1, $2, $3, $4)
         ON CONFLICT (load_id, second) DO NOTHING
         RETURNING second",
    )
    .bind(id.as_str())
    .bind(i64::from(second))
    .bind(i64::from(planned))
    .bind(json_text(&LoadCounts::default(), "load_seconds.counts")?)
    .fetch_optional(conn)
    .await?;
    Ok(added.is_some())
}

/// Writes what became of the requests of a second.
pub(super) async fn put_counts(conn: &mut Conn, id: &LoadId, second: u32, counts: &LoadCounts) -> db::Result<()> {
    sqlx::query("UPDATE load_seconds SET counts = $3 WHERE load_id = $1 AND second = $2")
        .bind(id.as_str())
        .bind(i64::from(second))
        .bind(json_text(counts, "load_seconds.counts")?)
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a load that runs; `false` when it has ended already.
pub(super) async fn finish(
    conn: &mut Conn,
    id: &LoadId,
    (state, reason, now): (LoadState, Option<&str>, Timestamp),
) -> db::Result<bool> {
    let ended = sqlx::query(
        "UPDATE loads SET revision = revision + 1, state = $2, reason = $3, ended_at = $4
         WHERE id = $1 AND ended_at IS NULL
         RETURNING id",
    )
    .bind(id.as_str())
    .bind(state.as_str())
    .bind(reason)
    .bind(micros(now))
    .fetch_optional(conn)
    .await?;
    Ok(ended.is_some())
}

from_row! {
    struct LoadRow {
        id: String,
        session_id: String,
        name: String,
        plan: String,
        state: String,
        reason: Option<String>,
        requested_at: i64,
        started_at: Option<i64>,
        ended_at: Option<i64>,
    }
}

impl TryFrom<LoadRow> for Load {
    type Error = db::Error;

    fn try_from(row: LoadRow) -> db::Result<Self> {
        Ok(Self {
            id: LoadId::from(row.id),
            session_id: SessionId::from(row.session_id),
            name: row.name,
            plan: read_json(&row.plan, "loads.plan")?,
            state: enum_text(&row.state, "loads.state")?,
            reason: row.reason,
            requested_at: timestamp(row.requested_at, "loads.requested_at")?,
            started_at: optional_timestamp(row.started_at, "loads.started_at")?,
            ended_at: optional_timestamp(row.ended_at, "loads.ended_at")?,
        })
    }
}

/// The load of that id.
pub(super) async fn find(conn: &mut Conn, id: &LoadId) -> db::Result<Option<Load>> {
    let row: Option<LoadRow> = sqlx::query_as(
        "SELECT id, session_id, name, plan, state, reason, requested_at, started_at, ended_at FROM loads WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Load::try_from).transpose()
}

/// The newest load of a session, which is the one that runs if any does.
pub(super) async fn find_newest(conn: &mut Conn, session: &SessionId) -> db::Result<Option<Load>> {
    let row: Option<LoadRow> = sqlx::query_as(
        "SELECT id, session_id, name, plan, state, reason, requested_at, started_at, ended_at FROM loads
         WHERE session_id = $1
         ORDER BY requested_at DESC, id DESC
         LIMIT 1",
    )
    .bind(session.as_str())
    .fetch_optional(conn)
    .await?;
    row.map(Load::try_from).transpose()
}

/// The newest load of a session that is called `name`.
pub(super) async fn find_newest_called(conn: &mut Conn, session: &SessionId, name: &str) -> db::Result<Option<Load>> {
    let row: Option<LoadRow> = sqlx::query_as(
        "SELECT id, session_id, name, plan, state, reason, requested_at, started_at, ended_at FROM loads
         WHERE session_id = $1 AND name = $2
         ORDER BY requested_at DESC, id DESC
         LIMIT 1",
    )
    .bind(session.as_str())
    .bind(name)
    .fetch_optional(conn)
    .await?;
    row.map(Load::try_from).transpose()
}

/// When the load of a session was asked for that is `count` before its newest one, if that was after `since`.
pub(super) async fn find_nth_newest(
    conn: &mut Conn,
    session: &SessionId,
    since: Timestamp,
    count: i64,
) -> db::Result<Option<Timestamp>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT requested_at FROM loads WHERE session_id = $1 AND requested_at > $2
         ORDER BY requested_at DESC LIMIT 1 OFFSET $3",
    )
    .bind(session.as_str())
    .bind(micros(since))
    .bind(count)
    .fetch_optional(conn)
    .await?;
    row.map(|(at,)| timestamp(at, "loads.requested_at")).transpose()
}

/// The seconds of a load, in their order.
pub(super) async fn list_seconds(conn: &mut Conn, id: &LoadId) -> db::Result<Vec<LoadSecond>> {
    let rows: Vec<(i64, i64, String)> =
        sqlx::query_as("SELECT second, planned, counts FROM load_seconds WHERE load_id = $1 ORDER BY second")
            .bind(id.as_str())
            .fetch_all(conn)
            .await?;
    let number = |stored: i64, column| {
        u32::try_from(stored).map_err(|_range| db::Error::Inconsistent { column, value: stored.to_string() })
    };
    let second = |(second, planned, counts): (i64, i64, String)| {
        Ok(LoadSecond {
            second: number(second, "load_seconds.second")?,
            planned: number(planned, "load_seconds.planned")?,
            counts: read_json(&counts, "load_seconds.counts")?,
        })
    };
    rows.into_iter().map(second).collect()
}

/// Deletes the loads that ended before a time; answers how many there were.
pub(super) async fn prune(conn: &mut Conn, before: Timestamp) -> db::Result<u64> {
    sqlx::query("DELETE FROM load_seconds WHERE load_id IN (SELECT id FROM loads WHERE ended_at < $1)")
        .bind(micros(before))
        .execute(&mut *conn)
        .await?;
    let pruned = sqlx::query("DELETE FROM loads WHERE ended_at < $1").bind(micros(before)).execute(conn).await?;
    Ok(pruned.rows_affected())
}
