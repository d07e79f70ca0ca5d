//! A part of a cluster, and the sentences that tell of it. No I/O.

use std::fmt::{Display, Formatter};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cluster::names::{MAX_DNS_LABEL, is_dns_label};

/// Something that a lab can require of its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PartKind {
    /// Emissary-ingress, by Mappings.
    Ingress,
    /// Linkerd.
    Mesh,
    /// Prometheus, with the numbers of the ingress and the mesh.
    Metrics,
    /// Jaeger, with the traces of the demo services.
    Traces,
}

impl PartKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Ingress, Self::Mesh, Self::Metrics, Self::Traces];

    /// Its name in `lab.yaml`, and among the parts of the local cluster.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Mesh => "mesh",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }

    /// The product, as people call it.
    pub fn product(self) -> &'static str {
        match self {
            Self::Ingress => "Emissary-ingress",
            Self::Mesh => "Linkerd",
            Self::Metrics => "Prometheus",
            Self::Traces => "Jaeger",
        }
    }
}

impl Display for PartKind {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Ingress => "Ingress",
            Self::Mesh => "Mesh",
            Self::Metrics => "Metrics",
            Self::Traces => "Traces",
        })
    }
}

/// Whether a part can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PartState {
    /// It can.
    Ready,
    /// The local cluster is building or starting it.
    Starting {
        /// What happens now.
        step: String,
    },
    /// It is there and does not work.
    NotReady {
        /// Why not.
        why: String,
    },
    /// The cluster does not have it.
    Absent {
        /// What was looked for, and what adds it.
        advice: String,
    },
}

/// A part as it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What it is for.
    pub kind: PartKind,
    /// The product that is there, or that stands in for it.
    pub product: &'static str,
    /// Whether it can be used.
    #[serde(flatten)]
    pub state: PartState,
    /// Its version, where it says one.
    pub version: Option<String>,
    /// Whether it stands in for the product and is not the product itself.
    pub is_stand_in: bool,
    /// The command that mends it, for whoever runs the cluster, where it is missing or does not work.
    pub remedy: Option<String>,
}

impl Part {
    pub(super) fn new(kind: PartKind, state: PartState) -> Self {
        Self { kind, product: kind.product(), state, version: None, is_stand_in: false, remedy: None }
    }

    /// One in each state.
    pub fn samples() -> Vec<Self> {
        let starting = PartState::Starting { step: "Building".to_owned() };
        let not_ready = PartState::NotReady { why: "None of its pods is ready.".to_owned() };
        let absent = PartState::Absent { advice: "The cluster has no Service linkerd/linkerd-identity.".to_owned() };
        vec![
            Self { version: Some("3.9.1".to_owned()), ..Self::new(PartKind::Ingress, PartState::Ready) },
            Self { is_stand_in: true, ..Self::new(PartKind::Ingress, PartState::Ready) },
            Self::new(PartKind::Metrics, starting),
            Self { is_stand_in: true, ..Self::new(PartKind::Traces, not_ready) },
            Self { remedy: Some("deploy/cluster/install mesh".to_owned()), ..Self::new(PartKind::Mesh, absent) },
        ]
    }
}

impl Display for Part {
    /// A line for whoever runs the cluster.
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let name = match (self.is_stand_in, &self.version) {
            (true, Some(version)) => format!("a stand-in for {}, version {version}", self.product),
            (true, None) => format!("a stand-in for {}", self.product),
            (false, Some(version)) => format!("{} {version}", self.product),
            (false, None) => self.product.to_owned(),
        };
        match &self.state {
            PartState::Ready => write!(formatter, "{}: {name}.", self.kind),
            PartState::Starting { step } => {
                write!(formatter, "{}: {} is on its way. {step}.", self.kind, self.product)
            }
            PartState::NotReady { why } => write!(formatter, "{}: {name} is not ready. {why}", self.kind),
            PartState::Absent { advice } => write!(formatter, "{}: none. {advice}", self.kind),
        }
    }
}

/// A Service, written `namespace/name`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceAddress {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ServiceAddress {
    /// Both names, which must be such as Kubernetes gives to namespaces and Services.
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = text.split_once('/')?;
        let is_valid = is_dns_label(namespace, MAX_DNS_LABEL) && is_dns_label(name, MAX_DNS_LABEL);
        is_valid.then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
}

impl TryFrom<String> for ServiceAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is not a Service such as emissary/emissary-ingress"))
    }
}

impl Display for ServiceAddress {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_told_in_one_line() {
        let lines: Vec<String> = Part::samples().iter().map(ToString::to_string).collect();
        assert_eq!(lines[0], "Ingress: Emissary-ingress 3.9.1.");
        assert_eq!(lines[1], "Ingress: a stand-in for Emissary-ingress.");
        assert_eq!(lines[2], "Metrics: Prometheus is on its way. Building.");
        assert_eq!(lines[3], "Traces: a stand-in for Jaeger is not ready. None of its pods is ready.");
        assert_eq!(lines[4], "Mesh: none. The cluster has no Service linkerd/linkerd-identity.");
    }

    #[test]
    fn a_service_is_a_namespace_and_a_name() {
        assert_eq!(ServiceAddress::parse("a/b-1").map(|address| address.to_string()).as_deref(), Some("a/b-1"));
        for text in ["", "a", "/b", "a/", "a/b/c", "A/b", "-a/b", "a/b-", "a b/c"] {
            assert_eq!(ServiceAddress::parse(text), None, "{text:?}");
        }
    }
}
