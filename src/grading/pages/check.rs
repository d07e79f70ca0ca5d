//! `POST /labs/{lab}/check`.

use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::accounts::guards::Learner;
use crate::grading::{AskError, Grading};
use crate::web::{Form, Redirect, WebError};

/// A form that holds nothing but its token.
#[derive(Debug, Deserialize)]
pub struct Empty {}

/// Asks for the reader's work to be checked; the page they come back to shows how it goes.
pub async fn check(
    grading: Data<Grading>,
    name: Path<String>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let page = format!("/labs/{name}");
    match grading.ask(&person.id, &name).await {
        Ok(()) => Ok(Redirect::to(format!("{page}#tasks"))),
        Err(AskError::UnknownLab) => Err(WebError::NotFound),
        Err(AskError::NotRunning) => {
            Ok(Redirect::to(page).error("There is nothing to look at: the lab is not running. Start it first."))
        }
        Err(AskError::Database(fault)) => Err(fault.into()),
    }
}
