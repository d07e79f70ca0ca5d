//! `POST /labs/{lab}/tasks/{task}/answers`.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};

use super::check::too_many;
use super::lab::LabPage;
use crate::accounts::guards::Learner;
use crate::grading::{Grading, Reported, RequestError};
use crate::web::{Fields, Form, Redirect, Reply, WebError};

/// Keeps what the reader reports and requests a check; a value that cannot be read is shown again with the reason.
pub async fn answer(
    grading: Data<Grading>,
    path: Path<(String, String)>,
    Learner(person): Learner,
    form: Form<Fields>,
) -> Result<Reply<LabPage>, WebError> {
    let (lab, task) = path.into_inner();
    let first = |(name, values): (String, Vec<String>)| Some((name, values.into_iter().next()?));
    let typed: BTreeMap<String, String> = form.0.into_iter().filter_map(first).collect();
    let page = format!("/labs/{lab}#task-{task}");
    match grading.report(&person.id, (&lab, &task), &typed).await {
        // A lab that ends or a limit that is reached as the answer is kept asks nothing more of the reader.
        Ok(Reported::Checking) | Err(RequestError::NotRunning | RequestError::TooMany { .. }) => {
            Ok(Reply::see_other(page))
        }
        Ok(Reported::TooManyChecks { wait }) => {
            let told = format!("Your answer is kept. {}", too_many(wait));
            Ok(Reply::SeeOther(Redirect::to(page).error(told)))
        }
        Ok(Reported::Refused(view)) => Ok(Reply::Invalid(LabPage(*view))),
        Err(RequestError::UnknownLab) => Err(WebError::NotFound),
        Err(RequestError::Database(fault)) => Err(fault.into()),
    }
}
