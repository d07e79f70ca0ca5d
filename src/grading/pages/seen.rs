//! `GET /labs/{lab}/seen` and `GET /labs/{lab}/seen/{request}`: what the grader saw.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::grading::{Grading, GradingRequestId, SeenView};
use crate::view::View;
use crate::web::{Reply, WebError};

/// `grading/seen.html`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct SeenPage(SeenView);

impl View for SeenPage {
    const TEMPLATE: &'static str = "grading/seen.html";

    fn samples() -> Vec<Self> {
        SeenView::samples().into_iter().map(Self).collect()
    }
}

/// Shows what the reader's newest verdicts were based on.
pub async fn seen(
    grading: Data<Grading>,
    lab: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<SeenPage>, WebError> {
    let view = grading.find_seen(&person, &lab, None).await?.ok_or(WebError::NotFound)?;
    Ok(Reply::Page(SeenPage(view)))
}

/// Shows what the verdicts of one request were based on, to its owner and to instructors.
pub async fn seen_at(
    grading: Data<Grading>,
    path: Path<(String, String)>,
    Learner(person): Learner,
) -> Result<Reply<SeenPage>, WebError> {
    let (lab, request) = path.into_inner();
    let request = GradingRequestId::from(request);
    let view = grading.find_seen(&person, &lab, Some(request)).await?.ok_or(WebError::NotFound)?;
    Ok(Reply::Page(SeenPage(view)))
}
