//! The log: one line an event, for people on a terminal and as JSON for machines.

use std::io::IsTerminal as _;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

/// The `[log]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// What is written, in the directives of `tracing`, such as `info,seaworthy::labs=debug`.
    pub filter: String,
    /// How it is written.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info,sqlx=warn,lettre=warn,actix_server=warn".to_owned(), format: LogFormat::Text }
    }
}

impl LogSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        EnvFilter::try_new(&self.filter).err().map(|fault| format!("log.filter: {fault}")).into_iter().collect()
    }
}

/// Starts the log on standard error; a second call changes nothing.
pub fn start(settings: &LogSettings) -> anyhow::Result<()> {
    // A line that cannot be written is dropped: to say so on the same stream would end the thread that logs.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&settings.filter)?)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let started = match settings.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
    Ok(())
}
