//! Results that the database did not take yet. While there is one, its queue claims nothing: once the database takes
//! something again, the result has to be there before the job could be claimed anew.

use std::collections::BTreeMap;

use tokio::sync::watch;

use super::model::Queue;

/// How many results of each queue wait to be written; clones share them.
#[derive(Clone, Default)]
pub(super) struct PendingResults(watch::Sender<BTreeMap<Queue, usize>>);

/// A result that waits, for as long as this is kept.
pub(super) struct Waiting {
    pending_results: PendingResults,
    queue: Queue,
}

impl PendingResults {
    /// Counts a result of `queue` that waits.
    pub(super) fn add(&self, queue: Queue) -> Waiting {
        self.0.send_modify(|counts| *counts.entry(queue).or_default() += 1);
        Waiting { pending_results: self.clone(), queue }
    }

    /// Resolves once no result of `queue` waits.
    pub(super) async fn wait_for_none(&self, queue: Queue) {
        let is_none = |counts: &BTreeMap<Queue, usize>| counts.get(&queue).is_none_or(|count| *count == 0);
        // The sender is kept here, so that there is one until the end.
        self.0.subscribe().wait_for(is_none).await.map(drop).unwrap_or_default();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.pending_results.0.send_modify(|counts| {
            if let Some(count) = counts.get_mut(&self.queue) {
                *count = count.saturating_sub(1);
            }
        });
    }
}
