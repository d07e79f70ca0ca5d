//! Weeks, entries and their states.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;

use super::week::WeekBounds;
use crate::accounts::PersonId;
use crate::lessons::{Answer, Rules};

crate::id_types! {
    /// A week of the programme.
    WeekId;
    /// One entry to a checkpoint.
    EntryId;
}

/// A week that has had an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// Which one.
    pub id: WeekId,
    /// When it begins and ends.
    pub bounds: WeekBounds,
    /// The version of the rules that its first entry found, and all of it is under.
    pub rules_version: i64,
}

/// The week of an instant, as it is or as its first entry would make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentWeek {
    /// Which one; none until it has an entry.
    pub id: Option<WeekId>,
    /// When it begins and ends.
    pub bounds: WeekBounds,
    /// Its rules.
    pub rules: Rules,
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
    /// Its number in the week, from 1, in the order of arrival.
    pub week_seq: i64,
    /// The module.
    pub module: String,
    /// Whose it is.
    pub person: PersonId,
    /// Which of the person's entries it is, from 1; none once its slot is free.
    pub entry_no: Option<i64>,
    /// The first instant of the week for which its questions were drawn.
    pub drawn_for: Timestamp,
    /// Until when a reviewer has it to themselves.
    pub review_ends_at: Option<Timestamp>,
    /// How far it has come.
    pub state: EntryState,
    /// Why it was not accepted.
    pub reason: Option<String>,
    /// The rules it was made under, which are its week's.
    pub rules_version: i64,
    /// When it reached the server.
    pub submitted_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
}

impl Entry {
    /// The entry as it is at `now`: a claim that has run out holds nothing.
    pub fn at(mut self, now: Timestamp) -> Self {
        if self.state == EntryState::InReview && self.review_ends_at.is_none_or(|end| end <= now) {
            (self.state, self.review_ends_at) = (EntryState::Submitted, None);
        }
        self
    }
}

/// An entry among those of its week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekEntry {
    /// Which one.
    pub id: EntryId,
    /// Its number in the week.
    pub week_seq: i64,
    /// How far it has come.
    pub state: EntryState,
    /// Whether its author is or was on the programme's staff, unless it was accepted before.
    pub is_by_staff: bool,
}

/// What reached the server of one person, and when.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The instant that decides its week.
    pub received_at: Timestamp,
    /// The first instant of the week for which its questions were drawn.
    pub drawn_for: Timestamp,
    /// What was answered.
    pub answers: Answers,
}

/// A person's entries, and what the rules of the current week leave them.
#[derive(Clone, Debug)]
pub struct Participation {
    /// The current week.
    pub week: CurrentWeek,
    /// Their entries, the latest first.
    pub entries: Vec<Entry>,
    /// How many they may still send.
    pub entries_left: i64,
}

impl Participation {
    /// The participation of somebody with these entries.
    pub fn new(week: CurrentWeek, entries: Vec<Entry>) -> Self {
        let used = i64::try_from(entries.iter().filter(|entry| entry.entry_no.is_some()).count()).unwrap_or(i64::MAX);
        let entries_left = (week.rules.entries_per_developer - used).max(0);
        Self { week, entries, entries_left }
    }

    /// The entry that takes this week's place for a module.
    pub fn find_current(&self, module: &str) -> Option<&Entry> {
        let week = self.week.id.as_ref()?;
        self.entries.iter().find(|entry| entry.entry_no.is_some() && entry.module == module && entry.week == *week)
    }

    /// Whether an entry to a module was made from the questions drawn for the week of that start.
    pub fn has_used(&self, module: &str, drawn_for: Timestamp) -> bool {
        self.entries.iter().any(|entry| entry.module == module && entry.drawn_for == drawn_for)
    }
}
