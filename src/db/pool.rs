//! The pool of connections.
//!
//! That of `sqlx` pings the server, or SQLite's thread, each time a connection comes back: half of what a page waits for.
//! Here a server is pinged once, when a connection is taken, and a file not at all, since it does not go away.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{
    Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, Timeouts, WeakPool,
};
use sqlx::any::AnyConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use sqlx_core::transaction::TransactionManager as _;

use super::engine::{self, Limits};
use super::{Conn, Engine, Error, Result, Transactions};

/// How long a connection to a server is kept open unused.
const MAX_IDLE: Duration = Duration::from_mins(10);
/// How old a connection to a server may be when it is taken, so that what it and the server hold for it is given back.
const MAX_AGE: Duration = Duration::from_mins(30);
/// How long to wait before a server that has no connection left is asked again.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// A connection of the pool, to which it goes back when dropped.
#[derive(Debug)]
pub struct PooledConn(Object<Connector>);

impl PooledConn {
    /// Closes a connection that is not fit for another use.
    pub(super) fn discard(self) {
        drop(Object::take(self.0));
    }
}

impl std::ops::Deref for PooledConn {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl std::ops::DerefMut for PooledConn {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Connections that are open, up to a number, and those who wait for one, in their order.
#[derive(Clone, Debug)]
pub(super) struct ConnPool(Pool<Connector>);

impl ConnPool {
    /// An empty pool of at most `max` connections, for one of which nobody waits longer than `wait`.
    pub(super) fn new(connector: Connector, max: u32, wait: Duration) -> Result<Self> {
        let timeouts = Timeouts { wait: Some(wait), create: Some(wait), recycle: Some(wait) };
        // The last one used has its thread and its pages at hand.
        let pool = Pool::builder(connector).max_size(max as usize).timeouts(timeouts).queue_mode(QueueMode::Lifo);
        let pool = pool.runtime(Runtime::Tokio1).build().map_err(|fault| Error::Unsuitable(fault.to_string()))?;
        if pool.manager().engine == Engine::Postgres {
            tokio::spawn(close_unused(pool.weak()));
        }
        Ok(Self(pool))
    }

    /// A connection, once there is one.
    pub(super) async fn get(&self) -> Result<PooledConn> {
        match self.0.get().await {
            Ok(conn) => Ok(PooledConn(conn)),
            Err(PoolError::Backend(fault)) => Err(fault),
            Err(PoolError::Closed) => Err(Error::Closed),
            Err(_) => Err(Error::Busy(sqlx::Error::PoolTimedOut)),
        }
    }

    /// How many connections are open, and how many of them are idle.
    pub(super) fn count(&self) -> (usize, usize) {
        let status = self.0.status();
        (status.size, status.available)
    }

    /// Whether nobody gets a connection any more.
    pub(super) fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Ends every connection that is idle, and each of the others when it comes back.
    pub(super) async fn close(&self) {
        for conn in self.0.retain(|_, _| false).removed {
            conn.close().await.ok();
        }
        self.0.close();
    }
}

/// Closes connections to a server that nobody has used for long, for as long as there is a pool.
async fn close_unused(pool: WeakPool<Connector>) {
    loop {
        tokio::time::sleep(MAX_IDLE / 10).await;
        let Some(pool) = pool.upgrade().filter(|pool| !pool.is_closed()) else { return };
        let unused = pool.retain(|_, metrics| metrics.last_used() < MAX_IDLE);
        for conn in unused.removed {
            conn.close().await.ok();
        }
    }
}

/// Makes connections, and finds out whether one is fit for another use.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) options: AnyConnectOptions,
    pub(super) engine: Engine,
    pub(super) limits: Limits,
}

impl Connector {
    async fn connect(&self) -> sqlx::Result<Conn> {
        let mut conn = self.options.connect().await?;
        engine::prepare(&mut conn, self.engine, &self.limits).await?;
        Ok(conn)
    }
}

impl Manager for Connector {
    type Type = Conn;
    type Error = Error;

    async fn create(&self) -> Result<Conn> {
        loop {
            match self.connect().await.map_err(Error::from) {
                Err(Error::Busy(_)) => tokio::time::sleep(RETRY_AFTER).await,
                outcome => return outcome,
            }
        }
    }

    async fn recycle(&self, conn: &mut Conn, metrics: &Metrics) -> RecycleResult<Error> {
        if self.engine == Engine::Postgres {
            if metrics.age() > MAX_AGE {
                return Err(RecycleError::message("too old"));
            }
            conn.ping().await.map_err(Error::from)?;
        }
        if !repair(conn).await.map_err(Error::from)? {
            return Err(RecycleError::message("in a transaction"));
        }
        Ok(())
    }
}

/// Whether a connection from the pool is fit for use.
///
/// SQLite ends a transaction by itself when the disk is full, and the driver, whose `ROLLBACK` then fails, goes on counting
/// it: such a connection would never begin another one. It is given a transaction to roll back.
async fn repair(conn: &mut Conn) -> sqlx::Result<bool> {
    if conn.is_in_transaction() && conn.execute("BEGIN").await.is_ok() {
        Transactions::rollback(conn).await?;
    }
    Ok(!conn.is_in_transaction())
}
