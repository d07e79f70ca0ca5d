//! The schema, brought up to date by numbered files that both engines run.

use anyhow::{Context as _, anyhow};
use sqlx::AnyConnection;
use sqlx::migrate::{MigrateError, Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub(super) async fn run(conn: &mut AnyConnection) -> anyhow::Result<()> {
    match MIGRATIONS.run(conn).await {
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
