//! The `[jobs]` section.

use serde::Deserialize;

use super::Queue;

/// How this process does background work.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobSettings {
    /// After how many seconds another process takes up the job of one that died or froze.
    pub lease_seconds: u32,
    /// How many jobs of each queue run at the same time.
    pub slots: Slots,
}

/// Worker slots by queue.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Slots {
    /// Mails that are sent at the same time.
    pub mail: usize,
    /// Awards, credentials and the like.
    pub interactive: usize,
    /// Lab sessions that are built, watched or ended.
    pub labs: usize,
    /// Lab sessions that are graded.
    pub grading: usize,
    /// Pruning and the like.
    pub maintenance: usize,
}

impl Default for JobSettings {
    fn default() -> Self {
        Self { lease_seconds: 30, slots: Slots::default() }
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self { mail: 2, interactive: 2, labs: 8, grading: 4, maintenance: 1 }
    }
}

impl Slots {
    /// How many a queue has.
    pub fn of(&self, queue: Queue) -> usize {
        match queue {
            Queue::Mail => self.mail,
            Queue::Interactive => self.interactive,
            Queue::Labs => self.labs,
            Queue::Grading => self.grading,
            Queue::Maintenance => self.maintenance,
        }
    }
}

impl JobSettings {
    /// Every fault of the section, worded for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !(1..=3600).contains(&self.lease_seconds) {
            faults.push("jobs.lease_seconds must be between 1 and 3600".to_owned());
        }
        if Queue::ALL.iter().any(|queue| !(1..=1000).contains(&self.slots.of(*queue))) {
            faults.push("jobs.slots must be between 1 and 1000 for every queue".to_owned());
        }
        faults
    }
}
