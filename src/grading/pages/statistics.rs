//! `GET /labs/{lab}/statistics`: how learners get on with a lab.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Instructor;
use crate::grading::{Grading, StatisticsView};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `grading/statistics.html`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct StatisticsPage(StatisticsView);

impl View for StatisticsPage {
    const TEMPLATE: &'static str = "grading/statistics.html";

    fn samples() -> Vec<Self> {
        StatisticsView::samples().into_iter().map(Self).collect()
    }
}

/// Shows staff how learners get on with each task.
pub async fn statistics(
    grading: Data<Grading>,
    lab: Path<String>,
    Instructor(_staff): Instructor,
) -> Result<Reply<StatisticsPage>, WebError> {
    let view = grading.find_statistics(&lab).await?.ok_or(WebError::NotFound)?;
    Ok(Reply::Page(StatisticsPage(view)))
}
