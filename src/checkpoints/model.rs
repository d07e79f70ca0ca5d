//! Weeks, entries and their states.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;

use crate::accounts::PersonId;
use crate::lessons::Answer;

crate::id_types! {
    /// A week of the programme.
    WeekId;
    /// One entry to a checkpoint.
    EntryId;
}

/// A week: from Monday midnight to the next Monday midnight in the programme's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// Which one.
    pub id: WeekId,
    /// Its first instant.
    pub starts_at: Timestamp,
    /// The first instant after it.
    pub ends_at: Timestamp,
}

/// The bounds of the week that `instant` falls in; days of a change of clocks are as long as they are.
pub fn week_bounds(instant: Timestamp, zone: &TimeZone) -> Result<(Timestamp, Timestamp), jiff::Error> {
    let today = instant.to_zoned(zone.clone()).date();
    let monday = today.checked_sub(i64::from(today.weekday().since(Weekday::Monday)).days())?;
    let start = monday.to_zoned(zone.clone())?.timestamp();
    let end = monday.checked_add(7.days())?.to_zoned(zone.clone())?.timestamp();
    Ok((start, end))
}

/// How far an entry has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryState {
    /// Waiting for a reviewer.
    Submitted,
    /// A reviewer has it.
    InReview,
    /// Accepted.
    Valid,
    /// Not accepted, with a reason; its slots are free.
    Rejected,
    /// Fraudulent, with a reason; its slots stay taken.
    Disqualified,
    /// Taken back by its author; its slots are free.
    Withdrawn,
}

impl EntryState {
    const ALL: [Self; 6] =
        [Self::Submitted, Self::InReview, Self::Valid, Self::Rejected, Self::Disqualified, Self::Withdrawn];

    /// The state as stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::InReview => "in_review",
            Self::Valid => "valid",
            Self::Rejected => "rejected",
            Self::Disqualified => "disqualified",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether nothing is left to be decided.
    pub fn is_decided(self) -> bool {
        !matches!(self, Self::Submitted | Self::InReview)
    }
}

impl FromStr for EntryState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| format!("{text:?} is not a state"))
    }
}

/// The answers of an entry by question: one for each that was asked.
pub type Answers = BTreeMap<String, Answer>;

/// One person's submission to a checkpoint in one week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which one.
    pub id: EntryId,
    /// Its week.
    pub week: WeekId,
    /// Its place in the week, from 1.
    pub week_seq: i64,
    /// The module.
    pub module: String,
    /// Whose it is.
    pub person: PersonId,
    /// Which of the person's entries it is, from 1; none once its slot is free.
    pub entry_no: Option<i64>,
    /// How far it has come.
    pub state: EntryState,
    /// Why it was not accepted.
    pub reason: Option<String>,
    /// The rules it was made under.
    pub rules_version: i64,
    /// What was answered.
    pub answers: Answers,
    /// When it reached the server.
    pub submitted_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

/// Where a person stands in the programme.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The present week.
    pub week: Week,
    /// Their entries, the latest first.
    pub entries: Vec<Entry>,
    /// How many they may still send.
    pub entries_left: i64,
}

impl Standing {
    /// Where somebody with these entries stands, who may send `most` in all.
    pub fn new(week: Week, entries: Vec<Entry>, most: i64) -> Self {
        let used = i64::try_from(entries.iter().filter(|entry| entry.entry_no.is_some()).count()).unwrap_or(i64::MAX);
        Self { week, entries, entries_left: (most - used).max(0) }
    }

    /// The entry that takes this week's place for a module.
    pub fn find_present(&self, module: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            entry.entry_no.is_some() && entry.module == module && entry.submitted_at >= self.week.starts_at
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(instant: &str, zone: &str) -> (String, String) {
        let zone = TimeZone::get(zone).unwrap();
        let (start, end) = week_bounds(instant.parse().unwrap(), &zone).unwrap();
        (start.to_string(), end.to_string())
    }

    #[test]
    fn a_week_begins_on_monday_in_the_programmes_zone() {
        let expected = ("2026-03-01T11:00:00Z".to_owned(), "2026-03-08T11:00:00Z".to_owned());
        assert_eq!(bounds("2026-03-04T12:00:00Z", "Pacific/Auckland"), expected);
        assert_eq!(bounds("2026-03-01T11:00:00Z", "Pacific/Auckland"), expected);
        assert_ne!(bounds("2026-03-01T10:59:59Z", "Pacific/Auckland"), expected);
    }

    #[test]
    fn a_week_with_a_change_of_clocks_is_an_hour_longer_or_shorter() {
        let hours = |instant: &str| {
            let zone = TimeZone::get("Europe/London").unwrap();
            let (start, end) = week_bounds(instant.parse().unwrap(), &zone).unwrap();
            end.duration_since(start).as_hours()
        };
        assert_eq!(hours("2026-03-25T12:00:00Z"), 167);
        assert_eq!(hours("2026-10-21T12:00:00Z"), 169);
        assert_eq!(hours("2026-06-10T12:00:00Z"), 168);
    }
}
