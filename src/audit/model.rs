//! A line of the ledger, and how lines are chained.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Something that was done, before it has a place in the ledger.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The id of the person who did it, or `system`.
    pub actor: &'a str,
    /// What was done, as `noun.verb`.
    pub action: &'a str,
    /// The id of what it was done to.
    pub subject: &'a str,
    /// The facts; never a secret.
    pub detail: Value,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditLine {
    /// Its place, from 1.
    pub seq: i64,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// The id of the person who did it, or `system`.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// JSON of the facts.
    pub detail: String,
    /// The hash of the line before.
    pub previous_hash: String,
    /// The hash of this line.
    pub hash: String,
}

impl AuditLine {
    /// SHA-256 over the JSON array of every other field, which no field's content can imitate.
    pub fn compute_hash(&self) -> String {
        let fields = serde_json::json!([
            self.seq,
            self.recorded_at.as_microsecond(),
            self.actor,
            self.action,
            self.subject,
            self.detail,
            self.previous_hash,
        ]);
        hex::encode(Sha256::digest(fields.to_string().as_bytes()))
    }
}

/// Which lines to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    /// Only this action.
    pub action: Option<&'a str>,
    /// Only what was done by or to this id.
    pub about: Option<&'a str>,
}

/// What a walk along the whole chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    /// How many lines follow from each other.
    pub lines: i64,
    /// The place of the first line that is missing, changed, or at odds with the end that is written down apart.
    pub broken_at: Option<i64>,
}

/// What the first line follows: the hash of no line.
pub(super) const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A walk along the chain: the place and hash of the line that it has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    seq: i64,
    hash: String,
}

impl Walk {
    /// Before the first line.
    pub(super) fn start() -> Self {
        Self { seq: 0, hash: BEFORE_THE_FIRST.to_owned() }
    }

    /// The place of the line that it has come to, 0 before the first.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    /// What it found when the line at `place` was at odds with the chain.
    pub(super) fn broken_at(&self, place: i64) -> ChainCheck {
        ChainCheck { lines: self.seq, broken_at: Some(place) }
    }

    /// What it found after the last line, where the ledger says that it ends at place `end` with `hash`.
    pub(super) fn end_at(&self, end: i64, hash: &str) -> ChainCheck {
        match end.cmp(&self.seq) {
            Ordering::Equal if hash == self.hash => ChainCheck { lines: self.seq, broken_at: None },
            // The last line is another than the one that was written.
            Ordering::Equal => self.broken_at(end.max(1)),
            Ordering::Greater => self.broken_at(self.seq + 1),
            Ordering::Less => self.broken_at(end + 1),
        }
    }

    /// Goes on to `line`; `false` when it does not follow, or is not what its hash was made of.
    pub(super) fn step(&mut self, line: &AuditLine) -> bool {
        let follows = line.seq == self.seq + 1 && line.previous_hash == self.hash && line.hash == line.compute_hash();
        if follows {
            self.seq = line.seq;
            self.hash.clone_from(&line.hash);
        }
        follows
    }
}

/// The place of the first line that does not follow from the one before it, if any; the first follows from none.
pub fn find_break(lines: &[AuditLine]) -> Option<i64> {
    let mut walk = Walk::start();
    lines.iter().any(|line| !walk.step(line)).then(|| walk.seq() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<AuditLine> {
        let mut previous_hash = "0".repeat(64);
        (1..=3)
            .map(|seq| {
                let mut line = AuditLine {
                    seq,
                    recorded_at: Timestamp::UNIX_EPOCH,
                    actor: "system".into(),
                    action: "entry.accept".into(),
                    subject: format!("entry-{seq}"),
                    detail: "{}".into(),
                    previous_hash: previous_hash.clone(),
                    hash: String::new(),
                };
                line.hash = line.compute_hash();
                previous_hash.clone_from(&line.hash);
                line
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_has_no_break() {
        assert_eq!(find_break(&chain()), None);
    }

    #[test]
    fn a_changed_line_is_found() {
        let mut lines = chain();
        lines[1].detail = "{\"changed\":1}".into();
        assert_eq!(find_break(&lines), Some(2));
    }

    #[test]
    fn a_missing_line_is_found() {
        let mut lines = chain();
        lines.remove(1);
        assert_eq!(find_break(&lines), Some(2));
        assert_eq!(find_break(&chain()[1..]), Some(1));
    }

    #[test]
    fn a_first_line_that_follows_from_something_is_found() {
        let mut lines = chain();
        lines[0].previous_hash = "f".repeat(64);
        lines[0].hash = lines[0].compute_hash();
        assert_eq!(find_break(&lines), Some(1));
    }

    #[test]
    fn lines_that_changed_places_are_found() {
        let mut lines = chain();
        lines.swap(1, 2);
        assert_eq!(find_break(&lines), Some(2));
        (lines[1].seq, lines[2].seq) = (2, 3);
        assert_eq!(find_break(&lines), Some(2));
    }

    #[test]
    fn a_rewritten_line_with_a_hash_of_its_own_is_found_at_the_next() {
        let mut lines = chain();
        lines[1].detail = "{\"changed\":1}".into();
        lines[1].hash = lines[1].compute_hash();
        assert_eq!(find_break(&lines), Some(3));
    }
}
