//! What the learners of a lab use by its name.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cluster::PartKind;

/// Something that the learners of a lab use, and that may be a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UsedProduct {
    /// The cluster's ingress.
    Ingress,
    /// Its mesh.
    Mesh,
    /// Its metrics.
    Metrics,
    /// Its traces.
    Traces,
    /// A Grafana that learners install themselves.
    Grafana,
}

impl UsedProduct {
    /// The part of the cluster that is it, unless learners install it themselves.
    pub(super) fn part(self) -> Option<PartKind> {
        match self {
            Self::Ingress => Some(PartKind::Ingress),
            Self::Mesh => Some(PartKind::Mesh),
            Self::Metrics => Some(PartKind::Metrics),
            Self::Traces => Some(PartKind::Traces),
            Self::Grafana => None,
        }
    }
}
