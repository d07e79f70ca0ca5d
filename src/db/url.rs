//! The address of a database, whose password is never printed.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::Deserialize;
use sqlx::any::AnyConnectOptions;
use sqlx::postgres::PgConnectOptions;
use url::Url;

use super::Engine;

/// What a path may hold unwritten in the address that the driver reads.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
/// What the driver takes behind the `?` of a PostgreSQL address; it passes over all else.
const PARAMETERS: [&str; 19] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "options[..]",
];

/// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl From<String> for DatabaseUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for DatabaseUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place())
    }
}

impl DatabaseUrl {
    /// The address with its password, for whoever connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The engine that the address names.
    pub fn engine(&self) -> Engine {
        if self.0.starts_with("postgres://") || self.0.starts_with("postgresql://") {
            Engine::Postgres
        } else {
            Engine::Sqlite
        }
    }

    /// The file behind an SQLite address: `%20` in it is a space, as in every address.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let (path, _parameters) = self.sqlite_parts()?;
        percent_decode_str(path).decode_utf8().ok().map(|path| PathBuf::from(path.as_ref()))
    }

    fn sqlite_parts(&self) -> Option<(&str, Option<&str>)> {
        let rest = self.0.strip_prefix("sqlite://").or_else(|| self.0.strip_prefix("sqlite:"))?;
        Some(rest.split_once('?').map_or((rest, None), |(path, parameters)| (path, Some(parameters))))
    }

    /// Where the data is, without a password.
    pub fn place(&self) -> String {
        if self.engine() == Engine::Sqlite {
            return self.sqlite_path().map_or_else(|| "[no address]".to_owned(), |path| path.display().to_string());
        }
        let Ok(url) = Url::parse(&self.0) else { return "postgres://[no address]".to_owned() };
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
    }

    /// The host and port, or the socket, of a PostgreSQL server.
    pub(super) fn server(&self) -> Option<String> {
        let options = PgConnectOptions::from_str(&self.0).ok().filter(|_| self.engine() == Engine::Postgres)?;
        Some(match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        })
    }

    /// What is wrong with it, in words that do not hold it.
    pub(super) fn find_fault(&self) -> Option<String> {
        if self.0.trim() != self.0 {
            return Some("has a blank before or after it".to_owned());
        }
        match (self.engine(), self.sqlite_parts()) {
            (Engine::Postgres, _) => self.find_postgres_fault(),
            (Engine::Sqlite, Some((path, parameters))) => find_sqlite_fault(path, parameters),
            (Engine::Sqlite, None) => {
                Some("must start with sqlite:// or postgres://, with a path or a host behind it".to_owned())
            }
        }
    }

    fn find_postgres_fault(&self) -> Option<String> {
        let advice = "it looks like postgres://user:password@host/name, where /, ?, # and @ of a password are written \
                      %2F, %3F, %23 and %40";
        let Ok(url) = Url::parse(&self.0) else { return Some(format!("is no address: {advice}")) };
        if url.fragment().is_some() {
            return Some(format!("holds a #: {advice}"));
        }
        let unknown = url.query_pairs().map(|(key, _)| key.into_owned()).find(|key| {
            let is_option = key.starts_with("options[") && key.ends_with(']');
            !is_option && !PARAMETERS.contains(&key.as_str())
        });
        if let Some(unknown) = unknown {
            return Some(format!("has the parameter {unknown:?}, and takes {}", PARAMETERS.join(", ")));
        }
        let names_host = url.query_pairs().any(|(key, _)| key == "host" || key == "hostaddr");
        if url.host_str().is_none_or(str::is_empty) && !names_host {
            return Some("names no host".to_owned());
        }
        PgConnectOptions::from_str(&self.0).err().map(|fault| format!("has a parameter that cannot be: {fault}"))
    }

    /// What the driver connects by.
    pub(super) fn connect_options(&self) -> sqlx::Result<AnyConnectOptions> {
        let Some(path) = self.sqlite_path() else {
            return AnyConnectOptions::from_str(&self.0);
        };
        // A whole path, so that no part of it is read as a host, or as one that leads upwards.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = std::fs::canonicalize(folder.unwrap_or_else(|| ".".as_ref()))?;
        let path = folder.join(path.file_name().unwrap_or_default());
        let written = percent_encode(path.as_os_str().as_encoded_bytes(), PATH);
        AnyConnectOptions::from_str(&format!("sqlite://{written}?mode=rwc"))
    }
}

fn find_sqlite_fault(path: &str, parameters: Option<&str>) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8();
    match (decoded.as_deref(), parameters) {
        (Err(_), _) => Some("names a file whose name is not UTF-8".to_owned()),
        (Ok(":memory:"), _) | (_, Some("mode=memory")) => {
            Some("names a database in memory, which a stop would lose: name a file".to_owned())
        }
        (_, Some(parameters)) if parameters != "mode=rwc" => {
            Some("takes no parameters behind a ?; a ? in the name of the file is written %3F".to_owned())
        }
        (Ok(path), _) if path.is_empty() || path.ends_with('/') => Some("names no file".to_owned()),
        (Ok(path), _) if path.contains('\0') => Some("names a file that cannot be".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        DatabaseUrl::from(text)
    }

    #[test]
    fn a_place_holds_no_password() {
        for (text, place) in [
            ("postgres://sea:s3cr@t@db.example.org/sea", "postgres://db.example.org/sea"),
            ("postgres://db.example.org/sea?password=s3cr", "postgres://db.example.org/sea"),
            ("postgres://sea:s3cr/t@db.example.org/sea", "postgres://[no address]"),
            ("postgres://db.example.org:5433/sea", "postgres://db.example.org:5433/sea"),
            ("mysql://root:s3cr@db/x", "[no address]"),
            ("sqlite://var/seaworthy.db?mode=rwc", "var/seaworthy.db"),
            ("sqlite:///srv/a%20b.db", "/srv/a b.db"),
        ] {
            assert_eq!(url(text).place(), place);
            assert_eq!(format!("{:?}", url(text)), place);
        }
    }

    #[test]
    fn a_server_is_told_by_host_and_port() {
        assert_eq!(url("postgres://sea:s3cr@db.example.org/x").server().unwrap(), "db.example.org:5432");
        assert_eq!(url("postgres://db:5433/x").server().unwrap(), "db:5433");
        assert_eq!(url("postgres:///x?host=/run/postgresql").server().unwrap(), "/run/postgresql");
        assert_eq!(url("sqlite://x.db").server(), None);
    }

    #[test]
    fn addresses_that_can_be_have_no_fault() {
        for text in [
            "sqlite://var/seaworthy.db",
            "sqlite:var/seaworthy.db",
            "sqlite:///srv/a%20b/c%3Fd#e.db",
            "sqlite:///srv/Übung/x.db?mode=rwc",
            "postgres://sea:p%40ss@db.example.org:5433/sea?sslmode=require&application_name=x",
            "postgresql:///sea?host=/run/postgresql",
            "postgres://[::1]/sea",
        ] {
            assert_eq!(url(text).find_fault(), None, "{text}");
        }
    }

    #[test]
    fn addresses_that_cannot_be_are_refused_without_being_told() {
        for (text, part) in [
            ("", "must start with"),
            ("mysql://root:s3cr@db/x", "must start with"),
            ("Postgres://sea:s3cr@db/x", "must start with"),
            ("postgres://sea:s3cr#t@db/x", "is no address"),
            ("postgres://sea:s3cr@db/x#s3cr", "holds a #"),
            ("postgres://sea:s3cr/t@db/x", "is no address"),
            ("postgres:///x", "names no host"),
            ("postgres://sea:s3cr@db/x?passwrod=s3cr", "\"passwrod\""),
            ("postgres://sea:s3cr@db/x?sslmode=sometimes", "cannot be"),
            ("postgres://sea:s3cr@db/x?port=s3", "cannot be"),
            ("sqlite::memory:", "in memory"),
            ("sqlite://:memory:", "in memory"),
            ("sqlite://?mode=memory", "in memory"),
            ("sqlite://", "names no file"),
            ("sqlite://var/", "names no file"),
            ("sqlite://var/x.db?cache=shared", "%3F"),
            ("sqlite://var/what?.db", "%3F"),
            ("sqlite://var/%ff.db", "UTF-8"),
            ("sqlite://var/x.db ", "blank"),
            (" sqlite://var/x.db", "blank"),
            ("postgres://sea:s3cr@db/x\n", "blank"),
        ] {
            let fault = url(text).find_fault().unwrap_or_else(|| panic!("{text} is taken"));
            assert!(fault.contains(part) && !fault.contains("s3cr"), "{text}: {fault}");
        }
    }
}
