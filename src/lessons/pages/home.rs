//! `/`

use actix_web::web::Data;
use serde::Serialize;

use super::module::{ModuleSummary, find_progress};
use crate::accounts::guards::Visitor;
use crate::lessons::Lessons;
use crate::view::View;
use crate::web::{Reply, WebError};

/// `lessons/home.html`
#[derive(Debug, Serialize)]
pub struct HomePage {
    /// Every module, with the reader's progress.
    pub modules: Vec<ModuleSummary>,
}

impl View for HomePage {
    const TEMPLATE: &'static str = "lessons/home.html";

    fn samples() -> Vec<Self> {
        vec![Self { modules: ModuleSummary::samples() }, Self { modules: Vec::new() }]
    }
}

/// Shows what this is, or what to do next.
pub async fn home(lessons: Data<Lessons>, visitor: Visitor) -> Result<Reply<HomePage>, WebError> {
    let progress = find_progress(&lessons, &visitor).await?;
    let modules = lessons.library().modules().iter().map(|module| ModuleSummary::new(module, &progress)).collect();
    Ok(Reply::Page(HomePage { modules }))
}
