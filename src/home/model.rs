//! The one thing to do next.

use serde::Serialize;

use crate::checkpoints::{Entry, EntryState, Participation};
use crate::credentials::Credential;
use crate::lessons::{Lesson, Module, Progress};

/// A learner's part in a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabState {
    /// Its name in addresses.
    pub name: String,
    /// Its title.
    pub title: String,
    /// How many of its tasks are passed.
    pub passed: usize,
    /// How many it has.
    pub tasks: usize,
    /// Whether the learner has it running, or coming up.
    pub is_running: bool,
}

impl LabState {
    /// Whether there is nothing left to pass.
    pub fn is_passed(&self) -> bool {
        self.passed >= self.tasks
    }
}

/// What a learner has done in a module besides reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleState {
    /// The lab of each section, in the order of the sections.
    pub labs: Vec<Option<LabState>>,
    /// This week's entry: its address and how far it has come.
    pub current: Option<(String, EntryState)>,
    /// The address of an entry that waits for a decision, of any week.
    pub undecided: Option<String>,
    /// Whether an entry was ever accepted.
    pub is_accepted: bool,
    /// Whether this week takes an entry.
    pub can_enter: bool,
    /// The address of the valid credential.
    pub credential: Option<String>,
}

/// What to do next in a module.
#[derive(Debug)]
pub enum NextStep<'m> {
    /// Read.
    Read(&'m Lesson),
    /// Work in a lab.
    Work(&'m LabState),
    /// Enter this week's checkpoint.
    Enter,
    /// A reviewer reads the entry of this address.
    Wait(&'m str),
    /// The next week takes an entry again.
    NextWeek,
    /// Every entry of the programme is used.
    NoEntriesLeft,
    /// All of it is done; the credential is at the address.
    Done(Option<&'m str>),
}

impl ModuleState {
    /// What was done in `module`, with the lab of each of its sections.
    pub fn new(
        module: &Module,
        labs: Vec<Option<LabState>>,
        participation: &Participation,
        credentials: &[Credential],
    ) -> Self {
        let own = || participation.entries.iter().filter(|entry| entry.module == module.slug);
        let address = |entry: &Entry| format!("/entries/{}", entry.id);
        let current = participation.find_current(&module.slug);
        let credential =
            credentials.iter().find(|credential| credential.module == module.slug && credential.revocation.is_none());
        Self {
            labs,
            current: current.map(|entry| (address(entry), entry.state)),
            undecided: own().find(|entry| !entry.state.is_decided()).map(address),
            is_accepted: own().any(|entry| entry.state == EntryState::Valid),
            can_enter: !module.checkpoint.is_empty() && current.is_none() && participation.entries_left > 0,
            credential: credential.map(|credential| format!("/credentials/{}", credential.id)),
        }
    }

    /// The one thing to do next: a lab that runs, else the lab of a section that was read, else the next lesson, else a lab
    /// left over, else the checkpoint.
    pub fn find_next<'m>(&'m self, module: &'m Module, progress: &Progress) -> NextStep<'m> {
        let labs = || self.labs.iter().flatten();
        if let Some(lab) = labs().find(|lab| lab.is_running && !lab.is_passed()) {
            return NextStep::Work(lab);
        }
        let unfinished = |(place, lab): (usize, &'m Option<LabState>)| {
            let section = module.sections.get(place)?;
            let is_read = progress.count_section(section) == section.lessons.len();
            lab.as_ref().filter(|lab| is_read && !lab.is_passed())
        };
        if let Some(lab) = self.labs.iter().enumerate().find_map(unfinished) {
            return NextStep::Work(lab);
        }
        if let Some(lesson) = progress.find_next(module) {
            return NextStep::Read(lesson);
        }
        if let Some(lab) = labs().find(|lab| !lab.is_passed()) {
            return NextStep::Work(lab);
        }
        if self.is_accepted || module.checkpoint.is_empty() {
            return NextStep::Done(self.credential.as_deref());
        }
        match &self.undecided {
            Some(path) => NextStep::Wait(path),
            None if self.can_enter => NextStep::Enter,
            None if self.current.is_some() => NextStep::NextWeek,
            None => NextStep::NoEntriesLeft,
        }
    }
}
