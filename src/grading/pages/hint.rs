//! `POST /labs/{lab}/tasks/{task}/checks/{check}/hint`.

use actix_web::web::{Data, Path};

use super::check::Empty;
use crate::accounts::guards::Learner;
use crate::grading::{Grading, HintError};
use crate::web::{Form, Redirect, WebError};

/// Shows the hint of a check from now on, and leads to it.
pub async fn hint(
    grading: Data<Grading>,
    path: Path<(String, String, String)>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let (lab, task, check) = path.into_inner();
    let page = format!("/labs/{lab}");
    match grading.ask_hint(&person.id, (&lab, &task, &check)).await {
        Ok(true) => Ok(Redirect::to(format!("{page}#hint-{task}-{check}"))),
        Ok(false) => Ok(Redirect::to(format!("{page}#task-{task}"))),
        Err(HintError::UnknownCheck) => Err(WebError::NotFound),
        Err(HintError::NotRunning) => Ok(Redirect::to(page)
            .error("Hints are about what fails in a running lab, and this one is not running. Start it first.")),
        Err(HintError::BeingChecked) => {
            let told = "Your work is being checked, and the hint would be about how it was before. Ask for it once the \
                        verdict is there; none was counted.";
            Ok(Redirect::to(format!("{page}#task-{task}")).error(told))
        }
        Err(HintError::Database(fault)) => Err(fault.into()),
    }
}
