//! `GET /labs/{lab}`: the guide beside the terminal.

use actix_web::web::{Data, Path};
use serde::Serialize;

use crate::accounts::guards::Learner;
use crate::labs::{LabSummary, Labs, SessionView};
use crate::view::{Html, View};
use crate::web::{Reply, WebError};

/// `labs/lab.html`.
#[derive(Debug, Serialize)]
pub struct LabPage {
    /// The lab.
    pub lab: LabSummary,
    /// The guide.
    pub guide: Html,
    /// The reader's session.
    pub session: SessionView,
}

impl View for LabPage {
    const TEMPLATE: &'static str = "labs/lab.html";

    fn samples() -> Vec<Self> {
        let page =
            |session| Self { lab: LabSummary::sample(), guide: Html::trusted("<h3>Begin</h3>".to_owned()), session };
        SessionView::samples().into_iter().map(page).collect()
    }
}

/// Shows a lab and the reader's session of it.
pub async fn lab(labs: Data<Labs>, name: Path<String>, Learner(person): Learner) -> Result<Reply<LabPage>, WebError> {
    let lab = labs.catalogue().find(&name).ok_or(WebError::NotFound)?;
    let session = labs.session_view(&person.id, lab).await?;
    Ok(Reply::Page(LabPage { lab: LabSummary::of(lab), guide: lab.guide.clone(), session }))
}
