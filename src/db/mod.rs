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
//! # What was answered with success is durable
//! Every connection is told so when it is made ([`engine`]): SQLite flushes its log at each commit (`synchronous=FULL`),
//! and PostgreSQL commits with `synchronous_commit` on. There is no second, faster kind of write: `tests/bench/durability`
//! measures what it would gain. On PostgreSQL a statement and a transaction that stands still have a time limit each, so
//! that a replica that is frozen frees its locks.
//!
//! # Why `sqlx::Any`
//! One pool, one transaction type and ordinary queries serve both engines, and moving a site from one to the other is a
//! copy of tables. Its known faults are about types and the query builder, which the card leaves out.

mod engine;
mod error;
mod migrate;
mod probe;
mod row;
mod settings;
mod url;
mod values;
mod writer_queue;

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Database, Executor as _, SqlSafeStr as _, Transaction};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::Notify;

use engine::Limits;
use probe::Probe;
use writer_queue::{Permit, WriterQueue};

pub use error::{Error, Result, ignore_transient};
pub(crate) use row::from_row;
pub use settings::DatabaseSettings;
pub use url::DatabaseUrl;
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
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long somebody waits for a connection before asking whether the server is there at all.
const PROBE_AFTER: Duration = Duration::from_millis(500);

/// The pool of connections, and the queue that lets one writer at a time into SQLite.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    limits: Limits,
    probe: Option<Probe>,
    writers: WriterQueue,
    committed: Arc<Notify>,
}

impl Db {
    /// Opens the pool; an SQLite file is made when it is missing. An engine that cannot hold the data is refused.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (engine, limits) = (settings.engine(), Limits::new(settings));
        let options = AnyPoolOptions::new();
        let options = match engine {
            // Opening a file again and again gains nothing, and on a full disk it may fail; and a file does not go away as
            // a server does, so that asking whether it is there before each use would only make each request wait once more.
            Engine::Sqlite => options.idle_timeout(None).max_lifetime(None).test_before_acquire(false),
            Engine::Postgres => options,
        };
        let connect_options = settings.url.connect_options()?;
        let probe = settings.url.server().map(|server| Probe::new(&server, connect_options.clone()));
        let on_connect = limits.clone();
        let pool = options
            .max_connections(settings.max_connections)
            .acquire_timeout(WRITE_TIMEOUT * 2)
            .after_connect(move |conn, _| {
                let limits = on_connect.clone();
                Box::pin(async move { engine::prepare(conn, engine, &limits).await })
            })
            .before_acquire(|conn, _| Box::pin(async move { repair(conn).await }))
            .connect_lazy_with(connect_options);
        let writers = WriterQueue::new(engine, WRITE_TIMEOUT);
        let db = Self { pool, engine, limits, probe, writers, committed: Arc::new(Notify::new()) };
        engine::inspect(&mut *db.read().await?, engine).await?;
        Ok(db)
    }

    /// Brings the schema up to date; safe to run from several processes.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        let mut conn = self.read().await?;
        // Another replica may be at it, and that takes as long as it takes.
        engine::prepare(&mut conn, self.engine, &Limits::NONE).await?;
        let outcome = migrate::run(&mut conn).await;
        engine::prepare(&mut conn, self.engine, &self.limits).await?;
        outcome
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
        let acquired = self.pool.acquire();
        let Some(probe) = &self.probe else { return Ok(acquired.await?) };
        tokio::pin!(acquired);
        loop {
            tokio::select! {
                acquired = &mut acquired => return Ok(acquired?),
                () = tokio::time::sleep(PROBE_AFTER) => probe.check().await?,
            }
        }
    }

    /// A transaction for changing; dropped without [`Tx::commit`], nothing of it is kept.
    pub async fn write(&self) -> Result<Tx> {
        let permit = self.writers.wait().await?;
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        let inner = Transaction::begin(self.read().await?, Some(begin.into_sql_str())).await?;
        self.writers.begun();
        Ok(Tx { inner, committed: Arc::clone(&self.committed), _permit: permit })
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
    _permit: Permit,
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
