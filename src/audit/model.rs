//! An event of the audit log, and how events are chained.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Something that was done, before it has a place in the audit log.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The id of the person who did it, or `system`.
    pub actor: &'a str,
    /// What was done, as `noun.verb`.
    pub action: &'a str,
    /// The id of what it was done to.
    pub subject: &'a str,
    /// The details; never a secret.
    pub detail: Value,
}

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordedEvent {
    /// Its place, from 1.
    pub seq: i64,
    /// When it was done.
    pub recorded_at: Timestamp,
    /// The id of the person who did it, or `system`.
    pub actor: String,
    /// What was done, as `noun.verb`.
    pub action: String,
    /// The id of what it was done to.
    pub subject: String,
    /// JSON of the details.
    pub detail: String,
    /// The hash of the event before.
    pub previous_hash: String,
    /// The hash of this event.
    pub hash: String,
}

impl RecordedEvent {
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

/// Which events to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter<'a> {
    /// Only this action.
    pub action: Option<&'a str>,
    /// Only what was done by or to this id.
    pub about: Option<&'a str>,
}

/// What verifying the whole chain found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ChainCheck {
    /// How many events follow from each other.
    pub events: i64,
    /// The place of the first event that is missing, changed, or at odds with the end that is stored apart.
    pub broken_at: Option<i64>,
}

/// What the first event follows: the hash of no event.
pub(super) const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A walk along the chain: the place and hash of the last event read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    seq: i64,
    hash: String,
}

impl Walk {
    /// Before the first event.
    pub(super) fn start() -> Self {
        Self { seq: 0, hash: BEFORE_THE_FIRST.to_owned() }
    }

    /// The place of the last event read, 0 before the first.
    pub(super) fn seq(&self) -> i64 {
        self.seq
    }

    /// What it found when the event at `place` was at odds with the chain.
    pub(super) fn broken_at(&self, place: i64) -> ChainCheck {
        ChainCheck { events: self.seq, broken_at: Some(place) }
    }

    /// What it found after the last event, where the head says that the chain ends at place `end` with `hash`.
    pub(super) fn end_at(&self, end: i64, hash: &str) -> ChainCheck {
        match end.cmp(&self.seq) {
            Ordering::Equal if hash == self.hash => ChainCheck { events: self.seq, broken_at: None },
            // The last event is another than the one that was recorded.
            Ordering::Equal => self.broken_at(end.max(1)),
            Ordering::Greater => self.broken_at(self.seq + 1),
            Ordering::Less => self.broken_at(end + 1),
        }
    }

    /// Goes on to `event`; `false` when it does not follow, or is not what its hash was made of.
    pub(super) fn step(&mut self, event: &RecordedEvent) -> bool {
        let follows =
            event.seq == self.seq + 1 && event.previous_hash == self.hash && event.hash == event.compute_hash();
        if follows {
            self.seq = event.seq;
            self.hash.clone_from(&event.hash);
        }
        follows
    }
}

/// The place of the first event that does not follow from the one before it, if any; the first follows from none.
pub fn find_break(events: &[RecordedEvent]) -> Option<i64> {
    let mut walk = Walk::start();
    events.iter().any(|event| !walk.step(event)).then(|| walk.seq() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain() -> Vec<RecordedEvent> {
        let mut previous_hash = "0".repeat(64);
        (1..=3)
            .map(|seq| {
                let mut event = RecordedEvent {
                    seq,
                    recorded_at: Timestamp::UNIX_EPOCH,
                    actor: "system".into(),
                    action: "entry.accept".into(),
                    subject: format!("entry-{seq}"),
                    detail: "{}".into(),
                    previous_hash: previous_hash.clone(),
                    hash: String::new(),
                };
                event.hash = event.compute_hash();
                previous_hash.clone_from(&event.hash);
                event
            })
            .collect()
    }

    #[test]
    fn an_untouched_chain_has_no_break() {
        assert_eq!(find_break(&chain()), None);
    }

    #[test]
    fn a_changed_event_is_found() {
        let mut events = chain();
        events[1].detail = "{\"changed\":1}".into();
        assert_eq!(find_break(&events), Some(2));
    }

    #[test]
    fn a_missing_event_is_found() {
        let mut events = chain();
        events.remove(1);
        assert_eq!(find_break(&events), Some(2));
        assert_eq!(find_break(&chain()[1..]), Some(1));
    }

    #[test]
    fn a_first_event_that_follows_from_something_is_found() {
        let mut events = chain();
        events[0].previous_hash = "f".repeat(64);
        events[0].hash = events[0].compute_hash();
        assert_eq!(find_break(&events), Some(1));
    }

    #[test]
    fn events_that_changed_places_are_found() {
        let mut events = chain();
        events.swap(1, 2);
        assert_eq!(find_break(&events), Some(2));
        (events[1].seq, events[2].seq) = (2, 3);
        assert_eq!(find_break(&events), Some(2));
    }

    #[test]
    fn a_rewritten_event_with_a_hash_of_its_own_is_found_at_the_next() {
        let mut events = chain();
        events[1].detail = "{\"changed\":1}".into();
        events[1].hash = events[1].compute_hash();
        assert_eq!(find_break(&events), Some(3));
    }
}
