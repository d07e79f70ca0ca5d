//! `GET /labs`: every lab, which of them run, and whether any can.

use actix_web::web::Data;
use serde::Serialize;

use crate::accounts::guards::Visitor;
use crate::cluster::{ClusterState, PolicyEnforcement};
use crate::labs::{LabParts, LabSummary, Labs};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `labs/list.html`.
#[derive(Debug, Serialize)]
pub struct LabsPage {
    /// Every lab on offer.
    pub labs: Vec<LabItem>,
    /// Whether labs can run now, and what to do if not.
    pub cluster: ClusterState,
    /// Whether the pods of one learner are kept from another's.
    pub enforcement: PolicyEnforcement,
    /// Whether the page may change by itself, so that it is polled.
    pub is_changing: bool,
    /// Changes whenever something on the page does.
    pub key: String,
}

/// One lab in the list.
#[derive(Debug, Serialize)]
pub struct LabItem {
    /// The lab.
    pub lab: LabSummary,
    /// The state of the reader's live session.
    pub state: Option<&'static str>,
    /// What it requires of the cluster and does not find there.
    pub parts: LabParts,
}

impl LabsPage {
    fn new(labs: Vec<LabItem>, cluster: ClusterState, enforcement: PolicyEnforcement) -> Self {
        let is_changing = !cluster.is_ready() || labs.iter().any(|item| item.parts.is_changing());
        let states: Vec<_> = labs.iter().map(|item| (item.state, &item.parts)).collect();
        let key = crate::id::content_key(&(&cluster, &enforcement, states));
        Self { labs, cluster, enforcement, is_changing, key }
    }
}

impl View for LabsPage {
    const TEMPLATE: &'static str = "labs/list.html";

    fn samples() -> Vec<Self> {
        let advice = "Set KUBECONFIG to a cluster of your own.".to_owned();
        let clusters = [
            ClusterState::Ready { version: "v1.34.4".to_owned() },
            ClusterState::Starting { step: "Building".to_owned(), done: 2, total: 9, detail: "kubelet".to_owned() },
            ClusterState::Unreachable { why: "The cluster does not answer.".to_owned(), advice: advice.clone() },
            ClusterState::Absent { advice },
        ];
        let item = |state, parts| LabItem { lab: LabSummary::sample(), state, parts };
        let items = || vec![item(None, LabParts::default()), item(Some("ready"), LabParts::default())];
        let mut samples: Vec<Self> =
            clusters.into_iter().map(|cluster| Self::new(items(), cluster, PolicyEnforcement::Unchecked)).collect();
        let ready = || ClusterState::Ready { version: "v1.34.4".to_owned() };
        let checked = PolicyEnforcement::samples().into_iter();
        samples.extend(checked.map(|enforcement| Self::new(items(), ready(), enforcement)));
        let lacking = LabParts::samples().into_iter().map(|parts| item(None, parts)).collect();
        samples.push(Self::new(lacking, ready(), PolicyEnforcement::Enforced));
        samples.push(Self::new(Vec::new(), ready(), PolicyEnforcement::Enforced));
        samples
    }
}

/// Shows every lab.
pub async fn list(labs: Data<Labs>, Visitor(person): Visitor) -> Result<Reply<LabsPage>, WebError> {
    let live = match &person {
        Some(person) => labs.list_live_of_person(&person.id).await?,
        None => Vec::new(),
    };
    let items = labs.catalogue().list().iter().map(|lab| LabItem {
        lab: LabSummary::of(lab),
        state: live.iter().find(|session| session.lab == lab.name).map(|session| session.state.as_str()),
        parts: labs.lab_parts(lab),
    });
    let items = items.collect();
    Ok(Reply::Page(LabsPage::new(items, labs.cluster_state().await, labs.policy_enforcement())))
}
