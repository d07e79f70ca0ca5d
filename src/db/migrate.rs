//! The schema, brought up to date by numbered files that both engines run.

use anyhow::Context as _;
use sqlx::AnyPool;
use sqlx::migrate::Migrator;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

pub(super) async fn run(pool: &AnyPool) -> anyhow::Result<()> {
    MIGRATIONS.run(pool).await.context("the database's schema could not be brought up to date")
}
