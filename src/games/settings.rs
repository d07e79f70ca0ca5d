//! The `[games]` section.

use serde::Deserialize;

use crate::settings::Faults;

/// How games are played.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GameSettings {
    /// After how many seconds from its start a game's fault comes at the earliest.
    pub earliest_seconds: i64,
    /// After how many seconds it comes at the latest.
    pub latest_seconds: i64,
}

impl Default for GameSettings {
    fn default() -> Self {
        Self { earliest_seconds: 120, latest_seconds: 600 }
    }
}

impl GameSettings {
    /// Every fault of the section, as sentences for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("games");
        // The load must have been measured for a while before the fault comes.
        faults.range("earliest_seconds", &self.earliest_seconds, &(25..=1_200));
        faults.range("latest_seconds", &self.latest_seconds, &(25..=1_200));
        faults.expect(
            self.earliest_seconds <= self.latest_seconds,
            "latest_seconds",
            "must not lie before earliest_seconds",
        );
        faults.into_list()
    }
}
