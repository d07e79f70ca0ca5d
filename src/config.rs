//! The configuration: defaults, then a TOML file, then the environment, checked once with every fault told.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use toml::{Table, Value};

use crate::accounts::AccountSettings;
use crate::cluster::ClusterSettings;
use crate::db::DatabaseSettings;
use crate::id::{Random, Secret};
use crate::jobs::JobSettings;
use crate::labs::LabsSettings;
use crate::lessons::ContentSettings;
use crate::mail::MailSettings;
use crate::telemetry::LogSettings;
use crate::web::ServerSettings;

/// The prefix of environment variables that set a key: `SEAWORTHY_<SECTION>__<KEY>`.
const PREFIX: &str = "SEAWORTHY_";
/// The keys whose value may stand in a file of its own, named by the key with `_file` behind it.
const SECRET_KEYS: [&str; 3] = ["password", "url", "metrics_token"];

/// Everything a person who installs the program can set.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the site is served.
    pub server: ServerSettings,
    /// Where the data is.
    pub database: DatabaseSettings,
    /// Where mail goes.
    pub mail: MailSettings,
    /// Where labs run.
    pub cluster: ClusterSettings,
    /// How lab sessions are run.
    pub labs: LabsSettings,
    /// How background work is done.
    pub jobs: JobSettings,
    /// What is logged.
    pub log: LogSettings,
    /// How people sign up and in.
    pub accounts: AccountSettings,
    /// Where the lessons are.
    pub content: ContentSettings,
}

impl Config {
    /// Reads `file`, if given, and the variables of the environment over it.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut table = Table::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            table = toml::from_str(&text).with_context(|| format!("{} is not TOML", path.display()))?;
            // Read alone first: a fault found here can name its line. The path of a secret stands in for what it holds.
            let in_place = SECRET_KEYS.iter().fold(text, |text, key| text.replace(&format!("{key}_file"), key));
            toml::from_str::<Self>(&in_place).with_context(|| path.display().to_string())?;
        }
        let variables: Vec<_> =
            environment.filter(|(name, _)| name.starts_with(PREFIX) && name.contains("__")).collect();
        let config = parse(&table, &variables).map_err(|fault| match find_culprit(&table, &variables) {
            Some(name) => fault.context(format!("the variable {name}")),
            None => fault.context("the configuration"),
        })?;
        let faults = config.validate();
        anyhow::ensure!(faults.is_empty(), "the configuration has faults:\n  - {}", faults.join("\n  - "));
        Ok(config)
    }

    /// Every fault of every section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        [
            self.server.validate(),
            self.database.validate(),
            self.mail.validate(),
            self.log.validate(),
            self.accounts.validate(),
            self.cluster.validate(),
            self.labs.validate(),
            self.jobs.validate(),
            self.content.validate(),
        ]
        .concat()
    }

    /// The installation's secret: the one given, else the one in its file, which is made if it is missing.
    pub fn secret(&self, random: &Random) -> anyhow::Result<Secret> {
        if let Some(text) = &self.server.secret {
            return Secret::parse(text).context("server.secret");
        }
        let path = &self.server.secret_file;
        match std::fs::read_to_string(path) {
            Ok(text) => Secret::parse(&text).with_context(|| path.display().to_string()),
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
                let text = random.hex::<32>();
                write_private(path, &text).with_context(|| format!("{} cannot be written", path.display()))?;
                Secret::parse(&text)
            }
            Err(fault) => Err(fault).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// Makes the folders that the data goes into.
    pub fn create_folders(&self) -> anyhow::Result<()> {
        let database = self.database.sqlite_path();
        for file in database.iter().chain([&self.server.secret_file]) {
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
            }
        }
        Ok(())
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

fn parse(file: &Table, variables: &[(String, String)]) -> anyhow::Result<Config> {
    let mut table = file.clone();
    for (name, value) in variables {
        let keys: Vec<String> = name.trim_start_matches(PREFIX).split("__").map(str::to_lowercase).collect();
        set(&mut table, &keys, value)?;
    }
    Ok(Config::deserialize(Value::Table(read_secret_files(table)?))?)
}

/// The variable without which the others would do.
fn find_culprit<'v>(file: &Table, variables: &'v [(String, String)]) -> Option<&'v str> {
    let names = variables.iter().map(|(name, _)| name.as_str());
    names.into_iter().find(|name| {
        let others: Vec<_> = variables.iter().filter(|(other, _)| other != name).cloned().collect();
        parse(file, &others).is_ok()
    })
}

/// Puts `value` at the place that `keys` name; text that reads as a number or a truth value becomes one.
fn set(table: &mut Table, keys: &[String], value: &str) -> anyhow::Result<()> {
    let (last, sections) = keys.split_last().context("names no key")?;
    let mut place = table;
    for section in sections {
        let entry = place.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().with_context(|| format!("{section} is a value, not a section"))?;
    }
    let parsed = match value.parse::<i64>() {
        Ok(number) => Value::Integer(number),
        Err(_not_a_number) => match value {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            text => Value::String(text.to_owned()),
        },
    };
    place.insert(last.clone(), parsed);
    Ok(())
}

/// Replaces `password_file`, `url_file` and their like by what their files hold.
fn read_secret_files(mut table: Table) -> anyhow::Result<Table> {
    for value in table.iter_mut().filter_map(|(_, value)| value.as_table_mut()) {
        *value = read_secret_files(std::mem::take(value))?;
    }
    for key in SECRET_KEYS {
        if let Some(path) = table.remove(&format!("{key}_file")) {
            let path = path.as_str().with_context(|| format!("{key}_file is a path"))?.to_owned();
            let text = std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
            table.insert(key.to_owned(), Value::String(text.trim().to_owned()));
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seaworthy.toml");
        std::fs::write(&path, text).unwrap();
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(Some(&path), variables)
    }

    #[test]
    fn the_environment_stands_over_the_file() {
        let config = load(
            "[server]\nlisten = \"127.0.0.1:1\"",
            &[("SEAWORTHY_SERVER__LISTEN", "127.0.0.1:2"), ("SEAWORTHY_DATABASE__MAX_CONNECTIONS", "3")],
        )
        .unwrap();
        assert_eq!(config.server.listen.port(), 2);
        assert_eq!(config.database.max_connections, 3);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let fault = format!("{:#}", load("[server]\nlisten = \"127.0.0.1:1\"\nlitsen = 3", &[]).unwrap_err());
        assert!(fault.contains("litsen") && fault.contains("line 3"), "{fault}");
        let text = "[database]\nurl_file = \"/none\"\n[server]\nlitsen = 3";
        let fault = format!("{:#}", load(text, &[]).unwrap_err());
        assert!(fault.contains("litsen") && fault.contains("line 4"), "{fault}");
        let fault = format!("{:#}", load("", &[("SEAWORTHY_SERVER__LITSEN", "1")]).unwrap_err());
        assert!(fault.contains("litsen"), "{fault}");
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let text = "[server]\npublic_url = \"ftp://x\"\n[database]\nmax_connections = 0";
        let fault = format!("{:#}", load(text, &[]).unwrap_err());
        assert!(fault.contains("public_url") && fault.contains("max_connections"), "{fault}");
    }

    #[test]
    fn a_secret_can_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, "postgres://localhost/x\n").unwrap();
        let config = load(&format!("[database]\nurl_file = {:?}", path.display().to_string()), &[]).unwrap();
        assert_eq!(config.database.url.expose(), "postgres://localhost/x");
    }
}
