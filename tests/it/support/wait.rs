//! Waiting for what comes about by itself.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use seaworthy::db::{Conn, Engine};
use sqlx::{Connection as _, Executor as _};

use super::TestApp;

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

/// Listens at a port of which a server that has stopped may not have let go yet.
pub(crate) fn listen_again(port: u16) -> TcpListener {
    let begun = Instant::now();
    loop {
        match TcpListener::bind(("127.0.0.1", port)) {
            Ok(listener) => return listener,
            Err(fault) => assert!(begun.elapsed() < LIMIT, "{port}: {fault}"),
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until so many statements in the database at `url`, on PostgreSQL, wait for a lock that another transaction has.
pub(crate) async fn until_blocked(url: &str, count: i64) {
    let mut conn = Conn::connect(url).await.unwrap();
    let fault = format!("{count} statements never wait for a lock");
    eventually(&fault, async || count_blocked(&mut conn).await == count).await;
}

async fn count_blocked(conn: &mut Conn) -> i64 {
    let (waiting,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    .fetch_one(conn)
    .await
    .unwrap();
    waiting
}

/// Stops `first` where it meets the lock that `hold` takes, lets `second` come as far as it can meanwhile, and then both go
/// on. This is for PostgreSQL; SQLite lets one writer in at a time, so there `second` follows `first`.
pub(crate) async fn interleave<A, B>(
    app: &TestApp,
    hold: &'static str,
    first: impl Future<Output = A> + Send + 'static,
    second: impl Future<Output = B> + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    if app.app.core.db.engine() == Engine::Sqlite {
        return (Box::pin(first).await, Box::pin(second).await);
    }
    let url = app.database_url();
    let (mut holding, mut watching) = (Conn::connect(&url).await.unwrap(), Conn::connect(&url).await.unwrap());
    holding.execute("BEGIN").await.unwrap();
    holding.execute(hold).await.unwrap();
    let first = tokio::spawn(first);
    eventually("the first never meets the lock", async || count_blocked(&mut watching).await == 1).await;
    let second = tokio::spawn(second);
    eventually("the second neither ends nor waits", async || {
        second.is_finished() || count_blocked(&mut watching).await == 2
    })
    .await;
    holding.execute("COMMIT").await.unwrap();
    (first.await.unwrap(), second.await.unwrap())
}
