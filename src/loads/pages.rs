//! `POST /labs/{lab}/loads/{load}/start` and `POST /labs/{lab}/loads/stop`.

use actix_web::web::{Data, Path};

use super::{Loads, StartError};
use crate::accounts::guards::Learner;
use crate::web::{Form, NoFields, Redirect, TooMany, WebError};

/// Begins a load of the reader's running lab.
pub async fn start(
    loads: Data<Loads>,
    path: Path<(String, String)>,
    Learner(person): Learner,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let (lab, load) = path.into_inner();
    let page = Redirect::to(format!("/labs/{lab}#loads"));
    match loads.start_of_lab(&person.id, (&lab, &load)).await {
        Ok(_) => Ok(page),
        Err(StartError::Unknown) => Err(WebError::NotFound),
        Err(StartError::NotRunning) => {
            Ok(page.error("There is nothing to send requests to: the lab is not running. Start it first."))
        }
        Err(StartError::Running(_)) => {
            Ok(page.error("A load is running already, and there is one at a time. Wait for its end, or stop it first."))
        }
        Err(StartError::TooMany { wait }) => {
            let within = TooMany { retry_after_seconds: wait.as_secs() }.format_wait();
            Ok(page.error(format!("That was a lot of loads within an hour. You can begin the next one in {within}.")))
        }
        Err(StartError::Plan(fault)) => Err(anyhow::anyhow!("labs/{lab}/lab.yaml: load {load}: {fault}").into()),
        Err(StartError::Database(fault)) => Err(fault.into()),
    }
}

/// Stops the load of the reader's running lab.
pub async fn stop(
    loads: Data<Loads>,
    lab: Path<String>,
    Learner(person): Learner,
    _form: Form<NoFields>,
) -> Result<Redirect, WebError> {
    let page = Redirect::to(format!("/labs/{lab}#loads"));
    if loads.stop_of_lab(&person.id, &lab).await? {
        return Ok(page.success("The load is stopped."));
    }
    Ok(page.error("No load is running."))
}
