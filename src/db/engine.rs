//! What each engine is told on a new connection, and what is asked of it before anything is stored.

use sqlx::{AnyConnection, Executor as _};

use super::{DatabaseSettings, Engine, Error, Result};

/// The first SQLite that has all that is used: `RETURNING`, and `json` without a build option.
const SQLITE_LEAST: (u32, u32) = (3, 38);
/// The first PostgreSQL that these statements are tried on.
const POSTGRES_LEAST: u32 = 14;

/// How long PostgreSQL waits before it gives something up, in milliseconds; 0 waits for ever.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    lock: u32,
    statement: u32,
    idle_transaction: u32,
}

impl Limits {
    /// Those of a connection that answers requests.
    pub(super) fn new(settings: &DatabaseSettings) -> Self {
        Self {
            lock: 5_000,
            statement: settings.statement_timeout_seconds.saturating_mul(1_000),
            idle_transaction: settings.idle_transaction_timeout_seconds.saturating_mul(1_000),
        }
    }

    /// None, for a change of the schema, which takes as long as it takes.
    pub(super) const NONE: Self = Self { lock: 0, statement: 0, idle_transaction: 0 };
}

/// Makes a new connection ready: what is committed on it survives a power cut, and it holds no lock for ever.
pub(super) async fn prepare(conn: &mut AnyConnection, engine: Engine, limits: &Limits) -> sqlx::Result<()> {
    if engine == Engine::Sqlite {
        // `FULL` flushes the log at each commit; `fullfsync` makes that reach the disk on macOS, and is nothing elsewhere.
        for statement in [
            "PRAGMA busy_timeout = 5000",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA fullfsync = ON",
            "PRAGMA foreign_keys = ON",
        ] {
            conn.execute(statement).await?;
        }
        return Ok(());
    }
    sqlx::query(
        "SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),
                set_config('idle_in_transaction_session_timeout', $3, false)",
    )
    .bind(limits.lock.to_string())
    .bind(limits.statement.to_string())
    .bind(limits.idle_transaction.to_string())
    .execute(&mut *conn)
    .await?;
    // `local`, `remote_write` and `remote_apply` survive a power cut of the server too, and are its owner's choice.
    conn.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    )
    .await?;
    Ok(())
}

/// Refuses an engine that cannot hold the data, and warns of a server that may lose it.
pub(super) async fn inspect(conn: &mut AnyConnection, engine: Engine) -> Result<()> {
    if engine == Engine::Sqlite {
        let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(conn).await?;
        return refuse_old_sqlite(&version);
    }
    let (encoding, version, fsync, full_pages, commit): (String, String, String, String, String) = sqlx::query_as(
        "SELECT current_setting('server_encoding'), current_setting('server_version_num'), current_setting('fsync'),
                current_setting('full_page_writes'),
                (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit')",
    )
    .fetch_one(conn)
    .await?;
    refuse_old_postgres(&version)?;
    if encoding != "UTF8" {
        return Err(Error::Unsuitable(format!(
            "the database is encoded in {encoding}, which has no place for most of the world's names. Make it anew with \
             CREATE DATABASE .. ENCODING 'UTF8' TEMPLATE template0."
        )));
    }
    if commit == "off" {
        tracing::warn!("synchronous_commit is off for this role or server; the program's own connections switch it on");
    }
    if fsync == "off" || full_pages == "off" {
        tracing::warn!(
            fsync,
            full_page_writes = full_pages,
            "the PostgreSQL server may lose what was stored when its power is cut"
        );
    }
    Ok(())
}

fn refuse_old_sqlite(version: &str) -> Result<()> {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= SQLITE_LEAST {
        return Ok(());
    }
    let (major, minor) = SQLITE_LEAST;
    Err(Error::Unsuitable(format!("SQLite {version} is too old: {major}.{minor} or newer is needed")))
}

fn refuse_old_postgres(version: &str) -> Result<()> {
    let major = version.parse::<u32>().unwrap_or(0) / 10_000;
    if major >= POSTGRES_LEAST {
        return Ok(());
    }
    Err(Error::Unsuitable(format!("PostgreSQL {major} is too old: {POSTGRES_LEAST} or newer is needed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_too_old_is_refused_in_words() {
        assert!(refuse_old_sqlite("3.50.4").is_ok() && refuse_old_sqlite("4.0").is_ok());
        assert!(refuse_old_sqlite("3.34.1").unwrap_err().to_string().contains("3.38 or newer"));
        assert!(refuse_old_postgres("150018").is_ok());
        assert!(refuse_old_postgres("130002").unwrap_err().to_string().contains("PostgreSQL 13 is too old"));
    }
}
