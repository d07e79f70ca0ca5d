//! The background work of grading.

use serde::{Deserialize, Serialize};

use super::{AttemptId, Grading};
use crate::accounts::PersonId;
use crate::jobs::{Job, JobError, Queue, Registry};

/// Looks at a session and writes the verdicts of one attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Grade {
    /// The attempt.
    pub attempt: AttemptId,
}

impl Job for Grade {
    const KIND: &'static str = "grading.grade";
    const QUEUE: Queue = Queue::Grading;
}

/// Tells the parts above that somebody has passed the last task of a lab.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LabPassed {
    /// Who.
    pub person: PersonId,
    /// The lab.
    pub lab: String,
}

impl Job for LabPassed {
    const KIND: &'static str = "grading.lab_passed";
}

/// Registers the jobs of `grading`.
pub fn register_jobs(registry: &mut Registry, grading: &Grading) {
    let owner = grading.clone();
    registry.on(move |job: Grade| {
        let grading = owner.clone();
        async move { grading.grade(&job.attempt).await.map_err(JobError::Retry) }
    });
}
