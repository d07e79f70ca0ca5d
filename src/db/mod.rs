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
mod settings;
mod values;

use std::sync::Arc;

use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor as _, Transaction};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub use error::{Error, Result};
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

/// The pool of connections, and the gate that lets one writer at a time into SQLite.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    engine: Engine,
    writers: Arc<Semaphore>,
    committed: Arc<Notify>,
}

impl Db {
    /// Opens the pool; an SQLite file is made when it is missing.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = settings.engine();
        let pool = AnyPoolOptions::new()
            .max_connections(settings.max_connections)
            .acquire_timeout(std::time::Duration::from_secs(10))
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    if engine == Engine::Sqlite {
                        conn.execute("PRAGMA journal_mode = WAL").await?;
                        conn.execute("PRAGMA synchronous = NORMAL").await?;
                        conn.execute("PRAGMA foreign_keys = ON").await?;
                        conn.execute("PRAGMA busy_timeout = 5000").await?;
                    }
                    Ok(())
                })
            })
            .connect(&settings.connection_url())
            .await?;
        let writers = if engine == Engine::Sqlite { 1 } else { Semaphore::MAX_PERMITS };
        Ok(Self { pool, engine, writers: Arc::new(Semaphore::new(writers)), committed: Arc::new(Notify::new()) })
    }

    /// Brings the schema up to date; safe to run from several processes.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        migrate::run(&self.pool).await
    }

    /// The engine behind this pool.
    pub fn engine(&self) -> Engine {
        self.engine
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
        let permit = Arc::clone(&self.writers).acquire_owned().await.map_err(|_closed| Error::Closed)?;
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        let inner = self.pool.begin_with(begin).await?;
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

/// An open transaction; pass it on as `&mut tx`.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Any>,
    committed: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
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
