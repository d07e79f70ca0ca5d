//! Reads by an index, which SQLite answers on the thread that asks; and transactions that nobody ends.

use jiff::Timestamp;
use seaworthy::db::{self, Db, Error};
use sqlx::any::AnyArguments;
use sqlx::query::QueryAs;
use sqlx::{Any, Executor as _};

use super::run;
use crate::support::TestDatabase;

type Row = (i64, String, Option<String>, Option<i64>);

/// The markers stand in another order than their numbers.
fn row_of(text: &str) -> QueryAs<'_, Any, Row, AnyArguments> {
    sqlx::query_as(
        "SELECT CAST($2 AS BIGINT) AS number, CAST($1 AS TEXT) AS text, CAST($3 AS TEXT) AS missing, window_start + $2 + $2
         FROM limit_counts WHERE key = $1",
    )
    .bind(text)
    .bind(-7_i64)
    .bind(None::<String>)
}

async fn add(db: &Db, key: &str) -> db::Result<()> {
    let mut tx = db.write().await?;
    sqlx::query("INSERT INTO limit_counts VALUES ($1, $2, 1)").bind(key).bind(40_i64).execute(&mut *tx).await?;
    tx.commit().await
}

#[tokio::test]
async fn a_lookup_finds_what_the_driver_finds_and_what_was_committed_just_before() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    for key in ["Ada", "Łukasz 王", "", "it's $1"] {
        assert!(db.lookup(row_of(key)).await.unwrap().is_empty(), "{key:?}");
        add(&db, key).await.unwrap();
        let found = db.lookup(row_of(key)).await.unwrap();
        assert_eq!(found, [(-7, key.to_owned(), None, Some(26))]);
        assert_eq!(found, row_of(key).fetch_all(&mut *db.read().await.unwrap()).await.unwrap());
    }
}

#[tokio::test]
async fn a_lookup_that_fails_is_told_by_the_driver_and_spoils_no_other() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    add(&db, "Ada").await.unwrap();
    for _ in 0..3 {
        let fault = db.lookup::<(i64,)>(sqlx::query_as("SELECT 1 FROM no_such_table")).await.unwrap_err();
        assert!(matches!(&fault, Error::Driver(fault) if fault.to_string().contains("no_such_table")), "{fault:?}");
        assert_eq!(db.lookup(row_of("Ada")).await.unwrap().len(), 1);
    }
    // A table that changes under a statement that was kept.
    run(&mut db.read().await.unwrap(), "ALTER TABLE limit_counts ADD COLUMN more TEXT".to_owned()).await;
    assert_eq!(db.lookup(row_of("Ada")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn many_lookups_at_once_are_all_answered() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    add(&db, "Ada").await.unwrap();
    let asked = (0..200).map(|_| {
        let db = db.clone();
        tokio::spawn(async move { db.lookup(row_of("Ada")).await.unwrap().len() })
    });
    for found in futures_util::future::join_all(asked).await {
        assert_eq!(found.unwrap(), 1);
    }
}

#[tokio::test]
async fn lookups_go_on_in_the_file_that_the_pool_has_open() {
    let database = TestDatabase::create().await;
    let Some(path) = database.settings().sqlite_path() else { return };
    let db = database.open().await;
    // Somebody puts a copy in its place while it runs.
    let copy = path.with_extension("copy");
    run(&mut db.read().await.unwrap(), format!("VACUUM INTO '{}'", copy.display())).await;
    std::fs::rename(&copy, &path).unwrap();
    add(&db, "Ada").await.unwrap();
    assert_eq!(db.lookup(row_of("Ada")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn after_the_end_nothing_is_looked_up_or_changed() {
    let database = TestDatabase::create().await;
    let db = database.open().await;
    db.lookup(row_of("Ada")).await.unwrap();
    db.close().await;
    assert!(matches!(db.lookup(row_of("Ada")).await, Err(Error::Closed)));
    assert!(matches!(db.read().await, Err(Error::Closed)));
    assert!(matches!(db.write().await, Err(Error::Closed)));
    assert_eq!(db.count_connections(), (0, 0));
}

#[tokio::test]
async fn a_transaction_that_nobody_ends_is_undone_and_frees_its_locks() {
    let database = TestDatabase::create().await;
    let (db, other) = (database.open().await, database.open().await);
    for _ in 0..20 {
        let mut tx = db.write().await.unwrap();
        tx.execute("UPDATE audit_head SET seq = seq + 1").await.unwrap();
        drop(tx);
        // Another process waits for no more than the locks.
        let audit = seaworthy::audit::Audit::new(other.clone());
        let mut tx = other.write().await.unwrap();
        let event = seaworthy::audit::Event {
            actor: "system",
            action: "entry.accept",
            subject: "entry",
            detail: serde_json::json!({}),
        };
        audit.record(&mut tx, event, Timestamp::UNIX_EPOCH).await.unwrap();
        tx.commit().await.unwrap();
    }
    let (seq,): (i64,) =
        sqlx::query_as("SELECT seq FROM audit_head").fetch_one(&mut *db.read().await.unwrap()).await.unwrap();
    assert_eq!(seq, 20);
}
