//! The background work of drafts.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::Drafts;
use crate::jobs::{Job, Queue, Registry};

/// How often old drafts are pruned, and those of closed accounts.
const PRUNE_INTERVAL: SignedDuration = SignedDuration::from_hours(1);

/// Prunes drafts.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Prune {}

impl Job for Prune {
    const KIND: &'static str = "drafts.prune";
    const QUEUE: Queue = Queue::Maintenance;
}

/// Registers the jobs of `drafts`.
pub fn register_jobs(registry: &mut Registry, drafts: &Drafts) {
    let owner = drafts.clone();
    registry.every(PRUNE_INTERVAL, move |_prune: Prune| {
        let drafts = owner.clone();
        async move { Ok(drafts.prune().await?) }
    });
}
