//! What a lab requires of its cluster and the cluster lacks, or has a stand-in for.

use serde::Serialize;

use super::catalogue::Lab;
use crate::cluster::{Part, PartState};

/// The parts of the cluster that a lab requires and its reader should know of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LabParts {
    /// Those that are not ready.
    pub missing: Vec<Part>,
    /// Those that are there, and only stand in for the product.
    pub stand_ins: Vec<Part>,
}

impl LabParts {
    /// Of all that the cluster has or lacks, what concerns the lab.
    pub(super) fn of(lab: &Lab, parts: Vec<Part>) -> Self {
        let required = parts.into_iter().filter(|part| lab.requires.contains(&part.kind));
        let (ready, missing): (Vec<Part>, Vec<Part>) = required.partition(|part| part.state == PartState::Ready);
        Self { missing, stand_ins: ready.into_iter().filter(|part| part.is_stand_in).collect() }
    }

    /// Whether a missing part is on its way, so that it is worth waiting for.
    pub fn is_changing(&self) -> bool {
        self.missing.iter().any(|part| matches!(part.state, PartState::Starting { .. }))
    }

    /// Examples.
    pub fn samples() -> Vec<Self> {
        let (ready, missing): (Vec<Part>, Vec<Part>) =
            Part::samples().into_iter().partition(|part| part.state == PartState::Ready);
        let stand_ins = ready.into_iter().filter(|part| part.is_stand_in).collect();
        vec![Self { missing, stand_ins: Vec::new() }, Self { missing: Vec::new(), stand_ins }]
    }
}
