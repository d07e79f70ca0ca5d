//! The database: one set of SQL, run on SQLite or PostgreSQL.
//!
//! # The portable SQL card
//! - Columns are `TEXT`, `BIGINT`, rarely `BYTEA`. Ids are UUIDv7 text made in Rust. Times are `BIGINT` microseconds.
//!   Enums are `TEXT` with a `CHECK`. JSON is `TEXT`, parsed in Rust.
//! - No booleans: a nullable time says when, else a state enum.
//! - Markers are `$1..$n`. Optional filter: `(CAST($1 AS TEXT) IS NULL OR role = $1)`.
//! - "Already there" is `ON CONFLICT DO NOTHING RETURNING ..` giving `None`, not a caught error: PostgreSQL aborts the
//!   transaction on an error, and SQLite does not name the constraint. One unique rule per statement.
//! - Time and randomness come in as parameters: no `CURRENT_TIMESTAMP`, no `RANDOM()`.
//! - `CAST(SUM(x) AS BIGINT)`; `COUNT(*)` for existence; `NULLS LAST` written out.
//! - Text order differs by collation: order by time or id in SQL, sort names in Rust.
//! - Locking is an `UPDATE .. SET revision = revision + 1` first; never `FOR UPDATE`.
//! - Reading takes [`Db::read`], changing takes [`Db::write`].
//!
//! # Why `sqlx::Any`
//! One pool, one transaction type and ordinary queries serve both engines, and moving a site from one to the other is a
//! copy of tables. Its known faults are about types and the query builder, which the card leaves out.

mod error;
mod migrate;
mod queue;
mod settings;
mod values;

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Database, Executor as _, Transaction};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::Notify;

use queue::{Turn, WriterQueue};

pub use error::{Error, Result, pass_over};
pub use settings::DatabaseSettings;
pub use values::{enum_text, micros, optional_micros, optional_timestamp, timestamp};

/// What a store function runs its statements on.
pub type Conn = AnyConnection;

/// Which engine is behind a [`Db`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of this machine, written by one process.
    Sqlite,
    /// A server, written by many.
    Postgres,
}

/// How long a writer waits while no other gets on; the statements below tell the engines the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pool of connections, and the queue that lets one writer at a time into SQLite.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    writers: WriterQueue,
    committed: Arc<Notify>,
}

impl Db {
    /// Opens the pool; an SQLite file is made when it is missing.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = settings.engine();
        let options = AnyPoolOptions::new();
        let options = match engine {
            // Opening a file again and again gains nothing, and on a full disk it may fail.
            Engine::Sqlite => options.idle_timeout(None).max_lifetime(None),
            Engine::Postgres => options,
        };
        let pool = options
            .max_connections(settings.max_connections)
            .acquire_timeout(PATIENCE * 2)
            .after_connect(move |conn, _| Box::pin(async move { prepare(conn, engine).await }))
            .before_acquire(|conn, _| Box::pin(async move { repair(conn).await }))
            .connect(&settings.connection_url())
            .await?;
        let writers = WriterQueue::new(engine, PATIENCE);
        Ok(Self { pool, engine, writers, committed: Arc::new(Notify::new()) })
    }

    /// Brings the schema up to date; safe to run from several processes.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        migrate::run(&self.pool, self.engine).await
    }

    /// The engine behind this pool.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// How many connections are open, and how many of them are idle.
    pub fn count_connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    /// Asks the database for an answer, whatever it is.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&mut *self.read().await?).await?;
        Ok(())
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PoolConnection<Any>> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction for changing; dropped without [`Tx::commit`], nothing of it stays.
    pub async fn write(&self) -> Result<Tx> {
        let turn = self.writers.wait().await?;
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        let inner = self.pool.begin_with(begin).await?;
        self.writers.begun();
        Ok(Tx { inner, committed: Arc::clone(&self.committed), _turn: turn })
    }

    /// Resolves after the next commit made through this pool, so that workers need not poll for local work.
    ///
    /// It counts from the call, not from the first poll, so that no commit between the two is missed.
    pub fn next_commit(&self) -> tokio::sync::futures::Notified<'_> {
        self.committed.notified()
    }

    /// Ends every connection once it is idle.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn prepare(conn: &mut Conn, engine: Engine) -> sqlx::Result<()> {
    let statements: &[&'static str] = match engine {
        Engine::Sqlite => &[
            "PRAGMA busy_timeout = 5000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            "PRAGMA foreign_keys = ON",
        ],
        Engine::Postgres => &["SET lock_timeout = 5000"],
    };
    for statement in statements {
        conn.execute(*statement).await?;
    }
    Ok(())
}

/// Whether a connection from the pool is fit for use.
///
/// SQLite ends a transaction by itself when the disk is full, and the driver, whose `ROLLBACK` then fails, goes on counting
/// it: such a connection would never begin another one. It is given a transaction to roll back.
async fn repair(conn: &mut Conn) -> sqlx::Result<bool> {
    if conn.is_in_transaction() && conn.execute("BEGIN").await.is_ok() {
        <Any as Database>::TransactionManager::rollback(conn).await?;
    }
    Ok(!conn.is_in_transaction())
}

/// An open transaction; pass it on as `&mut tx`.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    committed: Arc<Notify>,
    _turn: Turn,
}

impl Tx {
    /// Makes the changes last.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await?;
        self.committed.notify_waiters();
        Ok(())
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.inner
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.inner
    }
}
