//! The database: what is committed stays, waits have an end, and a server that is gone is told as such.

mod durability;
mod lookup;
mod outage;
mod paths;
mod plans;
mod postgres;

use seaworthy::db::PooledConn;
use seaworthy::db::{Conn, Db};
use sqlx::Executor as _;

/// Every connection that the pool may open, taken at once.
async fn take_every_connection(db: &Db, count: u32) -> Vec<PooledConn> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(db.read().await.unwrap());
    }
    taken
}

/// The server that the run is for, if it is one of PostgreSQL.
fn postgres() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok()
}

/// Runs statements that are made here.
async fn run(conn: &mut Conn, statement: String) {
    let statement: &'static str = Box::leak(statement.into_boxed_str());
    conn.execute(statement).await.unwrap();
}
