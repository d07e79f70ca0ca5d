//! The `[labs]` section.

use std::path::PathBuf;

use serde::Deserialize;

/// How lab sessions are run.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabsSettings {
    /// A folder of labs in place of those built into the program.
    pub folder: Option<PathBuf>,
    /// How long a session may wait for a cluster that does not answer, in seconds.
    pub give_up_seconds: i64,
    /// How long the pods of a session may take to become ready, in seconds.
    pub ready_within_seconds: i64,
}

impl Default for LabsSettings {
    fn default() -> Self {
        Self { folder: None, give_up_seconds: 180, ready_within_seconds: 180 }
    }
}

impl LabsSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let lengths = [("give_up_seconds", self.give_up_seconds), ("ready_within_seconds", self.ready_within_seconds)];
        lengths
            .iter()
            .filter(|(_, seconds)| *seconds < 1)
            .map(|(key, _)| format!("labs.{key} must be 1 or more"))
            .collect()
    }
}
