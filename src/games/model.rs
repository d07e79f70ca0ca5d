//! A game, its states, its log, and what is measured of it. No I/O.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::accounts::PersonId;
use crate::labs::SessionId;

crate::id_types! {
    /// One game.
    GameId;
    /// One entry of an incident log.
    LogEntryId;
    /// One time that was given for an entry.
    EntryTimeId;
}

/// Declares an enum that is stored as text.
macro_rules! stored {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
                found.ok_or_else(|| format!("{text:?} is none of them"))
            }
        }
    };
}

stored! {
    /// How far a game is.
    GameState {
        /// Waits for somebody to plan the fault.
        Open = "open",
        /// The fault comes at its moment.
        Waiting = "waiting",
        /// The fault is being injected.
        Injecting = "injecting",
        /// The fault is there.
        Running = "running",
        /// Played to its end.
        Over = "over",
        /// Ended before the fault came, or without a lab to play in.
        Cancelled = "cancelled",
    }
}

impl GameState {
    /// Whether it is not over yet.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Over | Self::Cancelled)
    }
}

stored! {
    /// What an entry of the incident log is.
    EntryKind {
        /// Something is wrong: the incident is declared.
        Detected = "detected",
        /// What may be the cause.
        Hypothesis = "hypothesis",
        /// What was done.
        Action = "action",
        /// Users are served again.
        Mitigated = "mitigated",
        /// The system is as it should be.
        Recovered = "recovered",
        /// Anything else.
        Note = "note",
    }
}

impl EntryKind {
    /// What it is called on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Detected => "Detected",
            Self::Hypothesis => "Hypothesis",
            Self::Action => "Action",
            Self::Mitigated => "Mitigated",
            Self::Recovered => "Recovered",
            Self::Note => "Note",
        }
    }
}

stored! {
    /// How far a postmortem is.
    PostmortemState {
        /// Being written.
        Draft = "draft",
        /// Waits for an instructor.
        Submitted = "submitted",
        /// Accepted.
        Accepted = "accepted",
        /// Returned with a comment.
        Returned = "returned",
    }
}

/// One game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Game {
    /// Which one.
    pub id: GameId,
    /// The session whose system is broken.
    pub session: SessionId,
    /// Its lab.
    pub lab: String,
    /// Who is on call.
    pub person: PersonId,
    /// Who plans the fault, where it is not the platform.
    pub planner: Option<PersonId>,
    /// How far it is.
    pub state: GameState,
    /// The fault, once it is set.
    pub fault: Option<String>,
    /// Hides fault and moment in the commitment.
    pub salt: String,
    /// The hash of fault, moment and salt.
    pub commitment: Option<String>,
    /// The moment.
    pub inject_at: Option<Timestamp>,
    /// The hash of what is changed, from just before.
    pub before_hash: Option<String>,
    /// When the fault was injected.
    pub injected_at: Option<Timestamp>,
    /// The load that measures it.
    pub load: Option<String>,
    /// Why it was cancelled, or ended without a mitigation.
    pub reason: Option<String>,
    /// What was measured, once it is over.
    pub figures: Option<Figures>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What is measured of a game; times from the injection on, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Until the first request failed.
    pub failed_after_ms: Option<i64>,
    /// Until the incident was declared.
    pub detected_after_ms: Option<i64>,
    /// Until requests succeeded again, and went on so.
    pub mitigated_after_ms: Option<i64>,
    /// The requests of the game.
    pub requests: u64,
    /// Those that were answered as they should be.
    pub succeeded: u64,
}

impl Figures {
    /// Hundredths of a percent of requests that succeeded; `None` without any.
    pub fn availability(&self) -> Option<u64> {
        (self.succeeded * 10_000).checked_div(self.requests)
    }
}

/// One entry of an incident log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Which one.
    pub id: LogEntryId,
    /// Who wrote it.
    pub person: PersonId,
    /// What it is.
    pub kind: EntryKind,
    /// What was written.
    pub text: String,
    /// When the server took it.
    pub written_at: Timestamp,
    /// When it happened, as its writer says, the first statement first; empty where nothing else was said.
    pub happened_at: Vec<Timestamp>,
}

impl LogEntry {
    /// When it happened: as its writer says last, else when it was written.
    pub fn when(&self) -> Timestamp {
        self.happened_at.last().copied().unwrap_or(self.written_at)
    }
}

/// A postmortem as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postmortem {
    /// As it was saved last.
    pub text: String,
    /// When.
    pub saved_at: Timestamp,
    /// How far it is.
    pub state: PostmortemState,
    /// As it was submitted last.
    pub submitted: Option<String>,
    /// When.
    pub submitted_at: Option<Timestamp>,
    /// What the reviewer wrote.
    pub comment: Option<String>,
    /// When it was reviewed.
    pub reviewed_at: Option<Timestamp>,
}

/// What seals fault and moment of a game before it is played.
pub(super) fn commitment(game: &GameId, fault: &str, inject_at: Timestamp, salt: &str) -> String {
    crate::id::hash_token(&format!("{game}\n{fault}\n{}\n{salt}", inject_at.as_microsecond()))
}

/// The faults of `all` that may come in a person's next game, and its round: those that did not come in the round, or all of
/// them in the next round. `had` has each fault that came, with its round.
pub(super) fn remaining<'f>(all: &[&'f str], had: &[(String, i64)]) -> (Vec<&'f str>, i64) {
    let round = had.iter().map(|(_, round)| *round).max().unwrap_or(1);
    let left: Vec<&str> =
        all.iter().copied().filter(|fault| !had.iter().any(|one| one.0 == *fault && one.1 == round)).collect();
    if left.is_empty() { (all.to_vec(), round + 1) } else { (left, round) }
}

/// The lower quartile, the median and the upper quartile of at least [`MIN_COMPARED`] values.
pub(super) fn quartiles(mut values: Vec<i64>) -> Option<[i64; 3]> {
    if values.len() < MIN_COMPARED {
        return None;
    }
    values.sort_unstable();
    let at = |quarter: usize| values.get((values.len() - 1) * quarter / 4).copied();
    Some([at(1)?, at(2)?, at(3)?])
}

/// With fewer games of others, a figure is compared with nothing: it would tell of a person.
const MIN_COMPARED: usize = 5;
/// How long a game lasts at the most after its fault came.
pub const MAX_PLAYED: SignedDuration = SignedDuration::from_mins(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_fault_is_repeated_before_all_were_had() {
        let all = ["a", "b", "c"];
        let had = |list: &[(&str, i64)]| -> Vec<(String, i64)> {
            list.iter().map(|(fault, round)| ((*fault).to_owned(), *round)).collect()
        };
        assert_eq!(remaining(&all, &[]), (vec!["a", "b", "c"], 1));
        assert_eq!(remaining(&all, &had(&[("b", 1)])), (vec!["a", "c"], 1));
        assert_eq!(remaining(&all, &had(&[("b", 1), ("a", 1), ("c", 1)])), (vec!["a", "b", "c"], 2));
        assert_eq!(remaining(&all, &had(&[("b", 1), ("a", 1), ("c", 1), ("a", 2)])), (vec!["b", "c"], 2));
        // A fault that has left the lab since counts for nothing.
        assert_eq!(remaining(&all, &had(&[("gone", 1)])), (vec!["a", "b", "c"], 1));
    }

    #[test]
    fn quartiles_need_five_values() {
        assert_eq!(quartiles(vec![1, 2, 3, 4]), None);
        assert_eq!(quartiles(vec![50, 10, 30, 20, 40]), Some([20, 30, 40]));
    }

    #[test]
    fn what_is_stored_reads_back() {
        for state in GameState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        for kind in EntryKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        for state in PostmortemState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
    }

    #[test]
    fn availability_is_in_hundredths_of_a_percent() {
        let figures = Figures { requests: 3, succeeded: 2, ..Figures::default() };
        assert_eq!(figures.availability(), Some(6_666));
        assert_eq!(Figures::default().availability(), None);
    }
}
