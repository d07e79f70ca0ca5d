//! The schema, brought up to date by numbered files that both engines run.

use anyhow::{Context as _, anyhow};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyPool, Executor as _};

use super::Engine;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub(super) async fn run(pool: &AnyPool, engine: Engine) -> anyhow::Result<()> {
    let mut conn = pool.acquire().await?;
    if engine == Engine::Postgres {
        // Another replica may be at it, and that takes as long as it takes.
        conn.execute("SET lock_timeout = 0").await?;
    }
    let outcome = MIGRATIONS.run(&mut *conn).await;
    if engine == Engine::Postgres {
        conn.execute("SET lock_timeout = 5000").await?;
    }
    match outcome {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(theirs)) => {
            let ours = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
            Err(anyhow!(
                "the database is of a newer version of this program: it has step {theirs} of the schema, and this version \
                 ends at step {ours}. Run the newer version, or restore a backup from before it."
            ))
        }
        Err(fault) => Err(fault).context("the database's schema could not be brought up to date"),
    }
}
