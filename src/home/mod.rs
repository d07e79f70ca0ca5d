//! Home: what a learner does next, and how far they have come in lessons, labs, checkpoints and credentials.
//!
//! Nothing is stored here; every figure belongs to a part below.

mod model;
pub mod pages;

use jiff::Timestamp;

use crate::accounts::PersonId;
use crate::checkpoints::{Checkpoints, Participation};
use crate::credentials::{Credential, Credentials};
use crate::grading::Grading;
use crate::labs::{LabSession, Labs};
use crate::lessons::{Lessons, Module, Progress};

pub use model::{LabState, ModuleState, NextStep};

/// Where learners stand.
#[derive(Clone, Debug)]
pub struct Home {
    lessons: Lessons,
    labs: Labs,
    grading: Grading,
    checkpoints: Checkpoints,
    credentials: Credentials,
}

/// Where one learner stands.
#[derive(Debug)]
pub struct Overview {
    /// What they have read.
    pub progress: Progress,
    /// Each module's labs, entries and credential, in the order of the modules.
    pub modules: Vec<ModuleState>,
    /// Their running labs, the oldest first.
    pub sessions: Vec<LabSession>,
    /// How long they could work in labs so far, in seconds.
    pub lab_seconds: i64,
    /// How many missed questions are due again.
    pub due: usize,
    /// Their entries and the current week.
    pub participation: Participation,
    /// Their credentials, the latest first.
    pub credentials: Vec<Credential>,
}

impl Home {
    /// Overviews made of the figures of these parts.
    pub fn new(
        (lessons, labs): (&Lessons, &Labs),
        (grading, checkpoints): (&Grading, &Checkpoints),
        credentials: &Credentials,
    ) -> Self {
        Self {
            lessons: lessons.clone(),
            labs: labs.clone(),
            grading: grading.clone(),
            checkpoints: checkpoints.clone(),
            credentials: credentials.clone(),
        }
    }

    /// Where a person stands.
    pub async fn look(&self, person: &PersonId) -> anyhow::Result<Overview> {
        let progress = self.lessons.find_progress(person).await?;
        let sessions = self.labs.list_live_of_person(person).await?;
        let participation = self.checkpoints.find_participation(person).await?;
        let credentials = self.credentials.list_of_person(person).await?;
        let (now, cards) = self.lessons.list_cards(person).await?;
        let mut modules = Vec::new();
        for module in self.lessons.library().modules() {
            let labs = self.list_labs(person, module, &sessions).await?;
            modules.push(ModuleState::new(module, labs, &participation, &credentials));
        }
        Ok(Overview {
            progress,
            modules,
            sessions,
            lab_seconds: self.labs.find_time_used(person).await?.as_secs(),
            due: count_due(&cards, now),
            participation,
            credentials,
        })
    }

    async fn list_labs(
        &self,
        person: &PersonId,
        module: &Module,
        sessions: &[LabSession],
    ) -> anyhow::Result<Vec<Option<LabState>>> {
        let mut labs = Vec::new();
        for section in &module.sections {
            let Some(lab) = section.lab.as_ref().and_then(|name| self.labs.catalogue().find(name)) else {
                labs.push(None);
                continue;
            };
            let (passed, tasks) = self.grading.count_passed(person, &lab.name).await?;
            labs.push(Some(LabState {
                name: lab.name.clone(),
                title: lab.title.clone(),
                passed,
                tasks,
                is_running: sessions.iter().any(|session| session.lab == lab.name),
            }));
        }
        Ok(labs)
    }
}

fn count_due(cards: &[crate::lessons::Card], now: Timestamp) -> usize {
    cards.iter().filter(|card| card.is_due(now)).count()
}
