//! The schema, brought up to date by numbered files that both engines run.

use std::borrow::Cow;

use anyhow::{Context as _, anyhow};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, SqlSafeStr as _};

macro_rules! files {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("../../migrations/", $name)))),*] };
}

/// Each file of the folder `migrations` by its name.
const FILES: &[(&str, &str)] = files! {
    "0001_jobs.sql"
    "0002_audit.sql"
    "0003_limits.sql"
    "0004_accounts.sql"
    "0005_lessons.sql"
    "0006_labs.sql"
    "0007_grading.sql"
    "0008_checkpoints.sql"
    "0009_reviews.sql"
    "0010_prizes.sql"
    "0011_credentials.sql"
    "0012_labs.sql"
    "0013_grading.sql"
    "0014_grading.sql"
    "0015_grading.sql"
    "0016_grading.sql"
    "0019_loads.sql"
    "0021_games.sql"
    "0022_grading.sql"
    "0023_drafts.sql"
    "0024_fairness.sql"
};

pub(super) async fn run(conn: &mut AnyConnection) -> anyhow::Result<()> {
    let migrations = list()?;
    let ours = migrations.iter().map(|migration| migration.version).max().unwrap_or(0);
    match Migrator::with_migrations(migrations).run(conn).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(theirs)) => Err(anyhow!(
            "the database is of a newer version of this program: it has step {theirs} of the schema, and this version \
             ends at step {ours}. Run the newer version, or restore a backup from before it."
        )),
        Err(fault) => Err(fault).context("the database's schema could not be brought up to date"),
    }
}

/// The files as `sqlx` reads a folder of them: a number, and behind `_` what the step is about.
fn list() -> anyhow::Result<Vec<Migration>> {
    let migration = |(name, sql): &(&'static str, &'static str)| {
        let (number, about) = name.trim_end_matches(".sql").split_once('_').context("a migration has no number")?;
        let description = Cow::Owned(about.replace('_', " "));
        Ok(Migration::new(number.parse()?, description, MigrationType::Simple, sql.into_sql_str(), false))
    };
    FILES.iter().map(migration).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `seaworthy migrate` and `sqlx`'s own program know the same steps.
    #[tokio::test]
    async fn every_file_of_the_folder_is_listed_as_sqlx_reads_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let read = Migrator::new(folder).await.unwrap();
        let facts = |migration: &Migration| {
            (migration.version, migration.description.to_string(), migration.checksum.to_vec(), migration.no_tx)
        };
        let listed: Vec<_> = list().unwrap().iter().map(facts).collect();
        assert_eq!(listed, read.iter().map(facts).collect::<Vec<_>>());
    }
}
