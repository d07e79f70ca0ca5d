//! What survives a power cut: the setting itself, on every connection there is.

use seaworthy::db::{Conn, Db, Engine, Error};
use sqlx::Executor as _;

use super::{run, take_every_connection};
use crate::support::TestDatabase;

/// What a connection does at a commit, as its engine calls it.
async fn ask(conn: &mut Conn, engine: Engine) -> String {
    if engine == Engine::Sqlite {
        let (level,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(&mut *conn).await.unwrap();
        let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode").fetch_one(conn).await.unwrap();
        return format!("{mode} {level}");
    }
    let (level,): (String,) =
        sqlx::query_as("SELECT current_setting('synchronous_commit')").fetch_one(conn).await.unwrap();
    level
}

async fn expect_durable(db: &Db, count: u32) {
    let expected = if db.engine() == Engine::Sqlite { "wal 2" } else { "on" };
    for mut conn in take_every_connection(db, count).await {
        assert_eq!(ask(&mut conn, db.engine()).await, expected);
    }
}

#[tokio::test]
async fn every_connection_flushes_at_each_commit() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    expect_durable(&db, database.settings().max_connections).await;
    let mut tx = db.write().await.unwrap();
    let expected = if db.engine() == Engine::Sqlite { "wal 2" } else { "on" };
    assert_eq!(ask(&mut tx, db.engine()).await, expected, "within a transaction");
}

#[tokio::test]
async fn connections_that_were_repaired_or_made_anew_flush_at_each_commit() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let count = database.settings().max_connections;
    for mut conn in take_every_connection(&db, count).await {
        match db.engine() {
            Engine::Sqlite => run(&mut conn, "PRAGMA max_page_count = 1".to_owned()).await,
            Engine::Postgres => {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE datname = current_database() AND pid = pg_backend_pid()";
                conn.execute(end).await.unwrap_err();
            }
        }
    }
    if db.engine() == Engine::Sqlite {
        for _ in 0..2 * count {
            let mut tx = db.write().await.unwrap();
            let fill = "INSERT INTO limit_counts (key, window_start, count)
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
                        SELECT 'some key that takes room ' || i, i, 1 FROM n";
            let fault: Error = tx.execute(fill).await.unwrap_err().into();
            assert!(matches!(fault, Error::Full(_)), "{fault:?}");
        }
    }
    expect_durable(&db, count).await;
}
