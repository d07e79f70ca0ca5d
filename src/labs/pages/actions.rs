//! `POST /labs/{lab}/{start,extend,stop}`, and the question before a stop.

use actix_web::web::{Data, Path};
use serde::Deserialize;

use crate::accounts::guards::Learner;
use crate::labs::{ExtendError, Labs, NamespaceView, OpenError, SessionView, StartError, StopError};
use crate::view::list_words;
use crate::web::{Confirmation, Form, Redirect, Reply, WebError};

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

/// Asks whether a session is to end, and says what goes with it.
pub async fn confirm_stop(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<Reply<Confirmation>, WebError> {
    let lab = labs.catalogue().find(&name).ok_or(WebError::NotFound)?;
    let session = labs.session_view(&person.id, lab).await?;
    let contents = match labs.find_namespace_view(&person.id, &name).await {
        Ok(contents) => Some(contents),
        Err(OpenError::NotReady | OpenError::Cluster(_)) => None,
        Err(OpenError::Database(fault)) => return Err(fault.into()),
    };
    let back = format!("/labs/{name}");
    let question = match session.state {
        "queued" => Confirmation {
            title: "Leave the queue?".to_owned(),
            lost: vec![lose_place(&session)],
            confirm: "Leave the queue".to_owned(),
            cancel: "Keep my place".to_owned(),
            ..Confirmation::default()
        },
        "provisioning" | "ready" => Confirmation {
            title: "Stop the lab?".to_owned(),
            lost: list_lost(&session, contents.as_ref()),
            kept: vec![
                "Tasks that you passed, their points, and what you reported.".to_owned(),
                "The lab: you can start it afresh whenever there is a place.".to_owned(),
            ],
            confirm: "Stop the lab".to_owned(),
            cancel: "Keep it running".to_owned(),
            ..Confirmation::default()
        },
        _ => return Ok(Reply::SeeOther(Redirect::to(back).error("This lab is not running."))),
    };
    Ok(Reply::Page(Confirmation { action: format!("{back}/stop"), back, ..question }))
}

fn lose_place(session: &SessionView) -> String {
    let position = session.queue.as_ref().map_or(1, |queue| queue.position);
    format!(
        "Your place, which is number {position}. If you come back later, you queue behind everybody who is here then."
    )
}

/// What goes with a session, a sentence each.
fn list_lost(session: &SessionView, contents: Option<&NamespaceView>) -> Vec<String> {
    let namespace = session.namespace.as_deref().unwrap_or("of the lab");
    let kinds = contents.map(NamespaceView::count_objects).unwrap_or_default();
    let counted: Vec<String> = kinds
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {kind}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let everything = match counted.as_slice() {
        [] => format!("Everything in your namespace {namespace}."),
        counted => format!("Everything in your namespace {namespace}, with {} in it.", list_words(counted)),
    };
    vec![everything, "Files in the terminal that you have not copied elsewhere, and its history.".to_owned()]
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
