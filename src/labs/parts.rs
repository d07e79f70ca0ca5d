//! What a lab requires of its cluster and the cluster lacks, and what it uses that stands in for something else.

use serde::Serialize;

use super::catalogue::Lab;
use super::products::UsedProduct;
use crate::cluster::{ImagesSettings, Part, PartKind, PartState};

/// The parts of the cluster that a lab requires or uses and its reader should know of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LabParts {
    /// Those required that are not ready.
    pub missing: Vec<Part>,
    /// The products for which something stands in that the lab requires or uses.
    pub stand_ins: Vec<&'static str>,
}

impl LabParts {
    /// Of all that the cluster has or lacks and learners install, what concerns the lab.
    pub(super) fn of(lab: &Lab, parts: Vec<Part>, images: &ImagesSettings) -> Self {
        let is_used =
            |kind: PartKind| lab.requires.contains(&kind) || lab.uses.iter().any(|one| one.part() == Some(kind));
        let used = parts.into_iter().filter(|part| is_used(part.kind));
        let (ready, missing): (Vec<Part>, Vec<Part>) = used.partition(|part| part.state == PartState::Ready);
        let mut stand_ins: Vec<_> = ready.iter().filter(|part| part.is_stand_in).map(|part| part.product).collect();
        if lab.uses.contains(&UsedProduct::Grafana) && images.has_grafana_stand_in() {
            stand_ins.push("Grafana");
        }
        Self { missing: missing.into_iter().filter(|part| lab.requires.contains(&part.kind)).collect(), stand_ins }
    }

    /// Whether a missing part is on its way, so that it is worth waiting for.
    pub fn is_changing(&self) -> bool {
        self.missing.iter().any(|part| matches!(part.state, PartState::Starting { .. }))
    }

    /// Examples.
    pub fn samples() -> Vec<Self> {
        let missing = Part::samples().into_iter().filter(|part| part.state != PartState::Ready).collect();
        vec![
            Self { missing, stand_ins: Vec::new() },
            Self { missing: Vec::new(), stand_ins: vec!["Grafana"] },
            Self { missing: Vec::new(), stand_ins: vec!["Emissary-ingress", "Linkerd", "Grafana"] },
        ]
    }
}
