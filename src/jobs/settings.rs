//! The `[jobs]` section.

use serde::Deserialize;

use super::Queue;
use crate::settings::Faults;

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
    /// Namespaces of lab sessions that are over, until they are gone.
    pub namespaces: usize,
    /// Lab sessions that are graded.
    pub grading: usize,
    /// Loads that are applied to lab sessions; sixteen times as many may be under way, since each waits nearly always.
    pub loads: usize,
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
        Self { mail: 2, interactive: 2, labs: 8, namespaces: 4, grading: 4, loads: 4, maintenance: 1 }
    }
}

impl Slots {
    /// How many a queue has.
    pub fn of(&self, queue: Queue) -> usize {
        match queue {
            Queue::Mail => self.mail,
            Queue::Interactive => self.interactive,
            Queue::Labs => self.labs,
            Queue::Namespaces => self.namespaces,
            Queue::Grading => self.grading,
            Queue::Loads => self.loads,
            Queue::Maintenance => self.maintenance,
        }
    }
}

impl JobSettings {
    /// Every fault of the section, in words for the person who wrote it.
    pub fn validate(&self) -> Vec<String> {
        let mut faults = Faults::of("jobs");
        faults.range("lease_seconds", &self.lease_seconds, &(1..=3_600));
        for (key, slots) in [
            ("slots.mail", self.slots.mail),
            ("slots.interactive", self.slots.interactive),
            ("slots.labs", self.slots.labs),
            ("slots.namespaces", self.slots.namespaces),
            ("slots.grading", self.slots.grading),
            ("slots.loads", self.slots.loads),
            ("slots.maintenance", self.slots.maintenance),
        ] {
            faults.range(key, &slots, &(1..=1_000));
        }
        faults.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(JobSettings::default().validate(), Vec::<String>::new());
    }

    #[test]
    fn numbers_out_of_range_are_told_by_their_key() {
        let slots = Slots { mail: 0, interactive: 0, labs: 0, namespaces: 0, grading: 1_001, loads: 0, maintenance: 0 };
        let faults = JobSettings { lease_seconds: 0, slots }.validate();
        assert_eq!(faults.len(), 8);
        assert_eq!(faults[0], "jobs.lease_seconds must be from 1 to 3600, not 0");
        assert_eq!(faults[5], "jobs.slots.grading must be from 1 to 1000, not 1001");
    }
}
