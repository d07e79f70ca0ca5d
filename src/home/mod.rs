//! The start page: what a learner does next, and how far they have come in lessons, labs, checkpoints and credentials.
//!
//! Nothing is stored here; everything belongs to a part below.

mod model;
pub mod pages;

use std::collections::BTreeMap;

use crate::accounts::PersonId;
use crate::checkpoints::{Checkpoints, Participation};
use crate::clock::Clock;
use crate::core::Core;
use crate::credentials::{Credential, Credentials};
use crate::grading::Grading;
use crate::labs::{LabSession, Labs};
use crate::lessons::{Lessons, Module, Progress};

pub use model::{LabState, ModuleState, NextStep};

/// The service of the start page.
#[derive(Clone, Debug)]
pub struct Home {
    clock: Clock,
    lessons: Lessons,
    labs: Labs,
    grading: Grading,
    checkpoints: Checkpoints,
    credentials: Credentials,
}

/// All that one learner's start page shows.
#[derive(Debug)]
pub struct Dashboard {
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
    /// Dashboards of what these parts know.
    pub fn new(
        core: &Core,
        (lessons, labs): (&Lessons, &Labs),
        (grading, checkpoints): (&Grading, &Checkpoints),
        credentials: &Credentials,
    ) -> Self {
        Self {
            clock: core.clock.clone(),
            lessons: lessons.clone(),
            labs: labs.clone(),
            grading: grading.clone(),
            checkpoints: checkpoints.clone(),
            credentials: credentials.clone(),
        }
    }

    /// All that a person's start page shows.
    pub async fn find_dashboard(&self, person: &PersonId) -> anyhow::Result<Dashboard> {
        let now = self.clock.now();
        let progress = self.lessons.find_progress(person).await?;
        let sessions = self.labs.list_live_of_person(person).await?;
        let participation = self.checkpoints.find_participation_at(person, now).await?;
        let credentials = self.credentials.list_of_person(person).await?;
        let passed = self.grading.count_all_passed(person).await?;
        let module_state = |module: &Module| {
            let labs = self.list_labs(module, &passed, &sessions);
            ModuleState::new(module, labs, &participation, &credentials)
        };
        let modules = self.lessons.library().modules().iter().map(module_state).collect();
        Ok(Dashboard {
            progress,
            modules,
            sessions,
            lab_seconds: self.labs.find_time_used(person, now).await?.as_secs(),
            due: self.lessons.count_due_cards_at(person, now).await?,
            participation,
            credentials,
        })
    }

    fn list_labs(
        &self,
        module: &Module,
        passed: &BTreeMap<String, usize>,
        sessions: &[LabSession],
    ) -> Vec<Option<LabState>> {
        let state = |name: &String| {
            let lab = self.labs.catalogue().find(name)?;
            Some(LabState {
                name: lab.name.clone(),
                title: lab.title.clone(),
                passed: passed.get(name).copied().unwrap_or(0),
                tasks: self.grading.count_tasks(name),
                is_running: sessions.iter().any(|session| session.lab == lab.name),
            })
        };
        module.sections.iter().map(|section| section.lab.as_ref().and_then(state)).collect()
    }
}
