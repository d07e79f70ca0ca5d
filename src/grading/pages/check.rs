//! `POST /labs/{lab}/check`.

use actix_web::web::{Data, Path};
use jiff::SignedDuration;
use serde::Deserialize;

use crate::accounts::guards::Learner;
use crate::grading::{Grading, RequestError};
use crate::web::{Form, Redirect, TooMany, WebError};

/// A form that holds nothing but its token.
#[derive(Debug, Deserialize)]
pub struct Empty {}

/// Requests a check of the reader's work, and redirects to the page that shows its state.
pub async fn check(
    grading: Data<Grading>,
    name: Path<String>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let page = format!("/labs/{name}");
    match grading.request(&person.id, &name).await {
        Ok(()) => Ok(Redirect::to(format!("{page}#tasks"))),
        Err(RequestError::UnknownLab) => Err(WebError::NotFound),
        Err(RequestError::NotRunning) => {
            Ok(Redirect::to(page).error("There is nothing to look at: the lab is not running. Start it first."))
        }
        Err(RequestError::TooMany { wait }) => Ok(Redirect::to(format!("{page}#tasks")).error(too_many(wait))),
        Err(RequestError::Database(fault)) => Err(fault.into()),
    }
}

pub(super) fn too_many(wait: SignedDuration) -> String {
    let minutes = TooMany { retry_after_seconds: wait.as_secs() }.format_wait();
    format!(
        "That was a lot of checks within an hour. You can check again in {minutes}; what you have passed stays passed."
    )
}
