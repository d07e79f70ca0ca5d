//! `GET /labs/{lab}/namespace`: what is in the namespace of the reader's running session.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::labs::{LabSummary, Labs, NamespaceView, OpenError};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `labs/namespace.html`.
#[derive(Debug, Serialize)]
pub struct NamespacePage {
    /// The lab.
    pub lab: LabSummary,
    /// What is there; none while the lab does not run.
    pub contents: Option<NamespaceView>,
}

impl View for NamespacePage {
    const TEMPLATE: &'static str = "labs/namespace.html";

    fn samples() -> Vec<Self> {
        let contents = NamespaceView::samples().into_iter().map(Some).chain([None]);
        contents.map(|contents| Self { lab: LabSummary::sample(), contents }).collect()
    }
}

/// Shows the namespace; the lab's page shows the same part of it.
pub async fn namespace(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<NamespacePage>, WebError> {
    let lab = labs.catalogue().find(&name).map(LabSummary::of).ok_or(WebError::NotFound)?;
    match labs.find_namespace_view(&person.id, &name).await {
        Ok(contents) => Ok(Reply::Page(NamespacePage { lab, contents: Some(contents) })),
        Err(OpenError::Database(fault)) => Err(fault.into()),
        Err(OpenError::NotReady | OpenError::Cluster(_)) => Ok(Reply::Page(NamespacePage { lab, contents: None })),
    }
}
