//! The changes of namespaces that are still to be acted on: collected for a moment, and no more than one a second for each
//! namespace, of which the last is never lost. No I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::cluster::{CachedKind, NamespaceChange};

/// How long changes are collected, since one command often makes several.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// How often a namespace's changes are acted on at the most.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The changes of each namespace.
#[derive(Debug, Default)]
pub(super) struct PendingChanges {
    changed: BTreeMap<String, Pending>,
    acted_on: BTreeMap<String, Instant>,
}

#[derive(Debug)]
struct Pending {
    due: Instant,
    kinds: BTreeSet<CachedKind>,
}

impl PendingChanges {
    /// Adds a change that was seen at `now`.
    pub(super) fn add(&mut self, change: NamespaceChange, now: Instant) {
        let earliest = self.acted_on.get(&change.namespace).map(|last| *last + MIN_INTERVAL);
        let due = (now + DEBOUNCE).max(earliest.unwrap_or(now));
        let pending = self.changed.entry(change.namespace).or_insert_with(|| Pending { due, kinds: BTreeSet::new() });
        pending.kinds.insert(change.kind);
    }

    /// When the next of them is to be acted on.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.changed.values().map(|pending| pending.due).min()
    }

    /// Takes the namespaces that are due, each with the kinds that changed in it.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(String, BTreeSet<CachedKind>)> {
        self.acted_on.retain(|_, last| now.duration_since(*last) < MIN_INTERVAL);
        let due: Vec<String> =
            self.changed.iter().filter(|(_, pending)| pending.due <= now).map(|(name, _)| name.clone()).collect();
        let mut taken = Vec::new();
        for namespace in due {
            if let Some(pending) = self.changed.remove(&namespace) {
                self.acted_on.insert(namespace.clone(), now);
                taken.push((namespace, pending.kinds));
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(namespace: &str, kind: &str) -> NamespaceChange {
        let kind = CachedKind { api_version: "v1".to_owned(), kind: kind.to_owned() };
        NamespaceChange { namespace: namespace.to_owned(), kind }
    }

    fn take(pending: &mut PendingChanges, at: Instant) -> Vec<(String, usize)> {
        pending.take_due(at).into_iter().map(|(namespace, kinds)| (namespace, kinds.len())).collect()
    }

    #[test]
    fn changes_of_a_moment_are_acted_on_together_and_the_last_of_many_is_not_lost() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pending = PendingChanges::default();
        assert_eq!(pending.next_due(), None);
        for (kind, millis) in [("Service", 0), ("Pod", 40), ("Service", 90)] {
            pending.add(change("a", kind), at(millis));
        }
        pending.add(change("b", "Pod"), at(90));
        assert_eq!(pending.next_due(), Some(at(100)));
        assert!(take(&mut pending, at(99)).is_empty());
        assert_eq!(take(&mut pending, at(100)), [("a".to_owned(), 2)]);
        for millis in (110..1_100).step_by(10) {
            pending.add(change("a", "Service"), at(millis));
        }
        assert_eq!(take(&mut pending, at(200)), [("b".to_owned(), 1)]);
        assert!(take(&mut pending, at(1_099)).is_empty());
        assert_eq!(take(&mut pending, at(1_100)), [("a".to_owned(), 1)]);
        assert_eq!(pending.next_due(), None);
        pending.add(change("a", "Service"), at(5_000));
        assert_eq!(pending.next_due(), Some(at(5_100)));
    }
}
