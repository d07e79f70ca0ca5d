//! Waiting for what comes about by itself.

use std::time::Duration;

use seaworthy::db::Conn;
use sqlx::Connection as _;

/// Longer than anything takes on a busy machine; nothing waits for it to pass.
const LIMIT: Duration = Duration::from_mins(2);
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `holds`, and fails the test with `fault` when it never does.
pub(crate) async fn eventually(fault: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    assert!(tokio::time::timeout(LIMIT, waiting).await.is_ok(), "{fault}");
}

/// Waits until so many statements in the database at `url`, on PostgreSQL, wait for a lock that another transaction has.
pub(crate) async fn until_blocked(url: &str, count: i64) {
    let mut conn = Conn::connect(url).await.unwrap();
    eventually(&format!("{count} statements never wait for a lock"), async || {
        let (waiting,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        waiting == count
    })
    .await;
}
