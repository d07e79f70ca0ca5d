//! Claims and decisions.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::accounts::PersonId;
use crate::checkpoints::{Answers, Entry};
use crate::grading::{FlagView, LabWork};
use crate::text::{self, InvalidText};

crate::id_types! {
    /// A decision about an entry.
    ReviewId;
}

/// How long a reviewer has an entry to themselves.
pub const CLAIM_DURATION: SignedDuration = SignedDuration::from_mins(30);
/// The most entries that one reviewer has at once; the schema holds it.
pub const MAX_CLAIMS: i64 = 5;
/// The most characters of a reason.
pub const MAX_REASON_CHARS: usize = 2_000;

/// What gives an entry to one reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who has it.
    pub reviewer: PersonId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Who has an entry, from the view of one reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStatus {
    /// Nobody has it.
    Free,
    /// The reviewer has it.
    Mine,
    /// Another reviewer has it.
    Taken,
    /// It is the reviewer's own entry.
    Own,
}

impl ClaimStatus {
    /// The status of an entry, and of the claim on it, for `reviewer`.
    pub(super) fn new(entry: &Entry, claim: Option<&Claim>, reviewer: &PersonId) -> Self {
        match claim {
            _ if entry.person == *reviewer => Self::Own,
            Some(claim) if claim.reviewer == *reviewer => Self::Mine,
            Some(_) => Self::Taken,
            None => Self::Free,
        }
    }
}

/// An entry as a reviewer reads it.
#[derive(Clone, Debug)]
pub struct SubmittedEntry {
    /// The entry.
    pub entry: Entry,
    /// What was answered.
    pub answers: Answers,
    /// Who has it.
    pub claim: ClaimStatus,
    /// Its author's work in the labs of the module.
    pub work: Vec<LabWork>,
    /// Objects of somebody else's lab that were found in its author's, the newest first.
    pub flags: Vec<FlagView>,
}

/// What a reviewer decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The entry counts.
    Accept,
    /// It does not, and this is why.
    Reject(String),
}

impl Decision {
    /// Reads a decision as typed; the error is what is wrong with the reason.
    pub fn parse(decision: &str, reason: &str) -> Result<Self, &'static str> {
        match decision {
            "accept" => Ok(Self::Accept),
            "reject" => match text::require(reason, MAX_REASON_CHARS) {
                Ok(reason) => Ok(Self::Reject(reason.to_owned())),
                Err(InvalidText::Empty) => Err("Please say why, so that the learner can do better next time."),
                Err(InvalidText::TooLong) => Err("Please shorten the reason to 2000 characters."),
            },
            _ => Err("Please accept or reject the entry."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_needs_a_reason() {
        assert_eq!(Decision::parse("accept", ""), Ok(Decision::Accept));
        for blank in ["  ", "\u{200b}\u{2060}", "\u{2800}\u{301}"] {
            assert!(Decision::parse("reject", blank).is_err(), "{blank:?}");
        }
        assert_eq!(Decision::parse("reject", " Too short. "), Ok(Decision::Reject("Too short.".to_owned())));
        assert!(Decision::parse("", "").is_err());
    }
}
