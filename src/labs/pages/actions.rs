//! `POST /labs/{lab}/{start,extend,stop}`.

use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::accounts::guards::Learner;
use crate::labs::{ExtendError, Labs, StartError, StopError};
use crate::web::{Form, Redirect, WebError};

/// A form that holds nothing but its token.
#[derive(Debug, Deserialize)]
pub struct Empty {}

/// Starts a session, or leads to the one that is live already.
pub async fn start(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let page = Redirect::to(format!("/labs/{name}"));
    match labs.start(&person.id, &name).await {
        Ok(_) => Ok(page),
        Err(StartError::UnknownLab) => Err(WebError::NotFound),
        Err(StartError::ClusterStarting(step)) => {
            Ok(page.error(format!("The cluster is still starting ({step}). Start the lab when it is ready.")))
        }
        Err(StartError::PartsMissing(missing)) => {
            Ok(page.error(format!("This lab can't start on this cluster yet. {missing}")))
        }
        Err(StartError::Cluster(fault)) => Ok(page.error(format!("No lab can start now. {fault}"))),
        Err(StartError::NoCluster(advice)) => Ok(page.error(format!("No lab can start now. {advice}"))),
        Err(StartError::Database(fault)) => Err(fault.into()),
    }
}

/// Gives a session more time.
pub async fn extend(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let page = Redirect::to(format!("/labs/{name}"));
    match labs.extend(&person.id, &name).await {
        Ok(_) => Ok(page.success("Your lab has more time.")),
        Err(ExtendError::NotReady) => Ok(page.error("This lab is not running, so its time does not run either.")),
        Err(ExtendError::NoneLeft(max)) => Ok(page.error(format!("You have extended this lab {max} times already."))),
        Err(ExtendError::Database(fault)) => Err(fault.into()),
    }
}

/// Ends a session.
pub async fn stop(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
    _form: Form<Empty>,
) -> Result<Redirect, WebError> {
    let page = Redirect::to(format!("/labs/{name}"));
    match labs.stop(&person.id, &name).await {
        Ok(()) => Ok(page.success("Your lab is stopped.")),
        Err(StopError::NotRunning) => Ok(page.error("This lab is not running.")),
        Err(StopError::Database(fault)) => Err(fault.into()),
    }
}
