//! What only PostgreSQL can do: several writers that wait for each other, and databases that cannot hold every name.

use std::time::Duration;

use jiff::Timestamp;
use seaworthy::db::{Conn, DatabaseSettings, Db, Error};
use seaworthy::{audit, db};
use sqlx::{Connection as _, Executor as _};

use super::{postgres, run};
use crate::support::TestDatabase;

const TAKE_HEAD: &str = "UPDATE audit_head SET seq = seq";
const TAKE_COUNTS: &str = "UPDATE limit_counts SET count = count";

/// The site's database with other settings.
async fn open(database: &TestDatabase, change: impl FnOnce(&mut DatabaseSettings)) -> Db {
    let mut settings = database.settings();
    change(&mut settings);
    Db::open(&settings).await.unwrap()
}

async fn record(db: &Db) -> db::Result<()> {
    let audit = audit::Audit::new(db.clone());
    let mut tx = db.write().await?;
    let event =
        audit::Event { actor: "system", action: "entry.accept", subject: "entry", detail: serde_json::json!({}) };
    audit.record(&mut tx, event, Timestamp::UNIX_EPOCH).await?;
    tx.commit().await
}

#[tokio::test]
async fn a_replica_that_freezes_in_a_transaction_holds_its_locks_for_a_bounded_time() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let frozen = open(&database, |settings| settings.idle_transaction_timeout_seconds = 2).await;
    let mut tx = frozen.write().await.unwrap();
    tx.execute(TAKE_HEAD).await.unwrap();

    // The other waits for the lock, and gets it when the server ends the transaction that stands still.
    record(&db).await.unwrap();
    let fault: Error = tx.execute(TAKE_HEAD).await.unwrap_err().into();
    assert!(matches!(fault, Error::Busy(_) | Error::Unreachable(_)), "{fault:?}");
    drop(tx);
    record(&frozen).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_never_ends_is_ended_and_may_be_tried_again() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let db = database.open().await;
    let slow = open(&database, |settings| settings.statement_timeout_seconds = 3).await;
    let mut tx = slow.write().await.unwrap();
    tx.execute(TAKE_HEAD).await.unwrap();
    let fault: Error = tx.execute("SELECT pg_sleep(600)").await.unwrap_err().into();
    assert!(matches!(fault, Error::Busy(_)), "{fault:?}");
    drop(tx);
    record(&db).await.unwrap();
}

#[tokio::test]
async fn of_two_that_wait_for_each_other_one_is_told_that_the_database_is_busy() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let db = database.open().await;
    run(&mut db.read().await.unwrap(), "INSERT INTO limit_counts VALUES ('x', 1, 1)".to_owned()).await;
    let (mut one, mut other) = (db.write().await.unwrap(), db.write().await.unwrap());
    one.execute(TAKE_HEAD).await.unwrap();
    other.execute(TAKE_COUNTS).await.unwrap();
    let (first, second) = tokio::join!(one.execute(TAKE_COUNTS), async {
        let outcome = other.execute(TAKE_HEAD).await;
        drop(other);
        outcome
    });
    let faults: Vec<Error> = [first.err(), second.err()].into_iter().flatten().map(Error::from).collect();
    assert!(matches!(faults[..], [Error::Busy(_)]), "{faults:?}");
}

#[tokio::test]
async fn a_clash_of_transactions_is_worth_another_try() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let db = database.open().await;
    for code in ["40001", "40P01", "55P03", "57014"] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$");
        let raise: &'static str = Box::leak(raise.into_boxed_str());
        let fault: Error = db.read().await.unwrap().execute(raise).await.unwrap_err().into();
        assert!(matches!(fault, Error::Busy(_)), "{code}: {fault:?}");
    }
}

#[tokio::test]
async fn every_connection_has_its_limits_also_after_a_change_of_the_schema() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let db = open(&database, |settings| settings.statement_timeout_seconds = 7).await;
    db.migrate().await.unwrap();
    for mut conn in super::take_every_connection(&db, database.settings().max_connections).await {
        let limits: (String, String, String) = sqlx::query_as(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),
                    current_setting('idle_in_transaction_session_timeout')",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        assert_eq!(limits, ("5s".to_owned(), "7s".to_owned(), "30s".to_owned()));
    }
}

#[tokio::test]
async fn a_role_that_does_not_wait_for_the_disk_is_overruled() {
    if postgres().is_none() {
        return;
    }
    let database = TestDatabase::create().await;
    let mut conn = Conn::connect(database.settings().url.expose()).await.unwrap();
    let (name,): (String,) = sqlx::query_as("SELECT current_database()::TEXT").fetch_one(&mut conn).await.unwrap();
    run(&mut conn, format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let db = database.open().await;
    for mut conn in super::take_every_connection(&db, 4).await {
        let (level,): (String,) =
            sqlx::query_as("SELECT current_setting('synchronous_commit')").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(level, "on");
    }
}

#[tokio::test]
async fn a_database_that_has_no_place_for_every_name_is_refused_in_words() {
    let Some(server) = postgres() else { return };
    sqlx::any::install_default_drivers();
    let name = format!("test_latin1_{}", std::process::id());
    let mut conn = Conn::connect(&server).await.unwrap();
    run(&mut conn, format!("DROP DATABASE IF EXISTS {name}")).await;
    let create = format!("CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    run(&mut conn, create).await;
    let (base, _) = server.rsplit_once('/').unwrap();
    let settings = DatabaseSettings { url: format!("{base}/{name}").into(), ..DatabaseSettings::default() };
    let outcome = Db::open(&settings).await.map(drop);
    tokio::time::timeout(Duration::from_mins(1), run(&mut conn, format!("DROP DATABASE {name} WITH (FORCE)")))
        .await
        .unwrap();
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("LATIN1") && said.contains("ENCODING 'UTF8'"), "{said}");
}
