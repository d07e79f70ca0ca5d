//! A line of the ledger, and how lines are chained.

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
    /// How many lines there are.
    pub lines: i64,
    /// The first line that does not follow from the one before it, or the first that is missing at the end.
    pub broken_at: Option<i64>,
}

/// The first line that does not follow from the one before it, if any.
pub fn find_break(lines: &[AuditLine]) -> Option<i64> {
    let mut previous: Option<&AuditLine> = None;
    for line in lines {
        let follows = previous.is_none_or(|before| line.seq == before.seq + 1 && line.previous_hash == before.hash);
        if !follows || line.hash != line.compute_hash() {
            return Some(line.seq);
        }
        previous = Some(line);
    }
    None
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
        assert_eq!(find_break(&lines), Some(3));
    }
}
