//! The `[database]` section.

use serde::Deserialize;

use super::Engine;

/// Where the data is.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
    pub url: String,
    /// The most connections this process opens.
    pub max_connections: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self { url: "sqlite://var/seaworthy.db".to_owned(), max_connections: 16 }
    }
}

impl DatabaseSettings {
    /// The engine that the address names.
    pub fn engine(&self) -> Engine {
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            Engine::Postgres
        } else {
            Engine::Sqlite
        }
    }

    /// The file behind an SQLite address.
    pub fn sqlite_path(&self) -> Option<&str> {
        let path = self.url.strip_prefix("sqlite://").or_else(|| self.url.strip_prefix("sqlite:"))?;
        Some(path.split('?').next().unwrap_or(path))
    }

    /// Where the data is, without the password that its address may hold.
    pub fn place(&self) -> String {
        match (self.engine(), self.url.split_once("://"), self.url.rsplit_once('@')) {
            (Engine::Postgres, Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
            (Engine::Postgres, ..) => self.url.clone(),
            (Engine::Sqlite, ..) => self.sqlite_path().unwrap_or(&self.url).to_owned(),
        }
    }

    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.engine() == Engine::Sqlite && self.sqlite_path().is_none_or(str::is_empty) {
            faults.push(
                "database.url must start with sqlite:// or postgres://, with a path or a host behind it".to_owned(),
            );
        }
        if self.max_connections == 0 {
            faults.push("database.max_connections must be 1 or more".to_owned());
        }
        faults
    }

    pub(super) fn connection_url(&self) -> String {
        match self.sqlite_path() {
            Some(path) if self.engine() == Engine::Sqlite => format!("sqlite://{path}?mode=rwc"),
            _ => self.url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_no_password() {
        let place = |url: &str| DatabaseSettings { url: url.to_owned(), ..DatabaseSettings::default() }.place();
        assert_eq!(place("postgres://sea:s3cr@t@db.example.org/sea"), "postgres://db.example.org/sea");
        assert_eq!(place("postgres://db.example.org/sea"), "postgres://db.example.org/sea");
        assert_eq!(place("sqlite://var/seaworthy.db?mode=rwc"), "var/seaworthy.db");
    }
}
