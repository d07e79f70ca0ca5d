//! The database: one set of SQL, run on SQLite or PostgreSQL.
//!
//! # Portable SQL
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
//! - Reading takes [`Db::read`], changing takes [`Db::write`]; what nearly every request looks up takes [`Db::lookup`].
//!
//! # What was answered with success is durable
//! Every connection is told so when it is made ([`engine`]): SQLite flushes its log at each commit (`synchronous=FULL`),
//! and PostgreSQL commits with `synchronous_commit` on. There is no second, faster kind of write: `tests/bench/durability`
//! measures what it would gain. On PostgreSQL a statement and a transaction that stands still have a time limit each, so
//! that a replica that is frozen frees its locks.
//!
//! # Why `sqlx::Any`
//! One pool, one transaction type and ordinary queries serve both engines, and moving a site from one to the other is a
//! copy of tables. Its known faults are about types and the query builder, which the rules above leave out.

mod engine;
mod error;
mod lookup;
mod migrate;
mod pool;
mod probe;
mod row;
mod settings;
mod url;
mod values;
mod writer_queue;

use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::QueryAs;
use sqlx::{Any, AnyConnection, Connection as _, Database, Execute as _, FromRow, SqlSafeStr as _};
use sqlx_core::transaction::TransactionManager as _;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use engine::Limits;
use lookup::LookupConns;
use pool::{ConnPool, Connector};
use probe::Probe;
use writer_queue::{Permit, WriterQueue};

pub use error::{Error, Result, ignore_transient};
pub use pool::PooledConn;
pub(crate) use row::from_row;
pub use settings::DatabaseSettings;
pub use url::DatabaseUrl;
pub use values::{enum_text, json_text, micros, optional_micros, optional_timestamp, read_json, timestamp};

/// What a store function runs its statements on.
pub type Conn = AnyConnection;

type Transactions = <Any as Database>::TransactionManager;

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
    pool: ConnPool,
    lookups: Option<LookupConns>,
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
        let options = settings.url.connect_options()?;
        let probe = settings.url.server().map(|server| Probe::new(&server, options.clone()));
        let connector = Connector { options, engine, limits: limits.clone() };
        let pool = ConnPool::new(connector, settings.max_connections, WRITE_TIMEOUT * 2)?;
        let writers = WriterQueue::new(engine, WRITE_TIMEOUT);
        let mut db = Self { pool, lookups: None, engine, limits, probe, writers, committed: Arc::new(Notify::new()) };
        engine::inspect(&mut *db.read().await?, engine).await?;
        if let Some(path) = settings.sqlite_path() {
            db.lookups = Some(LookupConns::new(path).map_err(sqlx::Error::Io)?);
        }
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
    pub fn count_connections(&self) -> (usize, usize) {
        self.pool.count()
    }

    /// Asks the database for an answer, whatever it is.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&mut *self.read().await?).await?;
        Ok(())
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PooledConn> {
        let conn = self.pool.get();
        let Some(probe) = &self.probe else { return conn.await };
        tokio::pin!(conn);
        loop {
            tokio::select! {
                conn = &mut conn => {
                    if let Err(Error::Unreachable(_)) = &conn {
                        // It tells where the server should be.
                        probe.check().await?;
                    }
                    return conn;
                }
                () = tokio::time::sleep(PROBE_AFTER) => probe.check().await?,
            }
        }
    }

    /// The rows of a `SELECT` that nearly every request waits for. On SQLite it blocks the thread that calls it until it is
    /// done, so it must find its rows by an index and find few; any other takes [`Db::read`].
    pub async fn lookup<T>(&self, mut query: QueryAs<'_, Any, T, AnyArguments>) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, AnyRow> + Send,
    {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        let sql = query.sql();
        let lookups = self.lookups.as_ref().filter(|_| !self.pool.is_closed());
        let found = lookups.and_then(|lookups| lookups.find(sql.as_str(), &arguments).ok());
        let rows = match found {
            Some(rows) => rows,
            None => sqlx::query_with(sql, arguments).fetch_all(&mut *self.read().await?).await?,
        };
        Ok(rows.iter().map(T::from_row).collect::<sqlx::Result<_>>()?)
    }

    /// A transaction for changing; dropped without [`Tx::commit`], nothing of it is kept.
    pub async fn write(&self) -> Result<Tx> {
        let permit = self.writers.wait().await?;
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        let held = Some((self.read().await?, permit));
        // Whoever asked for it may go away before it has begun, and then it is rolled back too.
        let mut tx = Tx { held, committed: Arc::clone(&self.committed) };
        Transactions::begin(&mut tx, Some(begin.into_sql_str())).await?;
        self.writers.begun();
        Ok(tx)
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
        self.lookups.iter().for_each(LookupConns::close);
    }
}

/// An open transaction; pass it on as `&mut tx`.
#[derive(Debug)]
pub struct Tx {
    /// Until the transaction is over.
    held: Option<(PooledConn, Permit)>,
    committed: Arc<Notify>,
}

impl Tx {
    /// Makes the changes last.
    pub async fn commit(mut self) -> Result<()> {
        Transactions::commit(&mut self).await?;
        self.held = None;
        self.committed.notify_waiters();
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some((mut conn, permit)) = self.held.take() else { return };
        Transactions::start_rollback(&mut conn);
        let Ok(runtime) = Handle::try_current() else { return conn.discard() };
        // The driver sends it with what is asked next, and until then the transaction holds its locks.
        runtime.spawn(async move {
            if conn.ping().await.is_err() {
                conn.discard();
            }
            drop(permit);
        });
    }
}

impl std::ops::Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        let (conn, _) = self.held.as_ref().expect("it is there until the transaction is over");
        conn
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        let (conn, _) = self.held.as_mut().expect("it is there until the transaction is over");
        conn
    }
}
