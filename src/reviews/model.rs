//! Claims and decisions.

use jiff::{SignedDuration, Timestamp};

use crate::accounts::PersonId;
use crate::text::{self, Unfit};

crate::id_types! {
    /// A decision about an entry.
    ReviewId;
}

/// How long a reviewer has an entry to themselves.
pub const CLAIM_LASTS: SignedDuration = SignedDuration::from_mins(30);
/// The most entries that one reviewer has at once; the schema holds it.
pub const MAX_CLAIMS: i64 = 5;
/// The most characters of a reason.
const MAX_REASON_CHARS: usize = 2_000;

/// What gives an entry to one reviewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who has it.
    pub reviewer: PersonId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a reviewer decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The entry counts.
    Accept,
    /// It does not, and this is why.
    Reject(String),
}

impl Verdict {
    /// Reads a decision as typed; the error is what is wrong with the reason.
    pub fn parse(verdict: &str, reason: &str) -> Result<Self, &'static str> {
        match verdict {
            "accept" => Ok(Self::Accept),
            "reject" => match text::require(reason, MAX_REASON_CHARS) {
                Ok(reason) => Ok(Self::Reject(reason.to_owned())),
                Err(Unfit::Empty) => Err("Please say why, so that the learner can do better next time."),
                Err(Unfit::TooLong) => Err("Please shorten the reason to 2000 characters."),
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
        assert_eq!(Verdict::parse("accept", ""), Ok(Verdict::Accept));
        for blank in ["  ", "\u{200b}\u{2060}", "\u{2800}\u{301}"] {
            assert!(Verdict::parse("reject", blank).is_err(), "{blank:?}");
        }
        assert_eq!(Verdict::parse("reject", " Too short. "), Ok(Verdict::Reject("Too short.".to_owned())));
        assert!(Verdict::parse("", "").is_err());
    }
}
