//! The `[database]` section.

use std::path::PathBuf;

use serde::Deserialize;

use super::{DatabaseUrl, Engine};
use crate::settings::Faults;

/// Where the data is.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
    pub url: DatabaseUrl,
    /// The most connections this process opens.
    pub max_connections: u32,
    /// How long PostgreSQL lets one statement run, in seconds.
    pub statement_timeout_seconds: u32,
    /// How long PostgreSQL lets a transaction stand still before it ends it and frees its locks, in seconds.
    pub idle_transaction_timeout_seconds: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: "sqlite://var/seaworthy.db".into(),
            max_connections: 16,
            statement_timeout_seconds: 30,
            idle_transaction_timeout_seconds: 30,
        }
    }
}

impl DatabaseSettings {
    /// The engine that the address names.
    pub fn engine(&self) -> Engine {
        self.url.engine()
    }

    /// The file behind an SQLite address.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        self.url.sqlite_path()
    }

    /// Where the data is, without the password that its address may hold.
    pub fn place(&self) -> String {
        self.url.place()
    }

    /// Every fault of the section, in words for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("database");
        match (self.url.find_fault(), self.sqlite_path()) {
            (Some(fault), _) => faults.add("url", fault),
            (None, Some(path)) => faults.file("url", &path),
            (None, None) => {}
        }
        faults.range("max_connections", &self.max_connections, &(1..=1_000));
        faults.range("statement_timeout_seconds", &self.statement_timeout_seconds, &(1..=3_600));
        faults.range("idle_transaction_timeout_seconds", &self.idle_transaction_timeout_seconds, &(1..=3_600));
        faults.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut DatabaseSettings)) -> Vec<String> {
        let mut settings = DatabaseSettings::default();
        change(&mut settings);
        settings.validate()
    }

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(faults(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn numbers_out_of_range_are_told_by_their_key() {
        assert_eq!(faults(|settings| settings.max_connections = 0).len(), 1);
        assert_eq!(faults(|settings| settings.max_connections = 1_001).len(), 1);
        let fault = faults(|settings| settings.statement_timeout_seconds = 0);
        assert_eq!(fault, ["database.statement_timeout_seconds must be from 1 to 3600, not 0"]);
        assert_eq!(faults(|settings| settings.idle_transaction_timeout_seconds = 0).len(), 1);
    }

    #[test]
    fn a_folder_is_no_database() {
        let folder = tempfile::tempdir().unwrap();
        let fault = faults(|settings| settings.url = format!("sqlite://{}", folder.path().display()).into());
        assert!(fault[0].starts_with("database.url should name a file"), "{fault:?}");
    }
}
