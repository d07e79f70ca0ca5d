//! The configuration: defaults, then a TOML file, then the environment, checked once with every fault told.
//!
//! Each value knows its place ([`value`]), so a fault names file and line, or the variable. No fault holds a value that
//! may be a password: values are wanted as what they are, and said to be no such thing.

mod environment;
mod fault;
mod file;
mod keys;
mod value;

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

use crate::accounts::AccountSettings;
use crate::cluster::ClusterSettings;
use crate::db::DatabaseSettings;
use crate::games::GameSettings;
use crate::id::{Random, Secret};
use crate::jobs::JobSettings;
use crate::labs::LabsSettings;
use crate::lessons::ContentSettings;
use crate::mail::MailSettings;
use crate::telemetry::LogSettings;
use crate::web::ServerSettings;

use value::{Node, Origin, Table, Value};

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
    /// How games are played.
    pub games: GameSettings,
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
    /// Reads `file`, if given, and the program's own environment over it.
    pub fn load(file: Option<&Path>) -> anyhow::Result<Self> {
        Self::load_with(file, environment::own())
    }

    /// Reads `file`, if given, and these variables over it.
    pub fn load_with(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> anyhow::Result<Self> {
        let empty = Node { origin: Origin::Variable("the defaults".into()), value: Value::Table(Table::new()) };
        let mut tree = file.map_or(Ok(empty), file::read)?;
        let (mut variables, mut faults) = environment::read(environment);
        read_secret_files(&mut tree, "", &mut faults);
        read_secret_files(&mut variables, "", &mut faults);
        tree.merge(variables);
        let config = parse(&tree, &mut faults);
        if let Some(config) = &config {
            faults.extend(config.validate().iter().map(|fault| locate(&tree, fault)));
        }
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(anyhow::anyhow!("the configuration has faults:\n  - {}", faults.join("\n  - "))),
        }
    }

    /// Every fault of every section, each beginning with its key, in words for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        [
            self.server.validate(),
            self.database.validate(),
            self.mail.validate(),
            self.log.validate(),
            self.accounts.validate(),
            self.cluster.validate(),
            self.labs.validate(),
            self.games.validate(),
            self.jobs.validate(),
            self.content.validate(),
            self.find_shared_host(),
        ]
        .concat()
    }

    /// A site under the lab domain would be taken for a lab's web page.
    fn find_shared_host(&self) -> Vec<String> {
        let url = self.server.public_url();
        let host = url::Url::parse(&url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let domain = &self.cluster.lab_domain;
        let is_under = host == *domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'));
        if is_under {
            vec![format!(
                "cluster.lab_domain must not hold the site itself: {host} of server.public_url is under {domain}"
            )]
        } else {
            Vec::new()
        }
    }

    /// The installation's secret: the one given, else the one in its file, which is made if it is missing.
    pub fn secret(&self, random: &Random) -> anyhow::Result<Secret> {
        if let Some(text) = &self.server.secret {
            return Secret::parse(text.expose()).context("server.secret");
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
    file.write_all(text.as_bytes())?;
    // What is sealed with it from now on is lost without it.
    file.sync_all()
}

/// Reads the sections, and goes on without each value that cannot be, so that all of them are told at once.
fn parse(tree: &Node, faults: &mut Vec<String>) -> Option<Config> {
    let mut left = tree.clone();
    loop {
        match Config::deserialize(&left) {
            Ok(config) => return Some(config),
            Err(fault) => {
                faults.push(format!("{}{fault}", place_of(tree, fault.key())));
                // A key that is missing goes with the section that misses it.
                let parent = fault.key().split_last().map_or(&[][..], |(_, parent)| parent);
                if !left.remove(fault.key()) && !left.remove(parent) {
                    return None;
                }
            }
        }
    }
}

/// A fault that begins with its key, with the place where it was set before it.
fn locate(tree: &Node, fault: &str) -> String {
    let key: Vec<&str> = fault.split(' ').next().unwrap_or_default().split('.').collect();
    format!("{}{fault}", place_of(tree, &key))
}

/// Where a key was set, or what holds it when it is missing; nothing for a default.
fn place_of(tree: &Node, key: &[impl AsRef<str>]) -> String {
    let found = tree.find(key).or_else(|| tree.find(key.get(..key.len() - 1).filter(|parent| parent.len() > 1)?));
    found.map(|node| format!("{}: ", node.origin)).unwrap_or_default()
}

/// Replaces `password_file`, `url_file` and their like by what their files hold, without the end of the last line.
fn read_secret_files(node: &mut Node, place: &str, faults: &mut Vec<String>) {
    let Value::Table(table) = &mut node.value else { return };
    for (key, node) in table.iter_mut() {
        read_secret_files(node, &format!("{place}{key}."), faults);
    }
    for key in SECRET_KEYS {
        let Some(named) = table.remove(&format!("{key}_file")) else { continue };
        let is_set_twice = table.contains_key(key);
        let text = match &named.value {
            _ if is_set_twice => Err(format!("cannot stand beside {place}{key}: one of them is enough")),
            Value::Plain(path) | Value::Text(path) => read_secret_file(Path::new(path)),
            _ => Err("must be a path, in quotes".to_owned()),
        };
        match text {
            Ok(text) => drop(table.insert(key.to_owned(), Node { value: Value::Text(text), ..named })),
            // The path is left out: some write the password itself there.
            Err(words) => faults.push(format!("{}: {place}{key}_file {words}", named.origin)),
        }
    }
}

fn read_secret_file(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|fault| format!("names a file that cannot be read: {fault}"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    match text.strip_suffix('\r').unwrap_or(text) {
        "" => Err("names a file that is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests;
