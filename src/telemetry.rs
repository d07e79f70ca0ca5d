//! The log: one line an event, for people on a terminal and as JSON for machines.

use std::io::IsTerminal as _;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use crate::settings::Faults;

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
    /// Every fault of the section, in words for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("log");
        if self.filter.trim().is_empty() {
            faults.add("filter", "is empty; say `off` to log nothing");
        } else if let Err(fault) = EnvFilter::try_new(&self.filter) {
            faults.add("filter", format!("cannot be read: {fault}"));
        } else if let Some(word) = self.filter.split(',').map(str::trim).find(|word| is_mistyped_level(word)) {
            let levels = LEVELS.join(", ");
            faults.add("filter", format!("has {word:?}, which is no level; there are {levels}"));
        }
        faults.into_list()
    }
}

/// What a directive may say of how much is logged.
const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Whether a directive is a level but for a slip: it would be taken for the name of a part, and nothing would be logged.
fn is_mistyped_level(directive: &str) -> bool {
    let lower = directive.to_lowercase();
    !LEVELS.contains(&lower.as_str()) && LEVELS.iter().any(|level| strsim::damerau_levenshtein(level, &lower) <= 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(filter: &str) -> Vec<String> {
        LogSettings { filter: filter.to_owned(), ..LogSettings::default() }.validate()
    }

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(LogSettings::default().validate(), Vec::<String>::new());
        for filter in ["info", "WARN", "debug,sqlx=off", "seaworthy::labs=trace", "seaworthy", "off"] {
            assert_eq!(faults(filter), Vec::<String>::new(), "{filter}");
        }
    }

    #[test]
    fn a_filter_that_would_log_nothing_for_a_slip_is_refused() {
        for filter in ["", " ", "inof", "wran,sqlx=warn", "info,sqlx=lots", "=info=", "debugg"] {
            assert!(faults(filter).first().is_some_and(|fault| fault.starts_with("log.filter ")), "{filter}");
        }
    }
}
