//! `GET /labs/{lab}`: the guide and the tasks beside the terminal.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::drafts::Drafts;
use crate::grading::{Grading, LabView};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `grading/lab.html`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct LabPage(pub(super) LabView);

impl View for LabPage {
    const TEMPLATE: &'static str = "grading/lab.html";

    fn samples() -> Vec<Self> {
        LabView::samples().into_iter().map(Self).collect()
    }
}

/// Shows a lab with the reader's session and tasks.
pub async fn lab(
    grading: Data<Grading>,
    drafts: Data<Drafts>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<LabPage>, WebError> {
    let mut view = grading.find_lab_view(&person.id, &name).await?.ok_or(WebError::NotFound)?;
    let prefix = format!("/labs/{name}/tasks/");
    for (address, draft) in drafts.list(&person.id, &prefix).await? {
        if let Some(task) = address.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix("/answers")) {
            view.tasks.fill(task, &draft);
        }
    }
    Ok(Reply::Page(LabPage(view)))
}
