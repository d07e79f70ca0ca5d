//! `GET /labs/{lab}/status` and `GET /labs/{lab}/kubeconfig`.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Path};

use crate::accounts::guards::Learner;
use crate::labs::{Labs, OpenError};
use crate::web::WebError;

/// The reader's session as JSON.
pub async fn status(labs: Data<Labs>, name: Path<String>, Learner(person): Learner) -> Result<HttpResponse, WebError> {
    let lab = labs.catalogue().find(&name).ok_or(WebError::NotFound)?;
    let session = labs.session_view(&person.id, lab).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(session))
}

/// A kubeconfig for the reader's running session, as a download.
pub async fn kubeconfig(
    labs: Data<Labs>,
    name: Path<String>,
    Learner(person): Learner,
) -> Result<HttpResponse, WebError> {
    let text = labs.issue_kubeconfig(&person.id, &name).await.map_err(refusal(&name))?;
    let disposition = "attachment; filename=\"kubeconfig.yaml\"";
    Ok(HttpResponse::Ok()
        .content_type("application/yaml")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(text))
}

/// The answer when nothing of a lab's session was given, for want of one or of the cluster.
pub(super) fn refusal(lab: &str) -> impl FnOnce(OpenError) -> WebError {
    let url = format!("/labs/{lab}");
    move |fault| match fault {
        OpenError::NotReady => {
            let detail = "This lab is not running. Start it on its page first.".to_owned();
            WebError::Conflict { detail, url, label: "To the lab's page" }
        }
        OpenError::Cluster(fault) => WebError::Unavailable(format!("{fault} Try again in a moment.")),
        OpenError::Database(fault) => fault.into(),
    }
}
