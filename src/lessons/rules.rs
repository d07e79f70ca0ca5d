//! The rules of entries, vouchers and draws, kept by version.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Rule};

/// The file that holds them.
pub(super) const FILE: &str = "programme.toml";
/// The most entries of one person that the schema allows.
pub const MAX_ENTRIES_PER_DEVELOPER: i64 = 1_000;
/// The most vouchers of one week.
pub const MAX_VOUCHERS_PER_WEEK: i64 = 100_000;
/// The most winners of one drawing.
pub const MAX_WINNERS: i64 = 1_000;

/// The rules of entries, vouchers and draws; a change makes a new version.
///
/// A version that is stored may have keys that this program does not know, since a newer one has written it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Counts the changes.
    pub version: i64,
    /// The time zone in which weeks begin.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub zone: TimeZone,
    /// How many valid entries of a week win a voucher.
    pub vouchers_per_week: i64,
    /// How many entries one person may make in the programme.
    pub entries_per_developer: i64,
    /// What a voucher is worth.
    pub voucher_value: String,
    /// Who honours it.
    pub voucher_provider: String,
    /// The rules in plain words.
    pub summary: String,
    /// What is drawn.
    pub prizes: Vec<Prize>,
}

/// A prize that is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prize {
    /// How often it is drawn.
    pub kind: PrizeKind,
    /// What it is.
    pub name: String,
    /// How many people win it at a time.
    pub winners: i64,
}

/// How often a prize is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrizeKind {
    /// Once a week.
    Weekly,
    /// Once a month.
    Monthly,
}

impl Rules {
    /// The keys whose values differ in the `stored` text of the same version.
    ///
    /// A key that only one of the two has was added or removed by another version of the program, and is no change of the
    /// rules.
    pub fn list_changed_keys(&self, stored: &Self) -> Result<Vec<String>, serde_json::Error> {
        let (current, stored) = (serde_json::to_value(self)?, serde_json::to_value(stored)?);
        let keys = current.as_object().into_iter().flatten();
        let changed = keys.filter(|(key, value)| stored.get(key).is_some_and(|before| before != *value));
        Ok(changed.map(|(key, _)| key.clone()).collect())
    }

    /// Rules for the samples of views.
    pub fn sample() -> Self {
        Self {
            version: 1,
            zone: TimeZone::UTC,
            vouchers_per_week: 50,
            entries_per_developer: 3,
            voucher_value: "10 USD".to_owned(),
            voucher_provider: "Uber Eats".to_owned(),
            summary: "The first fifty win.".to_owned(),
            prizes: vec![
                Prize { kind: PrizeKind::Weekly, name: "A book".to_owned(), winners: 1 },
                Prize { kind: PrizeKind::Monthly, name: "A keyboard".to_owned(), winners: 1 },
            ],
        }
    }
}

/// The line of each key of the rules in the programme's file.
#[derive(Clone, Debug, Default)]
pub struct RulesLines(BTreeMap<String, usize>);

impl RulesLines {
    pub(super) fn set(&mut self, key: &str, line: usize) {
        // Of several prizes, the first one has the line.
        self.0.entry(key.to_owned()).or_insert(line);
    }

    /// What is wrong with the rule at `key`, with its file and line.
    pub fn fault(&self, key: &str, text: impl Into<String>) -> Fault {
        let line = self.0.get(key).or_else(|| self.0.get("version")).copied().unwrap_or(1);
        Fault { file: FILE.to_owned(), line, text: text.into(), rule: Rule::Form }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_key_is_named_and_an_unchanged_one_is_not() {
        let stored = Rules::sample();
        assert!(stored.list_changed_keys(&stored).unwrap().is_empty());
        let mut changed = stored.clone();
        changed.vouchers_per_week = 60;
        changed.prizes.pop();
        changed.zone = TimeZone::get("Europe/London").unwrap();
        assert_eq!(changed.list_changed_keys(&stored).unwrap(), ["prizes", "vouchers_per_week", "zone"]);
    }

    #[test]
    fn stored_rules_are_read_with_keys_of_a_newer_program() {
        let mut stored = serde_json::to_value(Rules::sample()).unwrap();
        stored["appeals"] = 2.into();
        assert_eq!(serde_json::from_value::<Rules>(stored).unwrap(), Rules::sample());
    }
}
