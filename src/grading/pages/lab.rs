//! `GET /labs/{lab}`: the guide and the tasks beside the terminal.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::grading::{Grading, TasksView};
use crate::labs::{LabSummary, Labs, SessionView};
use crate::view::{Html, View};
use crate::web::{Reply, WebError};

/// `grading/lab.html`.
#[derive(Debug, Serialize)]
pub struct LabPage {
    /// The lab.
    pub lab: LabSummary,
    /// The guide.
    pub guide: Html,
    /// The reader's session.
    pub session: SessionView,
    /// The reader's tasks.
    pub tasks: TasksView,
}

impl View for LabPage {
    const TEMPLATE: &'static str = "grading/lab.html";

    fn samples() -> Vec<Self> {
        let guide = || Html::trusted("<h3>Begin</h3>".to_owned());
        let tasks = TasksView::samples();
        SessionView::samples()
            .into_iter()
            .zip(tasks.iter().cycle())
            .map(|(session, tasks)| Self { lab: LabSummary::sample(), guide: guide(), session, tasks: tasks.clone() })
            .collect()
    }
}

/// Shows a lab, the reader's session of it, and how far its tasks are.
pub async fn lab(
    labs: Data<Labs>,
    grading: Data<Grading>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<LabPage>, WebError> {
    let lab = labs.catalogue().find(&name).ok_or(WebError::NotFound)?;
    let session = labs.session_view(&person.id, lab).await?;
    let tasks = grading.tasks_view(&person.id, &lab.name).await?;
    Ok(Reply::Page(LabPage { lab: LabSummary::of(lab), guide: lab.guide.clone(), session, tasks }))
}
