//! Home: what a learner does next, and how far they have come in lessons, labs, checkpoints and credentials.
//!
//! Nothing is stored here; every figure belongs to a part below.

mod model;
pub mod pages;

use std::collections::BTreeMap;

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
        let passed = self.grading.count_all_passed(person).await?;
        let module_state = |module: &Module| {
            let labs = self.list_labs(module, &passed, &sessions);
            ModuleState::new(module, labs, &participation, &credentials)
        };
        let modules = self.lessons.library().modules().iter().map(module_state).collect();
        Ok(Overview {
            progress,
            modules,
            sessions,
            lab_seconds: self.labs.find_time_used(person).await?.as_secs(),
            due: self.lessons.count_due_cards(person).await?,
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
